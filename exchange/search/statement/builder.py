"""SQL text that grows together with its arguments and common table expressions.

https://www.postgresql.org/docs/18/queries-with.html
"""

# ruff: noqa: S608 - made of fixed fragments; every value is an argument.

from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from exchange.search.query.criterion import Targets


@dataclass(slots=True)
class Builder:
    """Collects what one statement needs; every value is an argument, never text.

    rows     makes the query for the resource_index rows of a chain's targets
    allowed  keys of the only patients whose resources may be looked at on the way, None for all
    """

    rows: Callable[["Builder", Targets], str]
    allowed: tuple[UUID, ...] | None = None
    arguments: list[Any] = field(default_factory=list)
    tables: dict[str, str] = field(default_factory=dict)
    _known: dict[Hashable, str] = field(default_factory=dict)

    def argument(self, value: Any, cast: str) -> str:
        """A placeholder of the PostgreSQL type."""
        self.arguments.append(value)
        return f"${len(self.arguments)}::{cast}"

    def table(self, stem: str, sql: str) -> str:
        """A common table expression, computed once; gives back its name."""
        name = f"{stem}_{len(self.tables) + 1}"
        self.tables[name] = sql
        return name

    def recursive(self, stem: str, sql: Callable[[str], str]) -> str:
        """A common table expression that refers to itself by the name it is given."""
        name = f"{stem}_{len(self.tables) + 1}"
        self.tables[name] = sql(name)
        return name

    def array(self, stem: str, query: Callable[[], str], cast: str, of: Hashable) -> str:
        """A query of one column as an array, made and computed once for all that ask for the same."""
        if (stem, of) not in self._known:
            name = self.table(stem, f"SELECT ARRAY({query()}) AS list")
            self._known[stem, of] = f"((SELECT list FROM {name})::{cast}[])"
        return self._known[stem, of]

    def with_clause(self) -> str:
        """The common table expressions, each fenced off from the planner's inlining."""
        return "WITH RECURSIVE " + ",\n".join(
            f"{name} AS MATERIALIZED ({sql})" for name, sql in self.tables.items()
        )
