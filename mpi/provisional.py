"""Provisional identities that a newcomer shows to be somebody known: their record is decided again.

Only the machine's own link of one record that nobody verified is moved, as a link with its rule and reason
beside the old one, which history keeps; the identity is replaced by the one that took its record, for ever.
"""

from collections.abc import Collection
from datetime import datetime
from typing import Final

from mpi.answered import drop_answered
from mpi.changes import Because, move_links, replace_empty, withdraw
from mpi.reach import spread
from mpi.rows import Connection, clusters

BRIDGED: Final = "bridged"
"""The rule of a link that a later record of the same person made."""


async def take(
    connection: Connection, person: int, provisional: Collection[int], bridge: str, instant: datetime
) -> frozenset[int]:
    """Move the records of these identities to the person; `bridge` is the patient that tells that they are
    one. The identities whose record came: a pair that somebody parted stays apart. All are locked."""
    taken = set()
    for cluster in await clusters(connection, provisional, None):
        (member,) = cluster.members
        around = await clusters(connection, {person, *provisional}, member.record)
        if any(other.forbidden for near in around for other in near.members):
            continue
        because = Because(BRIDGED, "hub", f"Patient/{bridge} matches both")
        await move_links(connection, [member.record], person, because, instant)
        await replace_empty(connection, [cluster.person], person, instant)
        await withdraw(connection, member.record, "ambiguous", (), instant)
        taken.add(cluster.person)
    if taken:
        await spread(connection, {person, *taken})
        await drop_answered(connection, {person}, instant)
    return frozenset(taken)
