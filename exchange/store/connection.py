"""An open connection, be it the caller's own or one lent by a pool.

https://magicstack.github.io/asyncpg/current/api/index.html
"""

from typing import TypeAlias

import asyncpg
from asyncpg.pool import PoolConnectionProxy

Connection: TypeAlias = asyncpg.Connection | PoolConnectionProxy
