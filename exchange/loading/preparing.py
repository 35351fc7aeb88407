"""From the text of a chunk to checked, indexed writes: the work that workers share. Pure.

A resource that refers to nothing by criteria is made at once, and its parsed value dropped; what does, waits
until its references are resolved.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from exchange.bundle import may_be_conditional
from exchange.fhirjson import UnreadableJson, read, rest_of
from exchange.loading.chunks import Chunk, are_lines, lines_of
from exchange.loading.entries import (
    Document,
    Entry,
    asked,
    declared,
    document_of,
    identities,
    is_carrier,
    link,
    single,
)
from exchange.loading.finding import Finding, within
from exchange.loading.sources import UNREADABLE
from exchange.outcome import FhirError
from exchange.store.batch import Write
from terminology.issue import Issue

Resource = dict[str, Any]
ONE: Mapping[str, str] = {}


class Writing(Protocol):
    """`Hub.write`: checked, indexed and rendered; raises FhirError."""

    def __call__(
        self, action: Any, resource: Resource, version: int | None = None, rest: bytes | None = None
    ) -> Write: ...


@dataclass(frozen=True, slots=True)
class Made:
    """A write and the line it comes from; of a Patient also the resource."""

    line: int
    write: Write
    patient: Resource | None = None


@dataclass(frozen=True, slots=True)
class Waiting:
    """What refers to other resources by criteria."""

    line: int
    document: Document


@dataclass(slots=True)
class Reading:
    """A chunk as read, in its order."""

    items: list[Made | Waiting] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    rejected: int = 0
    declared: list[tuple[str, str]] = field(default_factory=list)

    def asked(self) -> set[str]:
        """The conditional references that have to be resolved."""
        return {
            reference for item in self.items if type(item) is Waiting for reference in asked(item.document)
        }

    def writes(self) -> list[Write]:
        """Those that are made already, each resource once."""
        made = [item.write for item in self.items if type(item) is Made]
        return list({(write.type, write.id): write for write in made}.values())

    def reject(self, line: int, issues: Sequence[Issue], count: int = 1) -> None:
        self.findings += [Finding(line, issue) for issue in issues]
        self.rejected += count


@dataclass(frozen=True, slots=True)
class Prepared:
    """What a chunk stores, each resource once; what was found wrong, and how many are not stored for it."""

    made: Sequence[Made]
    findings: Sequence[Finding]
    rejected: int


def read_chunk(chunk: Chunk, write: Writing) -> Reading:
    """Check and index what can be at once."""
    reading = Reading()
    try:
        for line, text in _texts(chunk):
            try:
                _take(reading, line, *read(text), write)
            except UnreadableJson as error:
                reading.reject(line, [error.issue])
    except UNREADABLE as error:
        reading.reject(0, [unreadable(error)])
    return reading


def unreadable(error: BaseException) -> Issue:
    return Issue("error", "structure", f"the file cannot be read ({type(error).__name__})")


def prepare(reading: Reading, matches: Mapping[str, str], write: Writing) -> Prepared:
    """Resolve and make what waits. matches: conditional reference → `Type/id`."""
    items, reading.items = reading.items, []
    for item in items:
        if type(item) is Waiting:
            _make(reading, item.line, item.document, matches, write)
        else:
            reading.items.append(item)
    return Prepared(_last_ones(reading), reading.findings, reading.rejected)


def _take(reading: Reading, line: int, value: Resource, text: bytes, write: Writing) -> None:
    if is_carrier(value):
        document = document_of(value)
        reading.declared += declared(document)
        if asked(document):
            reading.items.append(Waiting(line, document))
        else:
            _make(reading, line, document, ONE, write)
    elif "id" in value and not _may_refer(text):
        try:
            made = write("update", value, None, rest_of(value, text))
        except FhirError as error:
            reading.reject(line, error.issues)
        else:
            reading.items.append(_made(line, made, value))
    elif asked(alone := Document([single(value)])):
        reading.items.append(Waiting(line, alone))
    else:
        _make(reading, line, alone, ONE, write)


def _may_refer(text: bytes) -> bool:
    """Whether there may be a reference that does not name a resource as the hub stores it."""
    return b'"reference":"urn:' in text or may_be_conditional(text)


def _made(line: int, write: Write, resource: Resource) -> Made:
    return Made(line, write, resource if write.type == "Patient" else None)


def _make(
    reading: Reading, line: int, document: Document, matches: Mapping[str, str], write: Writing
) -> None:
    known = identities(document)
    made: list[Made | Waiting] = []
    refused = 0
    for entry in document.entries:
        try:
            made.append(_linked(line, entry, known, matches, write))
        except FhirError as error:
            reading.reject(line, [within(entry.place, issue) for issue in error.issues])
            refused += 1
    if refused and document.atomic:
        whole = Issue(
            "error", "processing", f"none of its {len(document.entries)} entries is stored", "Bundle"
        )
        reading.reject(line, [whole], len(made))
    else:
        reading.items += made


def _linked(
    line: int, entry: Entry, known: Mapping[str, str], matches: Mapping[str, str], write: Writing
) -> Made:
    """Raises FhirError."""
    if not entry.issues:
        link(entry, known, matches)
    if entry.issues:
        raise FhirError.of("invalid", entry.issues)
    return _made(line, write("update", entry.resource), entry.resource)


def _last_ones(reading: Reading) -> Sequence[Made]:
    """Of what stands twice, the later one."""
    last: dict[tuple[str, str], Made] = {}
    for made in reading.items:
        assert type(made) is Made
        name = made.write.type, made.write.id
        if (earlier := last.pop(name, None)) is not None:
            reading.findings.append(Finding(earlier.line, twice(*name, f"line {made.line}")))
        last[name] = made
    return list(last.values())


def twice(type_: str, id_: str, where: str) -> Issue:
    """Said of the one that is not stored."""
    return Issue("warning", "duplicate", f"{type_}/{id_} stands again at {where}; the later is stored", "id")


def _texts(chunk: Chunk) -> Iterator[tuple[int, bytes]]:
    """The JSON texts of a chunk, each with its line; 0 for a whole file."""
    raw = chunk.read()
    if chunk.first_line:
        yield from lines_of(raw, chunk.first_line)
    elif are_lines(raw):
        yield from lines_of(raw, 1)
    else:
        yield 0, raw.removeprefix(b"\xef\xbb\xbf")
