"""Lays override upon base: rows added, replaced or disabled by id, vocabulary and segments added."""

from collections.abc import Iterable, Mapping
from dataclasses import replace

from adapters.mapping.fault import Fault, MapError
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


def overridden(base: Layer, over: Layer) -> Layer:
    """`base` as `over` changes it. Raises MapError for an unknown map or row id."""
    faults: list[Fault] = []
    maps = dict(base.maps)
    for name, each in over.maps.items():
        if name in maps:
            faults.append(Fault(each.place, f"map {name!r} exists: list it under `changes`"))
        maps[name] = each
    for name, change in over.changes.items():
        if name not in base.maps:
            faults.append(Fault(change.place, f"there is no map {name!r}"))
            continue
        maps[name] = replace(maps[name], rows=_changed(maps[name].rows, change, faults))
    if faults:
        raise MapError(faults)
    return Layer(
        maps,
        _vocabularies(base.vocabularies, over.vocabularies),
        {**base.extensions, **over.extensions},
        {**base.segments, **over.segments},
        disabled=base.disabled | _disabled(base, over),
    )


def _disabled(base: Layer, over: Layer) -> frozenset[str]:
    rows = (
        row
        for name, change in over.changes.items()
        for row in base.maps[name].rows
        if row.id in change.disable
    )
    return frozenset(row.source for row in rows if row.source)


def _changed(rows: tuple[Row, ...], change: Change, faults: list[Fault]) -> tuple[Row, ...]:
    known = {row.id for row in rows}
    replaced = {row.id: row for row in change.replace}
    for row in change.replace:
        if row.id not in known:
            faults.append(Fault(row.place, f"there is no row {row.id!r} to replace"))
    for row in change.add:
        if row.id in known:
            faults.append(Fault(row.place, f"row {row.id!r} exists: list it under `replace`"))
    for gone in change.disable:
        if gone not in known:
            faults.append(Fault(change.place, f"there is no row {gone!r} to disable"))
    kept = (replaced.get(row.id, row) for row in rows if row.id not in change.disable)
    return (*change.add, *kept)


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
    return replace(known, source=words.source or known.source, codes={**known.codes, **codes})
