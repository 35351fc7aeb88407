"""An open connection, be it the caller's own or one lent by a pool.

https://magicstack.github.io/asyncpg/current/api/index.html
"""

from typing import Any, Protocol, TypeAlias

import asyncpg
from asyncpg.pool import PoolConnectionProxy

Connection: TypeAlias = asyncpg.Connection | PoolConnectionProxy


class Row(Protocol):
    """What was read, by the names of its columns."""

    def __getitem__(self, name: str, /) -> Any: ...
