"""The models of the online decision in the database: kept for ever, one active. Named SQL.

A model's name is the digest of its document, so links can say for ever which one decided. Functions take an
open connection and never commit.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from mpi.online_model import (
    HAND_SET,
    OnlineModel,
    json_from_online_model,
    model_digest,
    online_model_from_json,
)
from mpi.rows import Connection
from mpi.weigh import SCALE, Scale, scale

# The same document is kept once.
KEEP = """
INSERT INTO mpi_model (digest, document, trained_on, actor, created) VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (digest) DO NOTHING
"""

ACTIVATE = "INSERT INTO mpi_activation (digest, actor, reason, activated) VALUES ($1, $2, $3, $4)"

ACTIVE = "SELECT digest FROM mpi_activation ORDER BY activation DESC LIMIT 1"

DOCUMENT = "SELECT document FROM mpi_model WHERE digest = $1"

MODELS = """
SELECT m.digest, m.trained_on, m.actor, m.created, a.activated
FROM mpi_model m
LEFT JOIN LATERAL (SELECT activated FROM mpi_activation WHERE digest = m.digest
                   ORDER BY activation DESC LIMIT 1) a ON true
ORDER BY m.created, m.digest
"""

# A document never changes, so what its digest names is made ready once in a process.
_MOST: Final = 8
_READY: Final[dict[str, Scale]] = {}


class UnknownModel(LookupError):
    """There is no model of this name."""


@dataclass(frozen=True, slots=True)
class Kept:
    """A model in the database; `activated` when it was last."""

    digest: str
    trained_on: int
    actor: str
    created: datetime
    activated: datetime | None


async def keep(connection: Connection, model: OnlineModel, actor: str, instant: datetime) -> str:
    """Store a model, which changes no decision until it is activated; its name."""
    document = json_from_online_model(model)
    digest = model_digest(document)
    await connection.execute(KEEP, digest, document, model.trained_on, actor, instant)
    return digest


async def activate(connection: Connection, digest: str, actor: str, reason: str, instant: datetime) -> None:
    """From now on this model decides. Raises UnknownModel, or ModelError if it cannot be used any more."""
    await model_of(connection, digest)
    await connection.execute(ACTIVATE, digest, actor, reason, instant)


async def models(connection: Connection) -> list[Kept]:
    return [Kept(**dict(row)) for row in await connection.fetch(MODELS)]


async def model_of(connection: Connection, digest: str) -> OnlineModel:
    """Raises UnknownModel, ModelError."""
    document = await connection.fetchval(DOCUMENT, digest)
    if document is None:
        raise UnknownModel(digest)
    return online_model_from_json(document)


async def active(connection: Connection) -> tuple[str | None, OnlineModel]:
    """The name of the active model and the model; the one set by hand until one is activated."""
    digest = await connection.fetchval(ACTIVE)
    return digest, HAND_SET if digest is None else await model_of(connection, digest)


async def scale_of(connection: Connection, digest: str | None) -> Scale:
    """The model of this name, ready to weigh with; None is the one set by hand."""
    if digest is None:
        return SCALE
    if digest not in _READY:
        made = scale(await model_of(connection, digest))
        while len(_READY) >= _MOST:
            del _READY[next(iter(_READY))]
        _READY[digest] = made
    return _READY[digest]


async def active_scale(connection: Connection) -> tuple[str | None, Scale]:
    digest = await connection.fetchval(ACTIVE)
    return digest, await scale_of(connection, digest)
