"""Lays override upon base: rows added, replaced or disabled by id, vocabulary and segments added.

What changes nothing, or can never work because of what else is said, is a fault.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from adapters.mapping.fault import Fault, MapError, Place
from adapters.mapping.nearby import nearby
from adapters.mapping.rows import Change, Layer, Map, Row, Vocabulary


def joined(layers: Iterable[Layer]) -> Layer:
    """Files of one level as one layer; they must not define the same map or vocabulary twice."""
    maps: dict[str, Map] = {}
    vocabularies: dict[str, Vocabulary] = {}
    extensions: dict[str, str] = {}
    faults: list[Fault] = []
    for layer in layers:
        for name, each in layer.maps.items():
            if name in maps:
                faults.append(Fault(each.place, f"map {name!r} stands at {maps[name].place} already"))
            maps[name] = each
        for name, words in layer.vocabularies.items():
            if name in vocabularies:
                first = vocabularies[name].place
                faults.append(Fault(words.place, f"vocabulary {name!r} stands at {first} already"))
            vocabularies[name] = words
        extensions.update(layer.extensions)
    if faults:
        raise MapError(faults)
    return Layer(maps, vocabularies, extensions)


def stacked(base: Layer, layers: Iterable[Layer]) -> Layer:
    """`base` as one level after the other changes it. Raises MapError with the faults of all of them."""
    faults: list[Fault] = []
    whole = base
    for each in layers:
        whole = laid(whole, each, faults)
    if faults:
        raise MapError(faults)
    return whole


def overridden(base: Layer, over: Layer) -> Layer:
    """`base` as `over` changes it. Raises MapError for an unknown map or row id."""
    return stacked(base, (over,))


def laid(base: Layer, over: Layer, faults: list[Fault]) -> Layer:
    """The same as far as it goes; adds to `faults`."""
    maps, gone = dict(base.maps), dict(base.gone)
    for name, each in over.maps.items():
        if name in maps:
            told = f"map {name!r} exists at {maps[name].place}: list it under `changes`"
            faults.append(Fault(each.place, told))
        maps[name] = each
    for name, change in over.changes.items():
        if name not in base.maps:
            faults.append(Fault(change.place, f"there is no map {name!r}{nearby(name, base.maps)}"))
            continue
        faults.extend(_faults(maps[name], change, gone))
        maps[name] = replace(maps[name], rows=_changed(maps[name].rows, change))
        gone |= {f"{name}/{row}": place for row, place in change.disable.items()}
    faults.extend(_idle(base, over))
    return Layer(
        maps,
        _vocabularies(base.vocabularies, over.vocabularies),
        {**base.extensions, **over.extensions},
        {**base.segments, **over.segments},
        disabled=base.disabled | _disabled(base, over),
        gone=gone,
    )


def _disabled(base: Layer, over: Layer) -> frozenset[str]:
    rows = (
        row
        for name, change in over.changes.items()
        if name in base.maps
        for row in base.maps[name].rows
        if row.id in change.disable
    )
    return frozenset(row.source for row in rows if row.source)


def _changed(rows: tuple[Row, ...], change: Change) -> tuple[Row, ...]:
    replaced = {row.id: row for row in change.replace}
    kept = (replaced.get(row.id, row) for row in rows if row.id not in change.disable)
    return (*change.add, *kept)


def _faults(below: Map, change: Change, gone: Mapping[str, Place]) -> Iterator[Fault]:
    """What of a change cannot be: rows that are not there, or that it takes away itself."""
    known = {row.id: row for row in below.rows}
    if not (change.add or change.replace or change.disable):
        yield Fault(change.place, f"map {below.name!r}: nothing is changed")
    for row in change.replace:
        if row.id not in known:
            yield Fault(row.place, _unknown(row.id, "replace", below, known, gone))
        elif _alike(row, known[row.id]):
            yield Fault(row.place, f"row {row.id!r} says what it says at {known[row.id].place}")
    for row in change.add:
        if row.id in known:
            told = f"row {row.id!r} exists at {known[row.id].place}: list it under `replace`"
            yield Fault(row.place, told)
        elif same := next((each for each in known.values() if _alike(row, replace(each, id=row.id))), None):
            yield Fault(row.place, f"row {row.id!r} says what row {same.id!r} says at {same.place}")
    for row in (*change.add, *change.replace):
        if row.id in change.disable:
            yield Fault(row.place, f"row {row.id!r} can never run: {change.disable[row.id]} disables it")
    for lost, place in change.disable.items():
        if lost not in known and all(row.id != lost for row in change.add):
            yield Fault(place, _unknown(lost, "disable", below, known, gone))


def _unknown(row: str, what: str, below: Map, known: Mapping[str, Row], gone: Mapping[str, Place]) -> str:
    if (before := gone.get(f"{below.name}/{row}")) is not None:
        return f"row {row!r} is disabled at {before} already: there is nothing to {what}"
    return f"there is no row {row!r} to {what}{nearby(row, known)}"


def _alike(one: Row, other: Row) -> bool:
    return replace(one, place=other.place) == other


def _idle(base: Layer, over: Layer) -> Iterator[Fault]:
    """What adds nothing. A word that the hub has learned meanwhile is no fault."""
    for name, words in over.vocabularies.items():
        if name in base.vocabularies and not words.codes:
            yield Fault(words.place, f"vocabulary {name!r}: nothing is added")


def _vocabularies(base: Mapping[str, Vocabulary], over: Mapping[str, Vocabulary]) -> dict[str, Vocabulary]:
    changed = dict(base)
    for name, words in over.items():
        known = base.get(name)
        changed[name] = words if known is None else _extended(known, words)
    return changed


def _extended(known: Vocabulary, words: Vocabulary) -> Vocabulary:
    """`known` with the codes of `words`, whose meanings are of the known target system unless they say
    else."""
    codes = {
        code: replace(meaning, system=meaning.system or known.target, source=meaning.source)
        for code, meaning in words.codes.items()
    }
    return replace(
        known,
        source=words.source or known.source,
        codes={**known.codes, **codes},
        places={**known.places, **words.places},
    )
