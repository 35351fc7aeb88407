"""What a message becomes, as the running hub would make it, and how `yilian translate` tells it."""

from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from adapters.documents import HL7_V2, DocumentMaps, document_maps, form_of, translate_document
from adapters.hl7v2.acknowledge import Fault
from adapters.hl7v2.batch import messages_of
from adapters.hl7v2.charset import header
from adapters.hl7v2.parse import Message
from adapters.hl7v2.speaking import charset_for, said_by
from adapters.hl7v2.translate import MapLibrary
from adapters.hl7v2.translate import translate as translate_message
from adapters.hospitals.folder import load_hospitals
from adapters.hospitals.hospital import Hospital, Hospitals
from adapters.merge import merged
from adapters.translation import Coverage, Entry, Translation
from exchange.coverage.tally import counts_of
from exchange.inbound.envelope import Envelope, sealed
from exchange.inbound.provenance import provenance
from exchange.settings import Settings
from profiles.definitions import definitions
from profiles.structure import compile_structure
from terminology.issue import Issue


@dataclass(frozen=True, slots=True)
class Rules:
    """What the running hub translates with. `hospital` overrides what a message says of its sender."""

    hospitals: Hospitals
    hospital: Hospital | None
    library: MapLibrary
    documents: DocumentMaps
    check: Callable[[dict[str, Any]], list[Issue]]


def translation_rules(settings: Settings, hospital: str | None) -> Rules:
    """Raises MapError for a hospital's file that cannot be read."""
    r4 = definitions()
    hospitals = load_hospitals(settings.hospitals, settings.base)
    sender = None if hospital is None else hospitals.for_facility(hospital)
    return Rules(hospitals, sender, MapLibrary(r4), document_maps(r4), compile_structure(r4))


def sources_of(path: Path, form: str = "") -> Iterator[tuple[str, bytes]]:
    """Each message of a file; of several, the number stands behind the file's name. A document is one."""
    whole = path.read_bytes()
    if (form or form_of(whole) or HL7_V2) != HL7_V2:
        yield str(path), whole
        return
    messages = messages_of(whole)
    for number, raw in enumerate(messages, 1):
        yield str(path) if len(messages) == 1 else f"{path}#{number}", raw


def translated(rules: Rules, raw: bytes, form: str = "") -> Translation:
    """As the hub would translate it; what the hub would refuse has an issue that says so."""
    if (form or form_of(raw) or HL7_V2) != HL7_V2:
        made = translate_document(raw, rules.documents, rules.hospitals, rules.hospital)
        return _checked(rules, made)
    envelope = sealed(raw, "file", _charset(rules.hospital, raw), rules.hospitals)
    told = [_issue(fault) for fault in envelope.faults]
    if not isinstance(envelope.message, Message):
        return Translation((), told, Coverage(0, 0, 0), ())
    sender = (rules.hospital or envelope.hospital).speaking(said_by(envelope.header, "file"))
    made = translate_message(envelope.message, sender, datetime.now(UTC), rules.library.of(sender))
    entries = [*made.entries, *_provenance(rules, envelope, made)]
    return _checked(rules, replace(made, entries=entries, issues=[*told, *made.issues]))


def _charset(hospital: Hospital | None, raw: bytes) -> str | None:
    """What a hospital that is told says of the charset, in place of the one that the message names."""
    if hospital is None:
        return None
    _, fields = header(raw)
    return charset_for(raw, hospital.speaking(said_by(fields, "file")))


def _checked(rules: Rules, made: Translation) -> Translation:
    found = [issue for entry in made.entries for issue in rules.check(merged(None, entry))]
    return replace(made, issues=[*made.issues, *found])


def _provenance(rules: Rules, envelope: Envelope, made: Translation) -> Iterator[Entry]:
    """What the hub adds; nothing of it depends on when the command runs."""
    targets = [(entry.resource["resourceType"], entry.resource["id"]) for entry in made.entries]
    if targets:
        yield Entry(provenance(envelope, None, targets, rules.hospitals.base), "replace")


def line(source: str, translation: Translation) -> dict[str, Any]:
    """The contract of `yilian translate`."""
    return {
        "source": source,
        "bundle": _bundle(translation),
        "issues": [_told(issue) for issue in translation.issues],
        "coverage": asdict(translation.coverage),
        **({"residue": [asdict(each) for each in translation.residue]} if translation.residue else {}),
    }


def fields_told(translation: Translation) -> dict[str, Any]:
    """What became of each field, and how often."""
    counts = [each for each in counts_of(translation) if each.field]
    return {"fields": [{n: v for n, v in each._asdict().items() if v} for each in sorted(counts)]}


def _told(issue: Issue) -> dict[str, str]:
    """A rule's name only where a rule has one."""
    return {name: value for name, value in asdict(issue).items() if value or name != "message_id"}


def _bundle(translation: Translation) -> dict[str, Any]:
    """FHIR has no empty arrays."""
    return {name: value for name, value in translation.bundle().items() if value}


def _issue(fault: Fault) -> Issue:
    return Issue("error", "structure", f"{fault.diagnostics} (Table 0357: {fault.code})", fault.address)
