"""ICD-9-CM's procedures as their publisher gives them out: `CMS32_DESC_LONG_SG.txt`, `…_SHORT_SG.txt`.

https://www.cms.gov/medicare/coding-billing/icd-10-codes/icd-9-cm-diagnosis-procedure-codes-abbreviated-and-full-code-titles
"""

import re
from collections.abc import Iterator
from typing import Final

from terminology.code_system import CONCEPT_PROPERTIES, Header
from terminology.importers.files import Files
from terminology.importers.icd_chapters import derive
from terminology.importers.release import Release, Row, Rows, Tell, UnusableFile, told, unique
from terminology.naming import ICD_9_CM_PROCEDURE

LONG: Final = ("*DESC_LONG_SG*.txt",)
SHORT: Final = ("*DESC_SHORT_SG*.txt",)
_LINE: Final = re.compile(r"(\d{2})(\d{0,2})\s+(\S.*)")
_VERSION: Final = re.compile(r"CMS(\d+)_DESC")


def icd_9_cm_3_release(files: Files, version: str, tell: Tell) -> Release:
    """Raises UnusableFile."""
    names = files.matching(*LONG) or files.matching(*SHORT)
    if not names:
        raise UnusableFile(f"{files.root} has no file {LONG[0]} or {SHORT[0]}")
    rows = Rows(unique(names[0], told(tell, names[0], _rows(files, names[0]))))
    for name in files.matching(*SHORT)[:1]:
        for _, short in _rows(files, name):
            if row := rows.get(short.code):
                row.designate(short.display, "en")
    derive(rows, "icd-9-cm-3", "en")
    found = _VERSION.search(names[0])
    header = Header(
        ICD_9_CM_PROCEDURE,
        version or (found[1] if found else ""),
        name="ICD9CMProcedures",
        title="ICD-9-CM, volume 3",
        status="active",
        language="en",
        properties={"notSelectable": CONCEPT_PROPERTIES + "notSelectable"},
    )
    return Release(header, rows.listed())


def _rows(files: Files, name: str) -> Iterator[tuple[int, Row]]:
    """The publisher's files are in Latin 1."""
    with files.opened(name) as file:
        for number, raw in enumerate(file, 1):
            line = raw.decode("latin-1").strip()
            found = _LINE.fullmatch(line)
            if found:
                code = f"{found[1]}.{found[2]}" if found[2] else found[1]
                yield number, Row(code, found[3])
            elif line:
                raise UnusableFile(f"{name}, line {number} is not a code and its title")
