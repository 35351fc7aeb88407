"""What can never run in a stack of layers: conditions that nothing meets, places that do not exist, targets
that an earlier row always fills, names that nobody uses.

Only what a layer brings is judged; the maps below it have tests of their own.
"""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from adapters.mapping.contradiction import possible
from adapters.mapping.fault import Fault
from adapters.mapping.model import Model
from adapters.mapping.nearby import nearby
from adapters.mapping.rows import ABSENT, Layer, Map, Row


@dataclass(frozen=True, slots=True)
class Grounds:
    """What a source format can have: the only texts of some paths (`event`), its groups and its nodes. No
    `groups` or `nodes`: any."""

    limits: Mapping[str, Collection[str]] = field(default_factory=dict)
    groups: Collection[str] = ()
    nodes: Collection[str] = ()


def dead(whole: Layer, brought: Sequence[Layer], model: Model, grounds: Grounds) -> Iterator[Fault]:
    """Faults of what `brought` layers have made of `whole`."""
    own = {id(row) for layer in brought for row in layer.rows()}
    maps = {name for layer in brought for name in layer.maps}
    for each in whole.maps.values():
        if each.name in maps:
            yield from _placed(each, whole, grounds)
            if not possible([each.when], grounds.limits):
                yield Fault(each.place, f"map {each.name!r} can never run: nothing meets {each.when!r}")
        for number, row in enumerate(each.rows):
            if id(row) in own:
                yield from _never(row, each, whole, grounds)
                yield from _filled(row, each, each.rows[:number], whole, model)


def unused(brought: Iterable[Layer], base: Layer, wholes: Sequence[Layer]) -> Iterator[Fault]:
    """Vocabularies, and segments, that a layer brings and no stack with it uses."""
    rows = [row for whole in wholes for each in whole.maps.values() for row in each.rows]
    used = {row.vocabulary for row in rows} | {str(row.given.get("also", "")) for row in rows}
    told = {
        name
        for whole in wholes
        for each in whole.maps.values()
        for said in (each.segment, each.when, *(text for row in each.rows for text in _sources(row)))
        for name in re.findall(r"\bZ[A-Z0-9]{2}\b", said)
    }
    for layer in brought:
        for name, words in layer.vocabularies.items():
            if name not in used and name not in base.vocabularies:
                yield Fault(words.place, f"no row uses vocabulary {name!r}{nearby(name, base.vocabularies)}")
        for name, segment in layer.segments.items():
            if name not in told:
                yield Fault(segment.place, f"no row reads segment {name}")


def _sources(row: Row) -> tuple[str, ...]:
    return (row.source, row.when, *row.inputs.values())


def _placed(each: Map, whole: Layer, grounds: Grounds) -> Iterator[Fault]:
    for names, known in (
        ((*each.within, *each.without), grounds.groups),
        ((each.segment, *each.after), (*grounds.nodes, *whole.segments) if grounds.nodes else ()),
    ):
        for name in names:
            if name and known and name not in known:
                told = f"map {each.name!r} can never run: nothing is called {name!r}{nearby(name, known)}"
                yield Fault(each.place, told)


def _never(row: Row, each: Map, whole: Layer, grounds: Grounds) -> Iterator[Fault]:
    """Conditions that contradict each other, the map's, or the row's own source."""
    if not row.when:
        return
    users = [other for other in whole.maps.values() if other.like == each.name or _has(other, row)]
    if not any(possible([user.when, row.when], grounds.limits) for user in users):
        if possible([row.when], grounds.limits):
            told = f"row {row.id!r} can never run: {row.when!r} contradicts its map's {each.when!r}"
        else:
            told = f"row {row.id!r} can never run: nothing meets {row.when!r}"
        yield Fault(row.place, told)
    elif row.source and row.deletes is None and not possible([row.when], grounds.limits, {row.source}):
        told = f"row {row.id!r} can never run: {row.when!r} wants its source {row.source} to be empty"
        yield Fault(row.place, told)


def _has(each: Map, row: Row) -> bool:
    """Whether a map has the row, or by an alias of the file the same one."""
    return any(other.place == row.place and other.id == row.id for other in each.rows)


def _filled(row: Row, each: Map, before: Sequence[Row], whole: Layer, model: Model) -> Iterator[Fault]:
    """A single element that an assignment without a condition has filled already."""
    resource = each.resource or next(
        (other.resource for other in whole.maps.values() if other.label == each.onto and each.onto), ""
    )
    if not row.target or not _single(row.target, resource, model):
        return
    for other in (*before, *(each.rows if row.default is not ABSENT else ())):
        if other is not row and other.target == row.target and other.value is not ABSENT and not other.when:
            told = (
                f"row {row.id!r} can never fill {row.target}: row {other.id!r} at {other.place} always does"
            )
            yield Fault(row.place, told)
            return


def _single(target: str, resource: str, model: Model) -> bool:
    """Whether a target is one element, however many values come."""
    path = resource
    for name in target.split("."):
        path = f"{path}.{name}"
        element = model.element(path)
        if element is None or element.is_list:
            return False
    return True
