"""A code system compiled: concepts by number in the order of their definition, codes and bitmaps over them.

https://hl7.org/fhir/R4/codesystem.html
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, ClassVar, Final

from pyroaring import BitMap, FrozenBitMap

from terminology.canonical import joined
from terminology.designations import PREFERRED, STANDARDS_STATUS, Designation, designation_of
from terminology.hierarchy import Hierarchy

CONCEPT_PROPERTIES: Final = "http://hl7.org/fhir/concept-properties#"
Entry = Mapping[str, Any]
"""What a CodeSystem says of one concept, without the concepts below it."""


@dataclass(frozen=True, slots=True)
class Property:
    """`kind` is the name of the JSON member: `valueCode`, `valueString`…"""

    code: str
    kind: str
    value: Any


@dataclass(frozen=True, slots=True)
class Header:
    """What a CodeSystem says of itself. `properties` are code and URI; `supplements` what it supplements."""

    url: str
    version: str = ""
    name: str = ""
    title: str = ""
    status: str = ""
    standards_status: str = ""
    is_experimental: bool = False
    content: str = "complete"
    is_case_sensitive: bool = False
    language: str = ""
    value_set: str = ""
    supplements: str = ""
    properties: Mapping[str, str] = field(default_factory=dict)

    @property
    def canonical(self) -> str:
        return joined(self.url, self.version)

    def property_code(self, meaning: str) -> str:
        """Under which code a standard property (`notSelectable`) stands here; empty: under none."""
        uri = CONCEPT_PROPERTIES + meaning
        declared = next((code for code, where in self.properties.items() if where == uri), "")
        if declared:
            return declared
        return "" if self.properties.get(meaning) else meaning


@dataclass(frozen=True)
class CodeSystem:
    """`entries` are the concepts as defined; `added` what supplements say, by number and supplement."""

    is_enumerable: ClassVar[bool] = True

    header: Header
    codes: Sequence[str]
    displays: Sequence[str]
    numbers: Mapping[str, int]
    tree: Hierarchy
    entries: Sequence[Entry]
    supplements: tuple[Header, ...] = ()
    added: Mapping[int, tuple[tuple[Header, Entry], ...]] = field(default_factory=dict)

    def __hash__(self) -> int:
        return id(self)

    def __eq__(self, other: object) -> bool:
        return self is other

    def __len__(self) -> int:
        return len(self.codes)

    def __bool__(self) -> bool:
        return True

    @property
    def url(self) -> str:
        return self.header.url

    @property
    def version(self) -> str:
        return self.header.version

    @property
    def is_complete(self) -> bool:
        return self.header.content == "complete"

    def number(self, code: str) -> int | None:
        found = self.numbers.get(code)
        if found is None and not self.header.is_case_sensitive:
            return self._folded.get(code.lower())
        return found

    @cached_property
    def _folded(self) -> Mapping[str, int]:
        return {code.lower(): number for number, code in reversed(list(enumerate(self.codes)))}

    @cached_property
    def all(self) -> FrozenBitMap:
        return FrozenBitMap(range(len(self.codes)))

    @cached_property
    def abstract(self) -> FrozenBitMap:
        return self._true("notSelectable") | self._true("abstract")

    @cached_property
    def inactive(self) -> FrozenBitMap:
        code = self.header.property_code("status")
        retired = [self.having(code, status) for status in ("retired", "inactive")] if code else []
        return FrozenBitMap.union(self._true("inactive"), *retired)

    @cached_property
    def troubled(self) -> FrozenBitMap:
        """Those of which a status is worth telling."""
        statuses = self.index(self.header.property_code("status"))
        told = [numbers for status, numbers in statuses.items() if status not in ("", "active")]
        _, extended = self._facts
        return FrozenBitMap.union(self.inactive, self._true("deprecated"), extended, *told)

    def status(self, number: int) -> str:
        """By its property, or its standards status; `inactive` of what is only said to be so."""
        code = self.header.property_code("status")
        said = next((each.value for each in self.properties(number) if each.code == code), "")
        said = said or next(
            (e.get("valueCode", "") for e in self.extensions(number) if e.get("url") == STANDARDS_STATUS), ""
        )
        return said or ("inactive" if number in self.inactive else "")

    def is_deprecated(self, number: int) -> bool:
        return number in self._true("deprecated")

    def definition(self, number: int) -> str:
        found: str = self.entries[number].get("definition", "")
        return found

    def extensions(self, number: int) -> list[Mapping[str, Any]]:
        more = (
            (e for _, entry in self.added.get(number, ()) for e in entry.get("extension", ()))
            if self.added
            else ()
        )
        return [*self.entries[number].get("extension", ()), *more]

    def properties(self, number: int) -> list[Property]:
        given = list(self.entries[number].get("property", ()))
        if self.added:
            given += (each for _, entry in self.added.get(number, ()) for each in entry.get("property", ()))
        return [made for each in given if (made := _property(each))]

    def property_uri(self, code: str) -> str:
        headers = (self.header, *self.supplements)
        return next((uri for each in headers if (uri := each.properties.get(code, ""))), "")

    def designations(self, number: int) -> list[Designation]:
        """The display first, in the language of the code system."""
        display = self.displays[number]
        language = self.header.language
        found = [Designation(display, language, PREFERRED)] if display else []
        found += (
            made for each in self.entries[number].get("designation", ()) if (made := designation_of(each))
        )
        for header, entry in self.added.get(number, ()) if self.added else ():
            source = header.canonical
            if entry.get("display"):
                found.append(Designation(entry["display"], header.language, PREFERRED, source=source))
            found += (
                made if made.language else replace(made, language=header.language)
                for each in entry.get("designation", ())
                if (made := designation_of(each, source))
            )
        return found

    def _true(self, meaning: str) -> FrozenBitMap:
        known: dict[str, FrozenBitMap] = self._truths
        if meaning not in known:
            code = self.header.property_code(meaning)
            known[meaning] = FrozenBitMap(self.having(code, "true")) if code else FrozenBitMap()
        return known[meaning]

    @cached_property
    def _truths(self) -> dict[str, FrozenBitMap]:
        return {}

    def having(self, code: str, text: str) -> BitMap:
        """The concepts of which a property has a value, as text."""
        return self.index(code).get(text, BitMap())

    def index(self, code: str) -> Mapping[str, BitMap]:
        """The concepts by the values of one property, as text."""
        return self._facts[0].get(code, {})

    @cached_property
    def _facts(self) -> tuple[Mapping[str, Mapping[str, BitMap]], BitMap]:
        """The concepts by their properties' values, and those that have extensions: all are read, once."""
        gathered: dict[str, dict[str, list[int]]] = {}
        extended = BitMap()
        for number, entry in enumerate(self.entries):
            if "property" in entry or number in self.added:
                for each in self.properties(number):
                    gathered.setdefault(each.code, {}).setdefault(text_of(each.value), []).append(number)
            if "extension" in entry or number in self.added:
                extended.add(number)
        values = {
            code: {text: BitMap(numbers) for text, numbers in by_text.items()}
            for code, by_text in gathered.items()
        }
        return values, extended

    @cached_property
    def memberships(self) -> Mapping[str, BitMap]:
        """The concepts of each reference set of SNOMED CT; all entries are read, once."""
        gathered: dict[str, list[int]] = {}
        for number, entry in enumerate(self.entries):
            for refset in entry.get("memberOf", ()):
                gathered.setdefault(refset, []).append(number)
        return {refset: BitMap(numbers) for refset, numbers in gathered.items()}

    @property
    def used_properties(self) -> Mapping[str, Any]:
        return self._facts[0]


def _property(given: Mapping[str, Any]) -> Property | None:
    kind = next((name for name in given if name.startswith("value")), "")
    return Property(given["code"], kind, given[kind]) if kind and "code" in given else None


def text_of(value: Any) -> str:
    """A property's value as filters compare it: the code of a Coding, `true` and `false`."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Mapping):
        return str(value.get("code", ""))
    return str(value)
