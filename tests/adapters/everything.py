"""One message of every form, and what each becomes, byte by byte; run as a program it says so as JSON."""

import hashlib
import io
import json
import sys
from collections.abc import Iterator

from openpyxl import Workbook

from adapters.documents import document_maps, translate_document
from adapters.hl7v2.parse import parse
from adapters.hl7v2.translate import MapLibrary, translate
from adapters.hospitals.hospital import Hospitals
from adapters.translation import Translation
from profiles.definitions import definitions
from tests.adapters.cda.samples import ADMISSION
from tests.adapters.hl7v2.golden import CASES, RECEIVED, hospital_of, message
from tests.adapters.local.test_render import ADMISSION as LOCAL_ADMISSION
from tests.adapters.local.test_render import ORDERS, PRESCRIPTION, TREATMENT
from tests.adapters.tables.test_translate import HEAD, LINE
from tests.adapters.v3.messages import MERGE, ORDER, registration
from tests.adapters.v3.test_answer import FORM
from tests.adapters.v3.test_answer import VISIT as ADMITTED
from tests.adapters.v3.test_appointment import OPERATION, SCHEDULE, STATE, VISIT

TABLE = dict(zip(HEAD.split(","), LINE.split(","), strict=True))
DOCUMENTS: dict[str, bytes] = {
    "cda": ADMISSION,
    "v3 person": registration(),
    "v3 merge": MERGE,
    "v3 order": ORDER,
    "v3 form": FORM,
    "v3 visit": ADMITTED,
    "v3 appointment": VISIT,
    "v3 operation": OPERATION,
    "v3 schedule": SCHEDULE,
    "v3 state": STATE,
    "local prescription": PRESCRIPTION,
    "local admission": LOCAL_ADMISSION,
    "local orders": ORDERS,
    "local treatment": TREATMENT,
    "csv": f"{HEAD}\n{LINE}\n".encode(),
    "csv in GB18030": f"{HEAD}\n{LINE}\n".encode("gb18030"),
    "json": json.dumps([TABLE], ensure_ascii=False).encode(),
    "xml rows": f"<rows><row>{''.join(f'<{n}>{v}</{n}>' for n, v in TABLE.items())}</row></rows>".encode(),
}


def sheet() -> bytes:
    """A spreadsheet says when it was made: it is made once and handed on."""
    book, kept = Workbook(), io.BytesIO()
    for row in (HEAD, LINE):
        book.active.append(row.split(","))
    book.save(kept)
    return kept.getvalue()


def digests(names: list[str], documents: dict[str, bytes]) -> Iterator[tuple[str, str]]:
    """What each becomes, in the order of the names."""
    maps, library, hospitals = (
        document_maps(definitions()),
        MapLibrary(definitions()),
        Hospitals("https://hub.test"),
    )
    for name in names:
        if name in documents:
            yield name, digest(translate_document(documents[name], maps, hospitals))
        else:
            parsed = parse(message(name))
            hospital = hospital_of(parsed)
            yield name, digest(translate(parsed, hospital, RECEIVED, library.of(hospital)))


def digest(made: Translation) -> str:
    """Of everything that is made, in its order."""
    told = [(entry.mode, entry.resource, [str(each) for each in entry.deletions]) for entry in made.entries]
    more = [[str(each) for each in part] for part in (made.issues, made.residue)]
    whole = json.dumps([told, more, str(made.coverage)], ensure_ascii=False, default=str)
    return hashlib.sha256(whole.encode()).hexdigest()


if __name__ == "__main__":
    given = {**DOCUMENTS, "sheet": sys.stdin.buffer.read()}
    asked = sorted((*given, *CASES), reverse=sys.argv[1] == "last-first")
    print(json.dumps(dict(digests(asked, given)), sort_keys=True))
