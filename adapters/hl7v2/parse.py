"""HL7 v2 text in, segments out: lazily split, losing nothing.

HL7 v2.8 chapter 2, 2.5 Message construction. Counting is the standard's: fields, repetitions, components and
sub-components from 1. An address is `PID-3[2].4.1` (field, repetition, component, sub-component); the nth
segment of the same name is `OBX[2]-5[1].1.1`, the first carries no number.
"""

import re
from collections.abc import Callable, Iterator
from functools import lru_cache

from adapters.hl7v2.bounds import SHORT, bounds
from adapters.hl7v2.escape import Delimiters
from adapters.hl7v2.fault import (
    DATA_TYPE_ERROR,
    REQUIRED_FIELD_MISSING,
    SEGMENT_SEQUENCE_ERROR,
    UNSUPPORTED_MESSAGE_TYPE,
    MessageError,
)

NULL = '""'
MAX_SEGMENTS = 100_000
_ADDRESS = re.compile(
    r"([A-Z][A-Z0-9]{2})(?:\[(\d+)\])?(?:-(\d+)(?:\[(\d+)\])?(?:\.(\d+))?(?:\.(\d+))?)?", re.ASCII
)
_HEADERS = frozenset({"MSH", "FHS", "BHS"})


class Repetition:
    """One repetition of a field. Text comes out unescaped; a null (`""`) comes out as ""."""

    __slots__ = ("_components", "_delimiters", "raw")

    def __init__(self, raw: str, delimiters: Delimiters) -> None:
        self.raw = raw
        self._delimiters = delimiters
        self._components: list[str] | None = None

    @property
    def whole(self) -> str:
        """The repetition taken as one text, whatever separators the sender left unescaped in it."""
        return "" if self.raw == NULL else self._delimiters.unescape(self.raw)

    @property
    def is_null(self) -> bool:
        return self.raw == NULL

    def components(self) -> list[str]:
        """The components as sent, still escaped."""
        if self._components is None:
            self._components = self.raw.split(self._delimiters.component)
        return self._components

    def component(self, component: int, subcomponent: int = 1) -> str:
        """One value, "" where there is none."""
        components = self.components()
        if component > len(components):
            return ""
        value = components[component - 1]
        delimiters = self._delimiters
        if delimiters.subcomponent in value:
            parts = value.split(delimiters.subcomponent)
            value = parts[subcomponent - 1] if subcomponent <= len(parts) else ""
        elif subcomponent > 1:
            return ""
        if value == NULL:
            return ""
        return delimiters.unescape(value) if delimiters.escape in value else value

    def subcomponents(self, component: int) -> list[str]:
        """Every sub-component of a component, unescaped."""
        components = self.components()
        if component > len(components):
            return []
        parts = components[component - 1].split(self._delimiters.subcomponent)
        return ["" if part == NULL else self._delimiters.unescape(part) for part in parts]

    def is_null_component(self, component: int) -> bool:
        components = self.components()
        return component <= len(components) and components[component - 1] == NULL


