"""The lines of generated extraction for one element, by its data type.

`x` is the name that the element has in the generated code; what is found goes to lists of that function:
`tokens`, `codes`, `patients`, `others`, `identifiers`, `strings`, `dates`, `numbers`, `quantities`,
`positions`, `start` and `end`.

https://hl7.org/fhir/R4/search.html#ptypes
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, Literal

from exchange.search.definition.source import Source
from exchange.search.index import emit, remembered
from exchange.search.index.emit import Surroundings, Units
from exchange.search.index.memo import Memo, Unwritten
from exchange.search.index.phrase import CONTENT, texts_path
from exchange.search.index.row import IndexRow
from exchange.search.value import dates
from exchange.search.value.numbers import range_bounds
from exchange.search.value.pinyin import NAMES
from exchange.search.value.text import normalised
from exchange.search.value.token import LONG, absent, identifier_value, present, token

PRIMITIVES = frozenset(
    (
        *("base64Binary", "boolean", "canonical", "code", "date", "dateTime", "decimal", "id", "instant"),
        *("integer", "markdown", "oid", "positiveInt", "string", "time", "unsignedInt", "uri", "url", "uuid"),
    )
)
LONGEST_IDENTIFIER = 200


@dataclass(frozen=True, slots=True)
class Reading:
    """One element that is read.

    leads         its code, date, patient or first patient has a column of its own
    member        it names a patient in whose compartment the resource is
    by_beginning  a uri that may be sought by its beginning
    """

    source: Source
    leads: Literal["", "code", "date", "patient", "patients"] = ""
    member: bool = False
    by_beginning: bool = False


class Names:
    """What the generated code refers to by a name: memories, closures and numbers.

    evaluating  makes what puts the values that an expression finds into rows
    """

    def __init__(
        self, around: Surroundings, evaluating: Callable[[Source], Callable[[Any], IndexRow]]
    ) -> None:
        self.around = around
        self.evaluating = evaluating
        self.unwritten = Unwritten()
        self.units: Units = remembered.units()
        self.contents: Memo[str, int] = remembered.texts(CONTENT, self.unwritten, by_prefix=False)
        self.values: dict[str, Any] = {
            "date_range": dates.date_range,
            "identifier_value": identifier_value,
            "normalised": normalised,
            "units": self.units,
            "zone": around.zone,
        }
        self._known: dict[tuple[str, ...], str] = {}

    def bind(self, stem: str, *of: str, made: Callable[[], Any]) -> str:
        """The name of what `made` makes of these; the same for the same."""
        if (stem, *of) not in self._known:
            self._known[stem, *of] = name = f"{stem}_{len(self._known)}"
            self.values[name] = made()
        return self._known[stem, *of]


Lines = list[str]


def lines(reading: Reading, x: str, names: Names) -> Lines:
    """What to do with the element `x`."""
    source = reading.source
    if source.data_type == "fhirpath":
        return _evaluated(source, x, names)
    if source.kind != "token":
        return _BY_KIND[source.kind](reading, x, names)
    return _BY_TYPE.get(source.data_type, _literal)(reading, x, names)


def before(reading: Reading, names: Names) -> Lines:
    """What to do once, if one such element or more are there: a literal says it with each value."""
    source = reading.source
    once = source.data_type in ("CodeableConcept", "Coding", "ContactPoint", "boolean", "any")
    if source.kind != "token" or source.required or not once:
        return []
    return [f"tokens.append({token(source.key, present())})"]


def otherwise(reading: Reading) -> Lines:
    """What to do if it is not there."""
    source = reading.source
    return [f"tokens.append({token(source.key, absent())})"] if source.required and source.names else []


def _evaluated(source: Source, x: str, names: Names) -> Lines:
    made = names.bind("evaluating", source.key, source.kind, made=partial(names.evaluating, source))
    found = ("tokens", "identifiers", "strings", "dates", "numbers", "quantities")
    return [f"found = {made}({x})", *(f"{name} += found.{name}" for name in found)]


def _concept(reading: Reading, x: str, names: Names) -> Lines:
    return [
        f'if "coding" in {x}:',
        f'    for c in {x}["coding"]:',
        *(f"        {line}" for line in _coding(reading, "c", names)),
        f'if "text" in {x} and ("coding" not in {x} or {x}["text"] != {x}["coding"][0].get("display")):',
        *(f"    {line}" for line in _text(reading.source.key, x, "text", names)),
    ]


def _coding(reading: Reading, x: str, names: Names) -> Lines:
    key = reading.source.key
    memo = names.bind("codings", key, made=lambda: remembered.codings(key, names.unwritten))
    found = f'{memo}[{x}.get("system"), {x}.get("code"), {x}.get("display")]'
    if reading.leads == "code":
        return [f"found = {found}", "tokens += found", f'if "code" in {x}: codes.append(found[0])']
    return [f"tokens += {found}"]


def _text(key: str, x: str, name: str, names: Names) -> Lines:
    path = texts_path(key)
    memo = names.bind("texts", path, made=lambda: remembered.texts(path, names.unwritten))
    return [f'if "{name}" in {x}: tokens.append({memo}[{x}["{name}"]])']


def _reference(reading: Reading, x: str, names: Names) -> Lines:
    key, base = reading.source.key, names.around.base
    emit_logical = names.bind("logical", key, made=lambda: emit.logical(key))
    return [
        f'if "reference" in {x}:',
        *(f"    {line}" for line in _target(reading, f'{x}["reference"]', names, key, base)),
        "else:",
        f"    tokens.append({token(key, present())})",
        f'if "identifier" in {x}: {emit_logical}({x}["identifier"], tokens)',
        *_text(key, x, "display", names),
    ]


def _target(reading: Reading, reference: str, names: Names, key: str, base: str) -> Lines:
    if not reading.member:
        memo = names.bind("references", key, made=lambda: remembered.other_references(key, base))
        return [f"tokens += {memo}[{reference}]"]
    make = remembered.leading_references if reading.leads == "patient" else remembered.references
    memo = names.bind("members", key, made=lambda: make(key, base))
    return [
        f"found, patient = {memo}[{reference}]",
        "tokens += found",
        f"if patient is not None: {'patients' if reading.leads else 'others'}.append(patient)",
    ]


def _literal(reading: Reading, x: str, names: Names) -> Lines:
    key = reading.source.key
    if reading.by_beginning:
        memo = names.bind("uris", key, made=lambda: remembered.uris(key, names.unwritten))
        return [f"tokens += {memo}[{x}]"]
    make = remembered.values_only if reading.source.required else remembered.literals
    memo = names.bind("literals", key, str(reading.source.required), made=lambda: make(key))
    return [f"tokens += {memo}[{x}]"]


def _canonical(reading: Reading, x: str, names: Names) -> Lines:
    if reading.by_beginning:
        return _literal(reading, x, names)
    key = reading.source.key
    memo = names.bind("canonicals", key, made=lambda: remembered.canonicals(key))
    return [f"tokens += {memo}[{x}]"]


def _boolean(reading: Reading, x: str, names: Names) -> Lines:
    key = reading.source.key
    return [f"tokens.append({token(key, 'true')} if {x} else {token(key, 'false')})"]


def _any(reading: Reading, x: str, names: Names) -> Lines:
    return [f"tokens.append({token(reading.source.key, 'true')})"]


def _exists(reading: Reading, x: str, names: Names) -> Lines:
    key = reading.source.key
    dead = f'{x}.get("deceasedBoolean") or "deceasedDateTime" in {x}'
    return [f"tokens.append({token(key, 'true')} if {dead} else {token(key, 'false')})"]


def _entry(reading: Reading, x: str, names: Names) -> Lines:
    key, base = reading.source.key, names.around.base
    return [f"{names.bind('entry', key, made=lambda: emit.first_entry(key, base))}({x}, tokens)"]


def _contact_point(reading: Reading, x: str, names: Names) -> Lines:
    key = reading.source.key
    memo = names.bind("hashed", key, made=lambda: remembered.hashed(key))
    return [f'if "value" in {x}: tokens.append({memo}[{x}["value"]])']


def _identifier(reading: Reading, x: str, names: Names) -> Lines:
    key, number = reading.source.key, reading.source.number
    memo = names.bind("systems", key, made=lambda: remembered.systems(key))
    typed = names.bind("typed", key, made=lambda: emit.typed_identifier(key))
    return [
        f'if "value" in {x}:',
        f'    system, found = {memo}[{x}.get("system")]',
        "    tokens += found",
        f'    v = {x}["value"]',
        f"    if len(v) > {LONGEST_IDENTIFIER}: v = identifier_value(v)",
        f"    identifiers.append(({number}, system, v))",
        f'    if "type" in {x}: {typed}({x}, tokens)',
        f'if "type" in {x}:',
        f'    t = {x}["type"]',
        *(f"    {line}" for line in _text(key, "t", "text", names)),
    ]


def _string(reading: Reading, x: str, names: Names) -> Lines:
    source, number = reading.source, reading.source.number
    if source.data_type == "HumanName":
        return [f"{names.bind('whole', source.key, made=lambda: emit.whole_name(number))}({x}, strings)"]
    if source.data_type == "phonetic":
        return [f"{names.bind('phonetic', source.key, made=lambda: emit.phonetic(number))}({x}, strings)"]
    if source.data_type in NAMES:
        part = source.names[-1]
        memo = names.bind("parts", source.key, made=lambda: remembered.name_parts(number, part))
        return [f"strings += {memo}[{x}]"]
    return [f"strings.append(({number}, normalised({x}), {x}))"]


def _date(reading: Reading, x: str, names: Names) -> Lines:
    source, number = reading.source, reading.source.number
    range_of = "date_range"
    if source.data_type in emit.RANGES:
        range_of = names.bind("range", source.data_type, made=lambda: emit.RANGES[source.data_type])
    lead, short = token(source.key, LONG), dates.SHORT
    if reading.leads == "date":
        own = ["start, end = found", f"if end - start > {short}: tokens.append({lead})"]
    else:
        own = [f"dates.append(({-number} if found[1] - found[0] > {short} else {number}, *found))"]
    return [f"found = {range_of}({x}, zone)", "if found is not None:", *(f"    {line}" for line in own)]


def _number(reading: Reading, x: str, names: Names) -> Lines:
    number = reading.source.number
    if reading.source.data_type == "Range":
        bounds = names.bind("bounds", made=lambda: range_bounds)
        wide = f"{number} if found[0] == found[1] else {-number}"
        return [f"found = {bounds}({x})", f"if found is not None: numbers.append(({wide}, *found))"]
    return [f"v = float({x})", f"numbers.append(({number}, v, v))"]


def _quantity(reading: Reading, x: str, names: Names) -> Lines:
    source, number = reading.source, reading.source.number
    other = names.bind(
        "quantity", source.key, source.data_type, made=lambda: emit.quantity(source, names.units)
    )
    if source.data_type in ("Range", "SampledData", "Money"):
        return [f"{other}({x}, quantities)"]
    return [
        f'if "comparator" in {x}: {other}({x}, quantities)',
        f'elif "value" in {x}:',
        f'    v = float({x}["value"])',
        f'    for unit in units[{x}.get("system"), {x}.get("code"), {x}.get("unit")]:',
        f"        quantities.append(({number}, unit, v, v))",
    ]


def _position(reading: Reading, x: str, names: Names) -> Lines:
    return [f"{names.bind('position', made=lambda: emit.position)}({x}, positions)"]


Made = Callable[[Reading, str, Names], Lines]

_BY_KIND: Mapping[str, Made] = {
    "identifier": _identifier,
    "string": _string,
    "date": _date,
    "number": _number,
    "quantity": _quantity,
    "position": _position,
}
_BY_TYPE: Mapping[str, Made] = {
    "CodeableConcept": _concept,
    "Coding": _coding,
    "ContactPoint": _contact_point,
    "Reference": _reference,
    "any": _any,
    "boolean": _boolean,
    "canonical": _canonical,
    "entry": _entry,
    "exists": _exists,
}
