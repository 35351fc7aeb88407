"""Statements by the shape of the search: the commonest searches differ in their values alone.

A search is taken apart into its shape and the values in it. A shape that is new is compiled twice, each time
with other values made up for the purpose. Where these turn up among the arguments is where later values go.
If the two texts differ, or two arguments that hold none of the values, then the values decide more than
arguments, and searches of this shape are compiled each by itself.

https://www.postgresql.org/docs/18/sql-prepare.html
"""

from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final
from uuid import UUID, uuid4

from exchange.search.page.cursor import Cursor
from exchange.search.query.conditions import Ids, Tokens
from exchange.search.query.criterion import Criterion, Members, PatientReferences, Patients
from exchange.search.query.query import Query
from exchange.search.statement import statement
from exchange.search.statement.statement import Statement

SHAPES: Final = 500

Value = int | str | UUID
Change = Callable[[Any], Any]


@dataclass(frozen=True, slots=True)
class _Template:
    """The text, and of each argument what it is made of: places among the values, or itself."""

    sql: str
    arguments: tuple[tuple[str, Any], ...]


_templates: dict[Hashable, _Template | None] = {}


def compiled(query: Query, cursor: Cursor | None) -> Statement:
    """What `statement.compile` gives, and quicker where such a search has been seen before."""
    if cursor is not None:
        return statement.compile(query, cursor)
    places: dict[Value, int] = {}

    def place(value: Value) -> int:
        return places.setdefault(value, len(places))

    shape = _shape(query, place)
    if shape is None:
        return statement.compile(query, cursor)
    if shape not in _templates:
        if len(_templates) >= SHAPES:
            _templates.clear()
        _templates[shape] = _template(query, tuple(places))
    template = _templates[shape]
    if template is None:
        return statement.compile(query, cursor)
    values = tuple(places)
    arguments = [_MAKE[how](what, values) for how, what in template.arguments]
    return Statement(template.sql, tuple(arguments), statement.needles_of(query))


def forget() -> None:
    """For who changes what `statement.compile` makes of a search."""
    _templates.clear()


def _shape(query: Query, place: Change) -> Hashable | None:
    """All that decides the statement but the values, which are numbered; None if there is more to it."""
    criteria = []
    for criterion in query.criteria:
        match criterion:
            case Tokens(hashes, codes, narrow, _):
                found: Any = (tuple(map(place, hashes)), tuple(map(place, codes)), narrow)
            case Patients(keys, several, None):
                found = (tuple(map(place, keys)), several)
            case PatientReferences(keys, salts, hashes, member):
                found = (tuple(map(place, keys)), salts, tuple(map(place, hashes)), member)
            case Ids(ids):
                found = tuple(map(place, ids))
            case Members(references):
                found = tuple(map(place, references))
            case _:
                return None
        criteria.append((type(criterion), found))
    allowed = None if query.allowed is None else tuple(map(place, query.allowed))
    return (
        query.resource_type,
        tuple(criteria),
        allowed,
        query.sort,
        query.count,
        query.total,
        query.inclusions,
        query.in_compartment,
        query.open_types,
        query.has_leading_date,
    )


def _template(query: Query, values: tuple[Value, ...]) -> _Template | None:
    first, second = (_learned(query, values, round_) for round_ in (0, 1))
    return first if first == second else None


def _learned(query: Query, values: tuple[Value, ...], round_: int) -> _Template:
    """The template as it shows with values that nobody has asked for."""
    made = {value: _made_up(value, round_) for value in values}
    places = {other: n for n, other in enumerate(made.values())}
    found = statement.compile(_exchanged(query, made), None)
    return _Template(found.sql, tuple(_traced(argument, places) for argument in found.arguments))


def _made_up(value: Value, round_: int) -> Value:
    """Of the same type; in the second round in the opposite order."""
    other = uuid4()
    match value:
        case UUID():
            return other
        case str():
            return str(other)
        case _:
            number = (other.int >> 66) | (1 << 61)
            return number if round_ else -number


def _exchanged(query: Query, made: Mapping[Value, Any]) -> Query:
    def change(values: tuple[Any, ...]) -> tuple[Any, ...]:
        return tuple(made[value] for value in values)

    def changed(criterion: Criterion) -> Criterion:
        match criterion:
            case Tokens():
                return replace(criterion, hashes=change(criterion.hashes), codes=change(criterion.codes))
            case Patients():
                return replace(criterion, keys=change(criterion.keys))
            case PatientReferences():
                return replace(criterion, keys=change(criterion.keys), hashes=change(criterion.hashes))
            case Ids(ids):
                return Ids(change(ids))
            case Members(references):
                return Members(change(references))
        return criterion

    allowed = None if query.allowed is None else change(query.allowed)
    return replace(query, criteria=tuple(map(changed, query.criteria)), allowed=allowed)


def _traced(argument: Any, places: Mapping[Any, int]) -> tuple[str, Any]:
    if isinstance(argument, list):
        known = [places.get(each) for each in argument]
        if argument and None not in known:
            return "listed", tuple(known)
        if any(place is not None for place in known):
            return "mixed", uuid4()  # equal to nothing: such a shape is not remembered
        return "itself", tuple(argument)
    place = places.get(argument) if isinstance(argument, int | str | UUID) else None
    return ("itself", argument) if place is None else ("one", place)


_MAKE: Final[Mapping[str, Callable[[Any, tuple[Value, ...]], Any]]] = {
    "listed": lambda places, values: [values[place] for place in places],
    "one": lambda place, values: values[place],
    "itself": lambda what, values: list(what) if isinstance(what, tuple) else what,
}
