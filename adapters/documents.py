"""Whatever a hospital sends besides HL7 v2, told by its bytes and translated by its maps; pure.

Clinical documents (WS/T 500, C-CDA), HL7 v3 messages, local XML and JSON, tables.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Final

from adapters.cda import translate as cda
from adapters.hospitals.hospital import Hospital, Hospitals
from adapters.hospitals.level import Said
from adapters.local.naming import as_known, declared_by
from adapters.local.render import DOCUMENT, rendered
from adapters.mapping.model import Model
from adapters.tables.formats import TableError, rows_of
from adapters.tables.library import TableLibrary
from adapters.tables.rows import Row
from adapters.tables.translate import TableMaps, together
from adapters.tables.translate import translate as translate_row
from adapters.translation import Coverage, Translation
from adapters.trees.library import TreeMaps
from adapters.trees.parse import Tree, XmlError, parse
from adapters.v3 import translate as v3
from adapters.v3.envelope import enveloped
from adapters.v3.interaction import interaction_of, is_interaction
from terminology.issue import Issue

CDA: Final = "cda"
HL7_V2: Final = "hl7v2"
HL7_V3: Final = "hl7v3"
LOCAL: Final = "local"
TABLE: Final = "table"
FORMS: Final = (HL7_V2, CDA, HL7_V3, LOCAL, TABLE)
_LOCAL = re.compile(rb"(?:<\?xml[^>]*\?>\s*)?<(?:[\w.-]+:)?C00[0-5]\d[\s>/]")
_INTERACTION = re.compile(rb"<(?:[\w.-]+:)?[A-Z]{4}_IN\d{6}[A-Z]{2}")
_HEAD = re.compile(rb"(?:\xef\xbb\xbf|\xff\xfe|\xfe\xff)?[\s\x0b]*")


@dataclass(frozen=True, slots=True)
class DocumentMaps:
    """The compiled maps of every form."""

    cda: TreeMaps
    v3: TreeMaps
    tables: TableLibrary


def document_maps(model: Model) -> DocumentMaps:
    """They are compiled when the first document of a form comes."""
    return DocumentMaps(
        TreeMaps(model, cda.PACKAGES, CDA), TreeMaps(model, v3.PACKAGES, HL7_V3), TableLibrary(model)
    )


def form_of(raw: bytes) -> str:
    """Which form the bytes have; "" for none that is known."""
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        raw = raw[:8192].decode("utf-16", "replace").encode()
    start = _HEAD.match(raw)
    head = raw[start.end() if start else 0 :][:4096]
    if head.startswith((b"MSH", b"FHS", b"BHS")):
        return HL7_V2
    if b"<" in head[:80] and b"ClinicalDocument" in head:
        return CDA
    if b"<" in head[:80] and (b"urn:hl7-org:v3" in head or _INTERACTION.search(head)):
        return HL7_V3
    if _LOCAL.match(head):
        return LOCAL
    return TABLE if _is_table(raw, head) else ""


def _is_table(raw: bytes, head: bytes) -> bool:
    """A spreadsheet, JSON, rows of XML, or a line that names columns."""
    if raw.startswith(b"PK\x03\x04") or head[:1] in (b"{", b"["):
        return True
    line = head.splitlines()[0] if head else b""
    return b"<" not in head[:80] and any(line.count(sign) >= 2 for sign in (b",", b"\t", b"|", b";"))


def translate_table(
    raw: bytes,
    name: str,
    maps: DocumentMaps,
    hospitals: Hospitals,
    hospital: Hospital | None = None,
    charset: str | None = None,
    declared: TableMaps | None = None,
) -> Translation:
    """Every row of a table. `name` is the table's where the bytes name none; a row that fails is an issue."""
    try:
        rows = list(rows_of(raw, name, charset))
    except (TableError, XmlError) as error:
        return refused("structure", str(error))
    return translate_rows(rows, maps, hospitals, hospital, declared)


def translate_rows(
    rows: Iterable[Row],
    maps: DocumentMaps,
    hospitals: Hospitals,
    hospital: Hospital | None,
    declared: TableMaps | None = None,
) -> Translation:
    """Rows, together; of a hospital, or of the ones that they name. `declared` goes before what the
    hospital's own layers say."""
    made: list[Translation] = []
    for row in rows:
        sender = hospital or hospitals.for_facility(_institution(row))
        sender = sender.speaking(Said(TABLE, type=row.table))
        one = translate_row(row, sender, declared or maps.tables.of(sender), maps.cda.of(sender))
        made.append(replace(one, issues=[_at(row, issue) for issue in one.issues]))
    return together(made) if made else refused("structure", "there is no row")


