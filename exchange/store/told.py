"""Patients that are written one by one, told to the patient index together.

https://profiles.ihe.net/ITI/PIXm/ITI-104.html
"""

from collections.abc import Awaitable, Callable, Hashable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from exchange.bundle import Criteria
from exchange.search.query.conditions import Identifiers
from exchange.search.query.query import Query
from exchange.store.batch import Write
from exchange.store.coalesce import Coalescer
from exchange.store.transact import Written

Resource = dict[str, Any]

# The larger a group, the less CPU a Patient takes: two lanes, each with half of them, answer later than one
# (60 and 150 a second on two busy cores: p50 by a half to twice as late).
LANES: Final = 1
GROUP: Final = 32


@dataclass(frozen=True, slots=True)
class Condition:
    """Criteria with their search. `own_id`: whether the client gave the resource an id, which a match must
    have; `rest`: see `Hub.write`."""

    criteria: Criteria = field(repr=False)
    query: Query = field(repr=False)
    own_id: bool
    rest: bytes | None = field(repr=False)

    @property
    def identifiers(self) -> Identifiers:
        """All that is asked for."""
        (asked,) = self.query.criteria
        assert isinstance(asked, Identifiers)
        return asked


@dataclass(frozen=True, slots=True)
class Told:
    """One write of a Patient; `patient` is None for a deletion, `hospital` the caller's. `store` writes
    several of them and says what became of each, or why it was refused. With a `condition`, which asks
    for nothing but identifiers, it is the write of a new Patient, if nobody is found."""

    write: Write
    patient: Resource | None = field(repr=False)
    hospital: str | None
    instant: datetime
    store: Callable[[Sequence["Told"]], Awaitable[Sequence[Written | Exception]]] = field(repr=False)
    condition: Condition | None = None

    @property
    def key(self) -> Hashable:
        """What is told of, as far as it is known."""
        return self.condition.identifiers if self.condition else self.write.id


Feeds = Coalescer[Told, Written | Exception]
"""What became of a Patient, or why it was refused."""


def feeds() -> Feeds:
    """Each told of alone has its own outcome; a Patient is in a group once."""
    return Coalescer(_stored, lambda told: told.key, LANES, GROUP)


async def _stored(several: Sequence[Told]) -> Sequence[Written | Exception]:
    return await several[0].store(several) if several else []
