"""What each layer changes of the maps below it, with the place where it is written."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from adapters.mapping.fault import Fault, Place
from adapters.mapping.layers import laid
from adapters.mapping.rows import ABSENT, Code, Layer, Map, Row


@dataclass(frozen=True, slots=True)
class Difference:
    """`+`, `~` or `-` of `what` (`PID-Patient/PID-8`); `over` is the higher level that has the last word of
    it, if there is one."""

    level: str
    sign: str
    what: str
    told: str
    place: Place
    over: str = ""

    def __str__(self) -> str:
        over = f"; {self.over} has the last word" if self.over else ""
        return f"{self.level}: {self.sign} {self.what}: {self.told} at {self.place}{over}"


def differences(base: Layer, levels: Iterable[tuple[str, Layer]]) -> list[Difference]:
    """What each level changes, the lowest first. What cannot be is left out: the check tells it."""
    found: list[Difference] = []
    for name, layer in levels:
        faults: list[Fault] = []
        whole = laid(base, layer, faults)
        found += _between(name, base, whole, layer)
        base = whole
    return superseded(found)


def superseded(found: Iterable[Difference]) -> list[Difference]:
    """Each with the level above it that says something of the same."""
    made: list[Difference] = []
    last: dict[str, str] = {}
    for each in reversed([*found]):
        over = last.setdefault(each.what, each.level)
        made.append(replace(each, over="" if over == each.level else over))
    return made[::-1]


def _between(level: str, base: Layer, whole: Layer, layer: Layer) -> Iterator[Difference]:
    for name, each in whole.maps.items():
        if name not in base.maps:
            yield Difference(level, "+", f"map {name}", each.segment, each.place)
        yield from _rows(level, base.maps.get(name), each, layer)
    for name, words in layer.vocabularies.items():
        known = base.vocabularies.get(name)
        for code in words.codes:
            before = known.codes.get(code) if known else None
            meaning = whole.vocabularies[name].codes[code]
            if meaning == before:
                continue
            was = f", was {_meaning(before)}" if before else ""
            place = words.places.get(code, words.place)
            what = f"vocabulary {name}/{code}"
            yield Difference(level, "~" if before else "+", what, f"means {_meaning(meaning)}{was}", place)
    places = [each.place for each in layer.changes.values()] + [each.place for each in layer.maps.values()]
    place = next(iter(places), Place("", 1))
    for name, url in layer.extensions.items():
        if base.extensions.get(name) != url:
            yield Difference(level, "+", f"extension {name}", url, place)
    for name, segment in layer.segments.items():
        fields = ", ".join(segment.names) or f"{segment.count} fields"
        yield Difference(level, "+", f"segment {name}", fields, segment.place)


def _rows(level: str, before: Map | None, after: Map, layer: Layer) -> Iterator[Difference]:
    known = {row.id: row for row in before.rows} if before else {}
    there = {row.id for row in after.rows}
    change = layer.changes.get(after.name)
    for row in after.rows:
        old = known.get(row.id)
        what = f"{after.name}/{row.id}"
        if old is None:
            yield Difference(level, "+", what, told(row), row.place)
        elif old != row:
            yield Difference(level, "~", what, f"{told(row)}, was {told(old)}", row.place)
    for row in known.values():
        if row.id not in there and change is not None:
            yield Difference(level, "-", f"{after.name}/{row.id}", told(row), change.disable[row.id])


def _meaning(code: Code) -> str:
    return repr(code.code or "nothing")


def told(row: Row) -> str:
    """A row in short."""
    if row.ignore:
        return f"{row.source} ignored ({row.ignore})"
    way = f" by {row.function}" if row.function else ""
    words = f" ({row.vocabulary})" if row.vocabulary else ""
    source = row.source or (f"@{row.reference}" if row.reference else "")
    if row.value is not ABSENT or row.default is not ABSENT:
        source = str(row.value if row.value is not ABSENT else row.default)
    when = f" when {row.when}" if row.when else ""
    return f"{source} → {row.target or row.deletes}{way}{words}{when}"
