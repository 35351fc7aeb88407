"""What one element puts into the index, by its data type: small closures over parsed JSON.

https://hl7.org/fhir/R4/search.html#ptypes
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import tzinfo
from functools import lru_cache
from typing import Any, TypeVar
from uuid import UUID

from exchange.search import dates, numbers
from exchange.search.references import canonical_tokens, local_target, logical_tokens, reference_tokens
from exchange.search.row import IndexRow
from exchange.search.source import Source
from exchange.search.text import is_chinese, normalised
from exchange.search.token import LONG, coded, h64, identifier_value, of_system, present, salt, token
from mpi.keys import patient_key
from terminology.naming import canonical_system

_T = TypeVar("_T")

_LONGEST_CACHED = 128


class Sink:
    """What extraction has found so far in one resource."""

    __slots__ = (
        "codes",
        "dates",
        "end",
        "identifiers",
        "numbers",
        "others",
        "patients",
        "quantities",
        "start",
        "strings",
        "tokens",
    )

    def __init__(self) -> None:
        self.patients: list[UUID] = []
        self.others: list[UUID] = []
        self.start: int | None = None
        self.end: int | None = None
        self.codes: list[int] = []
        self.tokens: list[int] = []
        self.identifiers: list[tuple[int, str, str]] = []
        self.strings: list[tuple[int, str, str]] = []
        self.dates: list[tuple[int, int, int]] = []
        self.numbers: list[tuple[int, float, float]] = []
        self.quantities: list[tuple[int, int | None, float, float]] = []

    def row(self) -> IndexRow:
        """What was found, each fact once."""
        patient = self.patients[0] if self.patients else None
        others = [*self.patients[1:], *self.others]
        return IndexRow(
            patient,
            tuple(key for key in dict.fromkeys(others) if key != patient) if others else (),
            self.start,
            self.end,
            _once(self.codes),
            tuple(set(self.tokens)),
            _once(self.identifiers),
            _once(self.strings),
            _once(self.dates),
            _once(self.numbers),
            _once(self.quantities),
        )


def _once(found: list[_T]) -> tuple[_T, ...]:
    return tuple(dict.fromkeys(found)) if len(found) > 1 else tuple(found)


Emit = Callable[[Any, Sink], None]


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a deployment sets: its own base, and the zone of dates that name none."""

    base: str
    zone: tzinfo


@lru_cache(maxsize=1 << 13)
def _patient_key(patient_id: str) -> UUID:
    return patient_key(patient_id)


def _coding_tokens(path: str, system: str, code: str) -> tuple[int, ...]:
    system = canonical_system(system)
    values = [coded(system, code), code] if code else []
    if system:
        values.append(of_system(system))
    return tuple(token(path, value) for value in values)


_cached_coding_tokens = lru_cache(maxsize=1 << 15)(_coding_tokens)


def coding_tokens(path: str, coding: dict[str, Any]) -> tuple[int, ...]:
    """The tokens of a Coding: code in its system (the first, if it has a code), code, system."""
    system, code = coding.get("system", ""), coding.get("code", "")
    if len(system) + len(code) > _LONGEST_CACHED:
        return _coding_tokens(path, system, code)
    return _cached_coding_tokens(path, system, code)


def concept(path: str, *, leads: bool = False) -> Emit:
    there, one = token(path, present()), _coding(path, leads=leads)

    def emit(value: Any, sink: Sink) -> None:
        sink.tokens.append(there)
        for each in value.get("coding", ()):
            one(each, sink)

    return emit


def coding(path: str, *, leads: bool = False) -> Emit:
    there, one = token(path, present()), _coding(path, leads=leads)

    def emit(value: Any, sink: Sink) -> None:
        sink.tokens.append(there)
        one(value, sink)

    return emit


def _coding(path: str, *, leads: bool) -> Emit:
    """The tokens of one Coding; those of the type's leading code stand in code_index as well."""

    def emit(value: Any, sink: Sink) -> None:
        sink.tokens += coding_tokens(path, value)

    def emit_leading(value: Any, sink: Sink) -> None:
        tokens = coding_tokens(path, value)
        sink.tokens += tokens
        if "code" in value:
            sink.codes.append(tokens[0])

    return emit_leading if leads else emit


def literal(path: str) -> Emit:
    salted, there = salt(path), token(path, present())

    def emit(value: Any, sink: Sink) -> None:
        sink.tokens += (there, h64(value) ^ salted)

    return emit


def boolean(path: str) -> Emit:
    there, truth, falsehood = (token(path, value) for value in (present(), "true", "false"))

    def emit(value: Any, sink: Sink) -> None:
        sink.tokens += (there, truth if value else falsehood)

    return emit


def deceased(path: str) -> Emit:
    """`deceased.exists() and deceased != false`: said of every Patient."""
    there, truth, falsehood = (token(path, value) for value in (present(), "true", "false"))

    def emit(patient: Any, sink: Sink) -> None:
        dead = patient.get("deceasedBoolean", False) or "deceasedDateTime" in patient
        sink.tokens += (there, truth if dead else falsehood)

    return emit


def canonical(path: str) -> Emit:
    def emit(value: Any, sink: Sink) -> None:
        sink.tokens += canonical_tokens(path, value)

    return emit