class Segment:
    """One segment. `index` counts the segments of this name from 1, `position` all segments from 0."""

    __slots__ = ("_delimiters", "_fields", "_repetitions", "index", "name", "position", "raw")

    def __init__(self, name: str, index: int, position: int, raw: str, delimiters: Delimiters) -> None:
        self.name = name
        self.index = index
        self.position = position
        self.raw = raw
        self._delimiters = delimiters
        self._fields: list[str] | None = None
        self._repetitions: dict[int, list[Repetition]] | None = None

    @property
    def label(self) -> str:
        """How addresses name this segment: `OBX`, `OBX[2]`."""
        return self.name if self.index == 1 else f"{self.name}[{self.index}]"

    def fields(self) -> list[str]:
        """The fields as sent; element n is field n, element 0 the name."""
        if self._fields is None:
            fields = self.raw.split(self._delimiters.field)
            if self.name in _HEADERS:
                fields.insert(1, self._delimiters.field)
            self._fields = fields
        return self._fields

    def field(self, number: int) -> list[Repetition]:
        """The repetitions of a field; none if it is empty or absent."""
        if self._repetitions is None:
            self._repetitions = {}
        found = self._repetitions.get(number)
        if found is None:
            found = self._repetitions[number] = self._split(number)
        return found

    repetitions = field

    def text(self, number: int, component: int = 1, subcomponent: int = 1, repetition: int = 1) -> str:
        """One value, unescaped; "" where there is none."""
        found = self.field(number)
        if repetition > len(found):
            return ""
        return found[repetition - 1].component(component, subcomponent)

    def is_null(self, number: int) -> bool:
        """The sender deletes this field (`""`), which is not the same as leaving it empty."""
        fields = self.fields()
        return number < len(fields) and fields[number] == NULL

    def values(self) -> Iterator[tuple[int, int, int, int, str]]:
        """Every non-empty leaf as (field, repetition, component, sub-component, value); a null is `""`."""
        delimiters = self._delimiters
        structured = _separated(delimiters)
        first = 3 if self.name in _HEADERS else 1
        for number, field in enumerate(self.fields()[first:], first):
            if not structured(field):
                if field:
                    yield number, 1, 1, 1, field
                continue
            for r, repetition in enumerate(field.split(delimiters.repetition), 1):
                for c, component in enumerate(repetition.split(delimiters.component), 1):
                    for s, value in enumerate(component.split(delimiters.subcomponent), 1):
                        if value:
                            yield number, r, c, s, delimiters.unescape(value)

    def _split(self, number: int) -> list[Repetition]:
        fields = self.fields()
        if number >= len(fields) or not (raw := fields[number]):
            return []
        delimiters = self._delimiters
        if number < 3 and self.name in _HEADERS:
            return [Repetition(raw, Delimiters(*"\0\0\0\0\0"))]
        if delimiters.repetition not in raw:
            return [Repetition(raw, delimiters)]
        return [Repetition(part, delimiters) for part in raw.split(delimiters.repetition)]


class Message:
    """A parsed message; `segments` are all segments in the order sent."""

    __slots__ = ("delimiters", "segments")

    def __init__(self, segments: list[Segment], delimiters: Delimiters) -> None:
        self.segments = segments
        self.delimiters = delimiters

    @property
    def header(self) -> Segment:
        return self.segments[0]

    def all(self, name: str) -> list[Segment]:
        """The segments of this name, in order."""
        return [segment for segment in self.segments if segment.name == name]

    def first(self, name: str) -> Segment | None:
        return next((segment for segment in self.segments if segment.name == name), None)

    def text(self, address: str) -> str:
        """The value at an address (`MSH-9.1`, `OBX[2]-5`), unescaped; "" where there is none."""
        name, index, field, repetition, component, subcomponent = split_address(address)
        for segment in self.segments:
            if segment.name == name and segment.index == index:
                return segment.text(field or 1, component or 1, subcomponent or 1, repetition or 1)
        return ""

    def leaves(self) -> Iterator[tuple[str, str]]:
        """Every non-empty leaf with its address, MSH-1 and MSH-2 excepted; a null is `""`."""
        for segment in self.segments:
            label = segment.label
            for field, repetition, component, subcomponent, value in segment.values():
                yield f"{label}-{field}[{repetition}].{component}.{subcomponent}", value


@lru_cache(maxsize=4096)
def split_address(address: str) -> tuple[str, int, int, int, int, int]:
    """(segment, index, field, repetition, component, sub-component); what the address leaves out is 0, but
    for the segment's index, which is 1."""
    found = _ADDRESS.fullmatch(address)
    if not found:
        raise ValueError(f"not an HL7 v2 address: {address!r}")
    name, *numbers = found.groups()
    index, field, repetition, component, subcomponent = (int(number or 0) for number in numbers)
    return name, index or 1, field, repetition, component, subcomponent


