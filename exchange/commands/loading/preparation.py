"""From a piece of a file to checked, indexed writes: the work that workers share."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from exchange.commands.loading.entries import (
    Document,
    Resource,
    asked,
    declared,
    document_of,
    identities,
    link,
)
from exchange.commands.loading.files import UNREADABLE, Unit, opened
from exchange.fhirjson import UnreadableJson, loads, split
from exchange.search.extract import Extraction, compile_extraction
from exchange.store.batch import Write
from profiles.definitions import definitions
from profiles.structure import compile_structure
from terminology.issue import Issue


@dataclass(frozen=True, slots=True)
class Finding:
    """Why something was not stored: where it stands (`line 3, entry 7`), and the reason."""

    path: Path
    place: str
    issue: Issue

    def __str__(self) -> str:
        place = f":{self.place}" if self.place else ""
        element = f"{self.issue.expression}: " if self.issue.expression else ""
        return f"{self.path}{place}: {element}{self.issue.diagnostics}"


@dataclass(frozen=True, slots=True)
class Reading:
    """A unit as read: its documents, and what could not be read."""

    documents: Sequence[Document]
    findings: Sequence[Finding]

    def declared(self) -> list[tuple[str, str]]:
        return [pair for document in self.documents for pair in declared(document)]

    def asked(self) -> set[str]:
        return {reference for document in self.documents for reference in asked(document)}


@dataclass(frozen=True, slots=True)
class Prepared:
    """What a unit stores, each resource once, and what was found wrong."""

    writes: Sequence[Write]
    findings: Sequence[Finding]


@dataclass(frozen=True, slots=True)
class Rules:
    """The compiled structure check and index extraction."""

    check: Callable[[Resource], list[Issue]]
    extraction: Extraction


def compile_rules(base: str) -> Rules:
    """`base` is the FHIR base as clients see it."""
    r4 = definitions()
    return Rules(compile_structure(r4), compile_extraction(r4, base))


def read(unit: Unit) -> Reading:
    documents: list[Document] = []
    findings: list[Finding] = []
    try:
        for place, raw in _texts(unit):
            try:
                documents.append(document_of(loads(raw), place))
            except UnreadableJson as error:
                findings.append(Finding(unit.path, place, error.issue))
    except UNREADABLE as error:
        findings.append(unreadable(unit.path, error))
    return Reading(documents, findings)


def unreadable(path: Path, error: BaseException) -> Finding:
    return Finding(path, "", Issue("error", "structure", f"the file cannot be read ({type(error).__name__})"))


def prepare(unit: Unit, reading: Reading, matches: Mapping[str, str], rules: Rules) -> Prepared:
    """matches: conditional reference → `Type/id`."""
    writes: dict[tuple[str, str], Write] = {}
    findings = list(reading.findings)
    for document in reading.documents:
        made, wrong = _document(unit.path, document, matches, rules)
        findings += wrong
        for write in made:
            if (write.type, write.id) in writes:
                twice = Issue(
                    "warning", "duplicate", f"{write.type}/{write.id} stands twice; the later is stored"
                )
                findings.append(Finding(unit.path, "", twice))
            writes[write.type, write.id] = write
    return Prepared(list(writes.values()), findings)


def _document(
    path: Path, document: Document, matches: Mapping[str, str], rules: Rules
) -> tuple[list[Write], list[Finding]]:
    known = identities(document)
    writes: list[Write] = []
    findings: list[Finding] = []
    for entry in document.entries:
        if not entry.issues:
            link(entry, known, matches)
        issues = entry.issues or [
            issue for issue in rules.check(entry.resource) if issue.severity in ("error", "fatal")
        ]
        if issues:
            findings += [Finding(path, entry.place, issue) for issue in issues]
        else:
            head, tail = split(entry.resource)
            row = rules.extraction.row(entry.resource)
            kind, id_ = entry.resource["resourceType"], entry.resource["id"]
            writes.append(Write("update", kind, id_, head, tail, row))
    if findings and document.atomic:
        whole = Issue("error", "processing", f"none of its {len(document.entries)} entries is stored")
        return [], [*findings, Finding(path, "transaction", whole)]
    return writes, findings


def _texts(unit: Unit) -> Iterator[tuple[str, bytes]]:
    """The JSON texts of a unit, each with its place."""
    if unit.raw is not None:
        yield from _lines(unit.raw, unit.first_line)
        return
    with opened(unit.path) as file:
        raw = file.read()
    if _is_lines(raw):
        yield from _lines(raw, 1)
    else:
        yield "", raw


def _lines(raw: bytes, first: int) -> Iterator[tuple[str, bytes]]:
    for number, line in enumerate(raw.split(b"\n"), first):
        if text := line.strip():
            yield f"line {number}", text


def _is_lines(raw: bytes) -> bool:
    """NDJSON under another name: the first line is whole by itself, and is not the last."""
    first, _, rest = raw.lstrip().partition(b"\n")
    return first.rstrip().endswith(b"}") and rest.lstrip().startswith(b"{")