def contact_point(path: str) -> Emit:
    salted, there = salt(path), token(path, present())

    def emit(value: Any, sink: Sink) -> None:
        sink.tokens.append(there)
        if "value" in value:
            sink.tokens.append(h64(value["value"]) ^ salted)

    return emit


def reference(path: str, around: Surroundings) -> Emit:
    there, base = token(path, present()), around.base

    def emit(value: Any, sink: Sink) -> None:
        literal_reference = value.get("reference")
        if literal_reference is None:
            sink.tokens.append(there)
        else:
            sink.tokens += reference_tokens(path, literal_reference, base)
        if "identifier" in value:
            identifier = value["identifier"]
            if "value" in identifier:
                system = canonical_system(identifier.get("system", ""))
                sink.tokens += logical_tokens(path, system, identifier["value"])

    return emit


def member(around: Surroundings, *, leads: bool) -> Emit:
    """The patient whose compartment a reference puts the resource into."""
    base = around.base

    def emit(value: Any, sink: Sink) -> None:
        target = local_target(value.get("reference", ""), base)
        if target is not None and target[0] == "Patient":
            (sink.patients if leads else sink.others).append(_patient_key(target[1]))

    return emit


def own_key(value: Any, sink: Sink) -> None:
    """A Patient is in its own compartment."""
    sink.patients.append(_patient_key(value["id"]))


def identifier(source: Source) -> Emit:
    number, path = source.number, source.key

    def emit(value: Any, sink: Sink) -> None:
        system = canonical_system(value.get("system", ""))
        if "value" in value:
            sink.identifiers.append((number, system, identifier_value(value["value"])))
            if system:
                sink.tokens.append(token(path, of_system(system)))

    return emit


def string(source: Source) -> Emit:
    number = source.number

    def emit(value: Any, sink: Sink) -> None:
        sink.strings.append((number, normalised(value), value))

    return emit


def whole_name(source: Source) -> Emit:
    """A Chinese name as it is written: family and given name without a space."""
    number = source.number

    def emit(value: Any, sink: Sink) -> None:
        parts = [value.get("family"), *value.get("given", ())]
        whole = "".join(part for part in parts if part)
        if whole not in (*parts, value.get("text")) and is_chinese(whole):
            sink.strings.append((number, normalised(whole), whole))

    return emit


_RANGES: dict[str, Callable[[Any, tzinfo], dates.Range | None]] = {
    "Period": dates.period_range,
    "Timing": dates.timing_range,
}


def date(source: Source, around: Surroundings) -> Emit:
    number, zone = source.number, around.zone
    range_of = _RANGES.get(source.data_type, dates.date_range)

    def emit(value: Any, sink: Sink) -> None:
        found = range_of(value, zone)
        if found is not None:
            sink.dates.append((-number if found[1] - found[0] > dates.SHORT else number, *found))

    return emit


def leading_date(source: Source, around: Surroundings) -> Emit:
    zone, long = around.zone, token(source.key, LONG)
    range_of = _RANGES.get(source.data_type, dates.date_range)

    def emit(value: Any, sink: Sink) -> None:
        found = range_of(value, zone)
        if found is not None:
            sink.start, sink.end = found
            if found[1] - found[0] > dates.SHORT:
                sink.tokens.append(long)

    return emit


def number(source: Source) -> Emit:
    identity = source.number

    def emit(value: Any, sink: Sink) -> None:
        bounds = numbers.range_bounds(value) if isinstance(value, dict) else (float(value), float(value))
        if bounds is not None:
            sink.numbers.append((_marked(identity, bounds), *bounds))

    return emit


def quantity(source: Source) -> Emit:
    identity = source.number
    measure = _MEASURES.get(source.data_type, _quantity)

    def emit(value: Any, sink: Sink) -> None:
        bounds, units = measure(value)
        if bounds is not None:
            for unit in units or (None,):
                sink.quantities.append((_marked(identity, bounds), unit, *bounds))

    return emit


def _marked(identity: int, bounds: numbers.Bounds) -> int:
    """A wide value stands under the negative id, so that a btree on its lower end finds all others."""
    return identity if bounds[0] == bounds[1] else -identity


Measure = tuple[numbers.Bounds | None, tuple[int, ...]]


def _quantity(value: dict[str, Any]) -> Measure:
    return numbers.quantity_bounds(value), _units(value)


def _units(quantity: dict[str, Any]) -> tuple[int, ...]:
    system, code, unit = quantity.get("system", ""), quantity.get("code", ""), quantity.get("unit", "")
    if len(system) + len(code) + len(unit) > _LONGEST_CACHED:
        return numbers.unit_tokens(canonical_system(system), code, unit)
    return _cached_units(system, code, unit)


@lru_cache(maxsize=1 << 12)
def _cached_units(system: str, code: str, unit: str) -> tuple[int, ...]:
    return numbers.unit_tokens(canonical_system(system), code, unit)


def _range(value: dict[str, Any]) -> Measure:
    return numbers.range_bounds(value), _units(value.get("low") or value.get("high") or {})


def _sampled(value: dict[str, Any]) -> Measure:
    return numbers.sampled_bounds(value), _units(value.get("origin", {}))


def _money(value: dict[str, Any]) -> Measure:
    currency = value.get("currency")
    unit = {"system": numbers.CURRENCY, "code": currency} if currency else {}
    return numbers.quantity_bounds(value), _units(unit)


_MEASURES = {"Range": _range, "SampledData": _sampled, "Money": _money}
