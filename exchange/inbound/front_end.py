"""A read-only pull from a hospital's front-end database, by time of change or by flag; resumable.

https://docs.sqlalchemy.org/en/20/core/reflection.html

The mark is the last row that was taken. Rows of one time are told apart by their key, so that none is taken
twice and none is passed over, whatever a batch's size.
"""

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final

from sqlalchemy import (
    Column,
    Connection,
    MetaData,
    Select,
    Table,
    and_,
    create_engine,
    inspect,
    or_,
    select,
    text,
)
from sqlalchemy.exc import SQLAlchemyError

from adapters.tables.rows import Row, text_of

BATCH: Final = 1000
# How each database is told that nothing will be written.
_READ_ONLY: Final = {
    "sqlite": "PRAGMA query_only = ON",
    "postgresql": "SET TRANSACTION READ ONLY",
    "mysql": "SET TRANSACTION READ ONLY",
    "oracle": "SET TRANSACTION READ ONLY",
}
_KINDS: Final[dict[str, Callable[[str], Any]]] = {
    "datetime": datetime.fromisoformat,
    "date": date.fromisoformat,
    "decimal": Decimal,
}


class PullError(ValueError):
    """The database or the table cannot be read as declared."""


@dataclass(frozen=True, slots=True)
class Source:
    """A table, the columns that tell its rows apart, and how what is new is found: by `modified`, a column
    that only grows, or by `flag` (a column and the text of rows to be taken), or neither: by key alone."""

    table: str
    key: tuple[str, ...]
    modified: str = ""
    flag: tuple[str, str] = ("", "")


@dataclass(frozen=True, slots=True)
class Mark:
    """The last row taken: its values of `modified` (if there is one) and key, each with its kind."""

    values: tuple[tuple[str, str], ...]

    def to_json(self) -> str:
        return json.dumps(asdict(self), ensure_ascii=False)


def mark_from_json(said: str) -> Mark:
    """Raises PullError for what is no mark."""
    try:
        return Mark(tuple((str(kind), str(value)) for kind, value in json.loads(said)["values"]))
    except (ValueError, TypeError, KeyError) as error:
        raise PullError("the state is none of a pull") from error


@contextmanager
def front_end(url: str) -> Iterator[Connection]:
    """A connection that cannot write. Raises PullError."""
    try:
        engine = create_engine(url, pool_pre_ping=True)
    except (SQLAlchemyError, ImportError) as error:
        raise PullError(f"no such database: {type(error).__name__}") from error
    try:
        with engine.connect() as connection:
            if (told := _READ_ONLY.get(engine.dialect.name)) is not None:
                connection.execute(text(told))
            yield connection
    except SQLAlchemyError as error:
        raise PullError(f"the database cannot be read: {type(error).__name__}") from error
    finally:
        engine.dispose()


def batches(
    connection: Connection, source: Source, mark: Mark | None, size: int = BATCH
) -> Iterator[tuple[list[Row], Mark]]:
    """What is new, in batches, each with the mark to keep when it is done."""
    table = _reflected(connection, source)
    number = 0
    while True:
        found = connection.execute(_query(table, source, mark, size)).mappings().all()
        if not found:
            return
        rows = []
        for record in found:
            number += 1
            cells = {str(name): text_of(value) for name, value in record.items()}
            rows.append(Row(source.table, number, {name: said for name, said in cells.items() if said}))
        mark = Mark(tuple(_kept(found[-1][column.name]) for column in _order(table, source)))
        yield rows, mark


def _reflected(connection: Connection, source: Source) -> Table:
    if not inspect(connection).has_table(source.table):
        raise PullError(f"there is no table {source.table}")
    table = Table(source.table, MetaData(), autoload_with=connection)
    wanted = [*source.key, *filter(None, (source.modified, source.flag[0]))]
    missing = [name for name in wanted if name not in table.c]
    if missing or not source.key:
        raise PullError(f"{source.table} has no column {', '.join(missing) or 'named as key'}")
    return table


def _order(table: Table, source: Source) -> Sequence[Column[Any]]:
    names = [*([source.modified] if source.modified else []), *source.key]
    return [table.c[name] for name in names]


def _query(table: Table, source: Source, mark: Mark | None, size: int) -> Select[Any]:
    order = _order(table, source)
    query = select(table).order_by(*order).limit(size)
    column, wanted = source.flag
    if column:
        query = query.where(table.c[column] == wanted)
    if mark is None:
        return query
    values = [_KINDS.get(kind, _plain(kind))(said) for kind, said in mark.values]
    if len(values) != len(order):
        raise PullError("the state is of another pull")
    return query.where(_beyond(order, values))


def _beyond(order: Sequence[Column[Any]], values: Sequence[Any]) -> Any:
    """Behind the mark, written out: not every database compares rows."""
    steps = [
        and_(*(order[i] == values[i] for i in range(place)), order[place] > values[place])
        for place in range(len(order))
    ]
    return or_(*steps)


def _plain(kind: str) -> Callable[[str], Any]:
    return int if kind == "int" else float if kind == "float" else str


def _kept(value: Any) -> tuple[str, str]:
    """Kind and text of a value, so that it can be asked for again as what it was."""
    kind = type(value).__name__.lower()
    return kind, value.isoformat() if isinstance(value, date) else str(value)