def parse(text: str, codec: str = "utf-8") -> Message:
    r"""Splits a decoded message. `codec` is what `\X..\` bytes are in. Raises MessageError."""
    text = text.removeprefix("\ufeff").lstrip("\r\n\t ")
    delimiters = delimiters_from_header(text, codec)
    if "\0" in text:
        raise MessageError(DATA_TYPE_ERROR, "the message contains U+0000")
    named = _named(delimiters.field)
    counts: dict[str, int] = {}
    segments: list[Segment] = []
    field, check = delimiters.field, bounds(delimiters)
    for line in _lines(text, field):
        name = line[:3]
        index = counts.get(name, 0) + 1
        if (index == 1 or line[3:4] != field) and not named(line):
            if not line.strip():
                continue
            raise MessageError(SEGMENT_SEQUENCE_ERROR, f"line {len(segments) + 1} is not a segment")
        if len(line) > SHORT:
            check(name, line)
        counts[name] = index
        segments.append(Segment(name, index, len(segments), line, delimiters))
        if len(segments) > MAX_SEGMENTS:
            raise MessageError(SEGMENT_SEQUENCE_ERROR, f"more than {MAX_SEGMENTS} segments")
    if counts["MSH"] > 1:
        raise MessageError(SEGMENT_SEQUENCE_ERROR, "more than one MSH segment", "MSH[2]")
    return Message(segments, delimiters)


def _lines(text: str, field: str) -> list[str]:
    """The segments. CR ends one; so does LF where the message has no CR, or where a segment follows it:
    elsewhere an LF is a line break inside a value."""
    if "\r" not in text:
        return text.split("\n")
    text = text.replace("\r\n", "\r")
    if "\n" in text:
        text = _break(field).sub("\r", text)
    return text.split("\r")


@lru_cache(maxsize=64)
def _break(field: str) -> re.Pattern[str]:
    mark = re.escape(field)
    return re.compile(rf"\n+(?=[A-Z][A-Z0-9]{{2}}{mark}|\r|\Z)|(?<=\r)\n+")


@lru_cache(maxsize=64)
def _named(field: str) -> Callable[[str], object]:
    return re.compile(rf"[A-Z][A-Z0-9]{{2}}(?:{re.escape(field)}|\Z)").match


@lru_cache(maxsize=64)
def _separated(of: Delimiters) -> Callable[[str], object]:
    special = re.escape(of.repetition + of.component + of.subcomponent + of.escape)
    return re.compile(f"[{special}]").search


def delimiters_from_header(text: str, codec: str = "utf-8") -> Delimiters:
    """MSH-1 and MSH-2 of a message. Raises MessageError if they are no separators."""
    if text[:3] in ("FHS", "BHS"):
        raise MessageError(UNSUPPORTED_MESSAGE_TYPE, "a batch is not a message: send its messages one by one")
    if text[:3] != "MSH":
        raise MessageError(SEGMENT_SEQUENCE_ERROR, "the message does not begin with MSH")
    field = text[3:4]
    if not _is_delimiter(field):
        raise MessageError(REQUIRED_FIELD_MISSING, "MSH-1 is not a separator", "MSH-1")
    encoding = re.split(rf"[{re.escape(field)}\r\n]", text[4:12], maxsplit=1)[0]
    if not encoding:
        raise MessageError(REQUIRED_FIELD_MISSING, "MSH-2 is empty", "MSH-2")
    distinct = set(encoding) | {field}
    if len(encoding) > 5 or len(distinct) != len(encoding) + 1 or not all(map(_is_delimiter, encoding)):
        raise MessageError(DATA_TYPE_ERROR, "MSH-2 is not a set of distinct separators", "MSH-2")
    return _interned(field, encoding.ljust(5, "\0"), codec)


@lru_cache(maxsize=64)
def _interned(field: str, encoding: str, codec: str) -> Delimiters:
    component, repetition, escape, subcomponent, truncation = tuple(encoding)
    return Delimiters(field, component, repetition, escape, subcomponent, truncation, codec)


def _is_delimiter(character: str) -> bool:
    return bool(character) and character.isprintable() and not character.isalnum() and character not in ' "'
