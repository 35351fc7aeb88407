"""What each level of a hospital sets: settings, rows, words, columns. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields

from adapters.hospitals.hospital import Hospital
from adapters.hospitals.level import FORMS, V2, Level
from adapters.mapping.difference import Difference, differences, superseded
from adapters.mapping.rows import Layer

_RULES = ("rename", "nulls", "sentinels", "values", "swapped", "withdrawn", "negated", "half_width", "key")


def effects(hospital: Hospital, bases: Mapping[str, Layer]) -> list[Difference]:
    """The effective difference from the hub's own maps (by form), level by level. An interface's levels are
    told after the hospital's, each as it is for messages of that interface alone."""
    found = _effects(hospital.levels, bases)
    for each in hospital.interfaces:
        own = [level for level in (each.vendor, each.level) if level is not None]
        whole = _effects([*hospital.levels, *own], bases)
        names = {_name(level) for level in own}
        found += [one for one in whole if one.level in names]
    return found


def _effects(levels: Sequence[Level], bases: Mapping[str, Layer]) -> list[Difference]:
    found = superseded(one for level in levels for one in (*_settings(level), *_declared(level)))
    for form in FORMS:
        layers = [(_name(level), level.layers[form]) for level in levels if form in level.layers]
        made = differences(bases[form], layers)
        if form != V2:
            made = [_of(form, one) for one in made]
        found += made
    return found


def _of(form: str, one: Difference) -> Difference:
    return Difference(one.level, one.sign, f"{form} {one.what}", one.told, one.place, one.over)


def _name(level: Level) -> str:
    return str(level)


def _settings(level: Level) -> Iterator[Difference]:
    for each in fields(level.settings):
        value = getattr(level.settings, each.name)
        if isinstance(value, Mapping):
            for name, said in value.items():
                yield Difference(_name(level), "+", f"{each.name}/{name}", said, level.place)
        elif value:
            yield Difference(_name(level), "+", each.name, value, level.place)


def _declared(level: Level) -> Iterator[Difference]:
    """Columns of tables, their rules, and names of local elements."""
    tables, local = level.tables, level.local
    for table, rules in tables.rules.items():
        for name in _RULES:
            if said := getattr(rules, name):
                what, place = f"table {table}/{name}", tables.places[f"table {table}"]
                yield Difference(_name(level), "+", what, _told(said), place)
    for key in ("columns", "header", "identifiers", "ignored"):
        for column, said in getattr(tables, key).items():
            what, place = f"table {key}/{column}", tables.places.get(column, level.place)
            yield Difference(_name(level), "+", what, _told(said), place)
    for key, names in (("rename", local.rename), ("fields", local.fields)):
        for name, said in names.items():
            what, place = f"local {key}/{name}", local.places.get(name, level.place)
            yield Difference(_name(level), "+", what, _told(said), place)


def _told(said: object) -> str:
    if isinstance(said, Mapping):
        return ", ".join(f"{name} → {_told(each)}" for name, each in said.items())
    if isinstance(said, frozenset):
        return ", ".join(sorted(map(str, said)))
    return ", ".join(map(str, said)) if isinstance(said, tuple) else str(said)
