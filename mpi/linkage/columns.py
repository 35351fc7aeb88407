"""The map of columns: a TOML document that says what a file's columns mean.

[columns.surname]
kind = "name"                  # the kinds stand in mpi.linkage.templates
swapped_with = "given_name"    # may have changed places with this column
within = ["full_name"]         # repeats a part of these columns
[options]
id = "record_number"           # default: the row's number
blocking = [["surname", "born:year"], ["phone"]]   # default: chosen from the data
unique = true                  # no file holds a person twice
[guards.twins]                 # pairs at these levels are never linked, only shown to a human
given_name = ["else"]
born = ["equal"]
"""

import tomllib
from collections.abc import Mapping
from typing import Any

import msgspec

from mpi.linkage.model import Comparison, Guard, Model, ModelError
from mpi.linkage.templates import KINDS, comparison

_UNTRAINED = 1e-4


class ColumnMap(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    kind: str
    column: str = ""
    swapped_with: str = ""
    within: tuple[str, ...] = ()


class Options(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    id: str = ""
    blocking: tuple[tuple[str, ...], ...] = ()
    unique: bool = False
    join_at: float = 0.5
    link_at: float = 0.95
    review_at: float = 0.5


class Map(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    columns: dict[str, ColumnMap]
    options: Options = Options()
    guards: dict[str, dict[str, tuple[str, ...]]] = {}

    @property
    def kinds(self) -> dict[str, str]:
        return {name: column.kind for name, column in self.columns.items()}

    @property
    def sources(self) -> dict[str, str]:
        """The file's own name for each column."""
        return {name: column.column or name for name, column in self.columns.items()}


def map_from_toml(text: str) -> Map:
    """Raises ModelError, which says what is wrong and where."""
    try:
        return map_from_document(tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        raise ModelError(f"the map of columns: {error}") from None


def map_from_document(document: Mapping[str, Any]) -> Map:
    """Raises ModelError, which says what is wrong and where."""
    try:
        found = msgspec.convert(document, Map)
    except msgspec.ValidationError as error:
        raise ModelError(f"the map of columns: {error}") from None
    if not found.columns:
        raise ModelError("the map of columns names no column")
    _check(found)
    return found


def _check(found: Map) -> None:
    for name, column in found.columns.items():
        if column.kind not in KINDS:
            raise ModelError(f"columns.{name}: there is no kind {column.kind}; there are {', '.join(KINDS)}")
        for other in (column.swapped_with, *column.within):
            _named(found, other or name, f"columns.{name}")
    for guard, when in found.guards.items():
        for name, labels in when.items():
            _named(found, name, f"guards.{guard}")
            _check_labels(_comparison(found, name), labels, f"guards.{guard}.{name}")
    for at in ("join_at", "link_at", "review_at"):
        if not 0 < getattr(found.options, at) < 1:
            raise ModelError(f"options.{at}: a probability is between 0 and 1")


def _named(found: Map, name: str, where: str) -> None:
    if name not in found.columns:
        raise ModelError(f"{where}: the map has no column {name}")


def _check_labels(compared: Comparison, labels: tuple[str, ...], where: str) -> None:
    known = _labels(compared)
    for label in labels:
        if label not in known:
            raise ModelError(f"{where}: there is no level {label}; there are {', '.join(known)}")


def labels_of(found: Map, name: str) -> tuple[str, ...]:
    """The levels of a column that a guard may name."""
    return _labels(_comparison(found, name))


def _labels(compared: Comparison) -> tuple[str, ...]:
    return ("unknown", *(level.label for level in compared.levels))


def _comparison(found: Map, name: str) -> Comparison:
    column = found.columns[name]
    return comparison(name, column.kind, column.swapped_with, column.within)


def untrained(found: Map, blocking: tuple[tuple[str, ...], ...], standing: tuple[Guard, ...] = ()) -> Model:
    """The model that training starts from; `standing`: guards that hold beside those of the map."""
    options = found.options
    guards = (*(Guard(name, _levels(when)) for name, when in found.guards.items()), *standing)
    return Model(
        tuple(_comparison(found, name) for name in found.columns),
        options.blocking or blocking,
        _UNTRAINED,
        join_at=options.join_at,
        link_at=options.link_at,
        review_at=options.review_at,
        guards=guards,
    )


def _levels(when: Mapping[str, Any]) -> dict[str, tuple[str, ...]]:
    return {name: tuple(labels) for name, labels in when.items()}
