"""A publisher's release of codes into the database, part by part; nobody sees it before it is complete.

https://hl7.org/fhir/R4/terminologies-systems.html
"""

from collections.abc import Callable
from datetime import datetime

import asyncpg

from terminology import releases
from terminology.importers.release import Release
from terminology.packed import PART, parts

Tell = Callable[[int, int], None]
"""Told of concepts stored, and of how many there are."""


async def imported(connection: asyncpg.Connection, release: Release, now: datetime, tell: Tell) -> int:
    """How many concepts there are now. What an interrupted import leaves goes with the next one."""
    number = await releases.begin(connection, release.header, now)
    total = len(release.rows)
    for part, body in enumerate(parts(release.concepts())):
        await releases.put(connection, number, part, body)
        tell(min((part + 1) * PART, total), total)
    async with connection.transaction():
        await releases.finish(connection, number, total)
    return total
