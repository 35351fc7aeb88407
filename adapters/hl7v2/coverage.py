"""Where every leaf of a message went: mapped, ignored on purpose, or residue."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import lru_cache
from types import MappingProxyType
from typing import Any, NamedTuple

from adapters.hl7v2.escape import Delimiters
from adapters.hl7v2.reading import Node
from adapters.translation import Residue

_NONE: frozenset[int] = frozenset()
_NOTHING: Mapping[tuple[int, int], frozenset[int]] = MappingProxyType({})
_REMEMBERED = 8192
_LONGEST = 200
Missed = tuple[tuple[int, int, int, str], ...]


class Left(NamedTuple):
    """A leaf that nobody read: where it stands, and its value as sent."""

    node: Node
    field: int
    repetition: int
    component: int
    subcomponent: int
    value: str


def account(
    nodes: Sequence[Node],
    delimiters: Delimiters,
    ignored: Mapping[str, str],
    twins: Mapping[int, Node],
    left_alone: list[tuple[str, int]],
) -> tuple[int, int, list[Left]]:
    """How many leaves (as `Message.leaves` has them) were mapped, how many ignored, and the others. `ignored`
    are source paths; `twins` say of the position of a segment that continues another one which: a field
    equal in both is mapped with the first's. `left_alone` gets the fields of which all is ignored."""
    mapped = left_out = 0
    left: list[Left] = []
    field = _counter(delimiters)
    texts: dict[tuple[str, int], bool] = {}
    for node in nodes:
        name, whole, twin = node.segment.name, node.whole, twins.get(node.segment.position)
        mapped += sum(whole.values())
        filled = _filled(node.shape, name == "MSH")
        if len(whole) == len(filled) and name != "MSH":
            continue
        for number in filled:
            if number in whole:
                continue
            raw = node.fields[number]
            if twin is None and node.kept is None and raw.isalnum():
                at = name, number
                if (unwanted := texts.get(at)) is None:
                    unwanted = texts[at] = _is_ignored(ignored, name, number, 1)
                if unwanted or number in node.out:
                    left_out += 1
                    left_alone.append(at)
                    continue
            of = twin if twin is not None and twin.fields[number : number + 1] == [raw] else node
            if count := of.whole.get(number, 0):
                mapped += count
                continue
            counted, missed = field(raw, number, of.kept or _NOTHING)
            mapped += counted
            if number in of.out:
                left_out += len(missed)
                if not counted:
                    left_alone.append((name, number))
                continue
            others = counted + len(left)
            for repetition, component, subcomponent, value in missed:
                if value.isspace() or _is_ignored(ignored, name, number, component):
                    left_out += 1
                else:
                    left.append(Left(node, number, repetition, component, subcomponent, value))
            if not counted and len(left) == others:
                left_alone.append((name, number))
    return mapped, left_out, left


@lru_cache(maxsize=4096)
def _filled(shape: bytes, is_header: bool) -> tuple[int, ...]:
    """The numbers of the fields that have content; what the separators are is none of a header's."""
    return tuple(number for number in range(3 if is_header else 1, len(shape)) if shape[number])


def residue_of(left: Left, delimiters: Delimiters) -> Residue:
    """The leaf under the shortest address: `PID-8`, `PID-3[2].4.1`."""
    raw = left.node.fields[left.field]
    path = f"{left.node.segment.label}-{left.field}"
    if left.repetition > 1:
        path += f"[{left.repetition}]"
    if delimiters.subcomponent in raw and left.subcomponent > 1:
        path += f".{left.component}.{left.subcomponent}"
    elif delimiters.component in raw or left.component > 1:
        path += f".{left.component}"
    return Residue(path, delimiters.unescape(left.value))


Kept = Mapping[tuple[int, int], frozenset[int]]


@lru_cache(maxsize=64)
def _counter(delimiters: Delimiters) -> Callable[[str, int, Kept], tuple[int, Missed]]:
    """Counts a field's leaves by what was read of it; the same field read alike comes often."""
    remembered: dict[Any, tuple[int, Missed]] = {}
    repetition = delimiters.repetition

    def field(raw: str, number: int, kept: Kept) -> tuple[int, Missed]:
        if raw.isalnum():
            return (1, ()) if kept.get((number, 1)) else (0, ((1, 1, 1, raw),))
        repetitions = raw.count(repetition) + 1
        read = tuple([kept.get((number, each), _NONE) for each in range(1, repetitions + 1)])
        known = remembered.get((raw, read))
        if known is None:
            known = _counted(raw, delimiters, read)
            if len(raw) < _LONGEST:
                if len(remembered) >= _REMEMBERED:
                    remembered.clear()
                remembered[raw, read] = known
        return known

    return field


def _counted(raw: str, delimiters: Delimiters, read: tuple[frozenset[int], ...]) -> tuple[int, Missed]:
    """How many leaves of a field were mapped, and the others."""
    mapped = 0
    missed: list[tuple[int, int, int, str]] = []
    for repetition, component, subcomponent, value in _leaves(raw, delimiters):
        leaves = read[repetition - 1]
        if 0 in leaves or component << 8 in leaves or component << 8 | subcomponent in leaves:
            mapped += 1
        else:
            missed.append((repetition, component, subcomponent, value))
    return mapped, tuple(missed)


def _is_ignored(ignored: Mapping[str, str], name: str, number: int, component: int) -> bool:
    field = f"{name}-{number}"
    return name in ignored or field in ignored or f"{field}.{component}" in ignored


def _leaves(raw: str, delimiters: Delimiters) -> Iterator[tuple[int, int, int, str]]:
    """(repetition, component, sub-component, value as sent) of every leaf that is not empty."""
    for r, repetition in enumerate(raw.split(delimiters.repetition), 1):
        if delimiters.component not in repetition and delimiters.subcomponent not in repetition:
            if repetition:
                yield r, 1, 1, repetition
            continue
        for c, component in enumerate(repetition.split(delimiters.component), 1):
            for s, value in enumerate(component.split(delimiters.subcomponent), 1):
                if value:
                    yield r, c, s, value