def _first_institution(raw: bytes) -> str:
    try:
        return _institution(next(rows_of(raw, "table"), Row("", 0, {})))
    except (TableError, XmlError):
        return ""


def _institution(row: Row) -> str:
    return next((said for name, said in row.values.items() if name.lower() == "yljgdm"), "")


def _at(row: Row, issue: Issue) -> Issue:
    return replace(issue, diagnostics=f"{row.table} row {row.number}: {issue.diagnostics}")


def translate_document(
    raw: bytes,
    maps: DocumentMaps,
    hospitals: Hospitals,
    hospital: Hospital | None = None,
    charset: str | None = None,
    declared: TableMaps | None = None,
) -> Translation:
    """What a document says. What cannot be read is an issue, never an exception."""
    if form_of(raw) == TABLE:
        return translate_table(raw, "table", maps, hospitals, hospital, charset, declared)
    try:
        tree = parse(raw, charset)
    except XmlError as error:
        return refused("structure", str(error))
    if tree.root.name == "ClinicalDocument":
        return _clinical(tree, raw, maps, hospitals, hospital)
    if DOCUMENT.fullmatch(tree.root.name):
        return _local(tree, raw, maps, hospitals, hospital)
    if is_interaction(tree.root.name):
        return _message(tree, maps, hospitals, hospital)
    if (inner := enveloped(tree)) is not None:
        return _message(inner, maps, hospitals, hospital)
    return refused("not-supported", f"there is no map for {tree.root.name[:64]}")


def hospital_of(tree: Tree | None, form: str, hospitals: Hospitals, raw: bytes = b"") -> Hospital:
    """Whose document it is, as far as it says; a v3 message must be prepared. Of a table, whose first row."""
    if form == TABLE:
        return hospitals.for_facility(_first_institution(raw))
    if tree is not None and form == LOCAL:
        told = [tree.root.first(name) for name in ("CustodianOrgCode", "CustodianOrgName")]
        return hospitals.for_facility(*(each.peek("") if each is not None else "" for each in told))
    if tree is None or form not in (CDA, HL7_V3):
        return hospitals.for_facility("")
    names = cda.hospital_names(tree) if form == CDA else v3.hospital_names(tree)
    return hospitals.for_facility(*names)


def said_by(tree: Tree, form: str) -> Said:
    """What a document says of its interface: its sender and interaction, or its type (`C0034`)."""
    if form == HL7_V3:
        interaction = interaction_of(tree.root)
        return Said(form, interaction.sender, type=interaction.name)
    if form == LOCAL:
        return Said(form, type=tree.root.name)
    code = tree.root.first("code")
    return Said(form, type=code.peek("code") if code is not None else "")


def _clinical(
    tree: Tree, raw: bytes, maps: DocumentMaps, hospitals: Hospitals, hospital: Hospital | None
) -> Translation:
    sender = hospital or hospitals.for_facility(*cda.hospital_names(tree))
    sender = sender.speaking(said_by(tree, CDA))
    return cda.translate(tree, raw, sender, maps.cda.of(sender))


def _local(
    tree: Tree, raw: bytes, maps: DocumentMaps, hospitals: Hospitals, hospital: Hospital | None
) -> Translation:
    sender = hospital or hospital_of(tree, LOCAL, hospitals)
    sender = sender.speaking(said_by(tree, LOCAL))
    layers = [each.local for each in sender.levels]
    made = rendered(as_known(tree, layers), declared_by(layers))
    return cda.translate(made, raw, sender, maps.cda.of(sender))


def _message(tree: Tree, maps: DocumentMaps, hospitals: Hospitals, hospital: Hospital | None) -> Translation:
    prepared = v3.prepared(tree)
    sender = hospital or hospitals.for_facility(*v3.hospital_names(prepared))
    sender = sender.speaking(said_by(prepared, HL7_V3))
    return v3.translate(prepared, sender, maps.v3.of(sender), maps.cda.of(sender))


def refused(code: str, text: str) -> Translation:
    """Nothing is made, for this reason."""
    return Translation((), [Issue("fatal", code, text)], Coverage(0, 0, 0), ())
