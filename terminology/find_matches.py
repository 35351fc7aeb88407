"""`$find-matches`: the concepts that have given properties, all of them or as many as any has.

https://hl7.org/fhir/R4/codesystem-operation-find-matches.html
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from pyroaring import BitMap

from terminology.algebra import index_of
from terminology.code_system import CodeSystem, text_of
from terminology.filters import Bits, Filter, UnknownFilter, selected
from terminology.texts import Refusal, found

# Of what a person is shown; a machine hears that there are more.
SHOWN: Final = 100
MOST: Final = 1_000


@dataclass(frozen=True, slots=True)
class Wanted:
    """A property and its value, as JSON has it; `kind` is its member (`valueCode`)."""

    code: str
    kind: str
    value: Any


@dataclass(frozen=True, slots=True)
class Found:
    """`unmatched` are those of the properties that the concept does not have."""

    number: int
    unmatched: tuple[Wanted, ...]
    comment: str = ""


def find_matches(system: CodeSystem, wanted: Sequence[Wanted], *, exact: bool) -> list[Found]:
    """For a machine those that have most; for a person more, that have less or are only called alike. Raises
    Refusal for more than a machine can be told."""
    having = [_having(system, each) for each in wanted]
    counted = _counted(having)
    if exact:
        best = counted[max(counted)] if counted else BitMap()
        if len(best) > MOST:
            named = {"value_set": system.header.canonical, "limit": MOST}
            raise Refusal(422, found("error", "too-costly", "", "VALUESET_TOO_COSTLY", **named))
        return [Found(n, _missing(n, wanted, having)) for n in best]
    return list(_for_a_person(system, wanted, having, counted))


def _for_a_person(
    system: CodeSystem, wanted: Sequence[Wanted], having: Sequence[Bits], counted: Mapping[int, BitMap]
) -> Iterator[Found]:
    left = SHOWN
    told = BitMap()
    for count in sorted(counted, reverse=True):
        comment = f"{count} of {len(wanted)} properties match" if count < len(wanted) else ""
        for number in counted[count][:left]:
            yield Found(number, _missing(number, wanted, having), comment)
        told |= counted[count]
        left = max(left - len(counted[count]), 0)
    for number in (_called_alike(system, wanted) - told)[:left]:
        yield Found(number, tuple(wanted), "is called alike")


def _counted(having: Sequence[Bits]) -> dict[int, BitMap]:
    """The concepts by how many of the properties they have, from one."""
    made: dict[int, BitMap] = {}
    for numbers in having:
        new = BitMap(numbers)
        for count in sorted(made, reverse=True):
            more = made[count] & new
            made[count] -= more
            made[count + 1] = made.get(count + 1, BitMap()) | more
            new -= more
        made[1] = made.get(1, BitMap()) | new
    return {count: numbers for count, numbers in made.items() if numbers}


def _having(system: CodeSystem, wanted: Wanted) -> Bits:
    value = text_of(wanted.value)
    if wanted.code == "designation":
        return BitMap(
            number
            for number in index_of(system).matching(value)
            if any(each.value == value for each in system.designations(number))
        )
    try:
        return selected(system, Filter(wanted.code, "=", value))
    except UnknownFilter:
        return BitMap()


def _missing(number: int, wanted: Sequence[Wanted], having: Sequence[Bits]) -> tuple[Wanted, ...]:
    return tuple(each for each, numbers in zip(wanted, having, strict=True) if number not in numbers)


def _called_alike(system: CodeSystem, wanted: Sequence[Wanted]) -> BitMap:
    """By the words of what was said in texts."""
    said = [each.value for each in wanted if isinstance(each.value, str) and each.kind != "valueCode"]
    return BitMap.union(BitMap(), *(index_of(system).matching(text) for text in said))
