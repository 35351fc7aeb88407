"""A job as its work and its owner see it.

https://hl7.org/fhir/R4/async.html
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from exchange.trust.grant import Grant

State = Literal["waiting", "running", "completed", "failed", "cancelled"]


class Cancelled(Exception):
    """Nobody wants the job any more."""


@dataclass(frozen=True, slots=True)
class Job:
    """`request` is what was asked for, `progress` what the work has told last (None at the beginning): values
    that JSON can hold. `result` is the JSON that it has come to."""

    id: UUID
    kind: str
    grant: Grant
    request: dict[str, Any]
    state: State
    progress: dict[str, Any] | None
    told: str
    result: bytes | None
    status: int | None
    created: datetime
    updated: datetime


@dataclass(frozen=True, slots=True)
class Kickoff:
    """A job that is asked for."""

    kind: str
    grant: Grant
    request: dict[str, Any]


# Makes progress durable, with a line for people; raises Cancelled if nobody wants the job any more.
Tell = Callable[[dict[str, Any], str], Awaitable[None]]
