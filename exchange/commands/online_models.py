"""`yilian mpi`: the models of the online decision, and the pass that decides the whole index anew."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from getpass import getuser
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

from exchange.commands.connected import connected, from_environment
from exchange.commands.ending import FINDINGS
from exchange.commands.refused import Refused

if TYPE_CHECKING:
    from mpi.rows import Connection

Value = TypeVar("Value")

# What the model that decides before any is activated is called, to go back to it.
BY_HAND = "by-hand"

Actor = Annotated[str, typer.Option(help="Who says so.")]
Reason = Annotated[str, typer.Option(help="Why.")]


def models() -> None:
    """The models in the database; the one that decides is marked."""
    from mpi.models import active, models

    async def listed(connection: "Connection") -> None:
        digest, _ = await active(connection)
        for kept in await models(connection):
            mark = "*" if kept.digest == digest else " "
            typer.echo(f"{mark} {kept.digest}  {kept.created:%Y-%m-%d %H:%M}  {kept.trained_on} records")
        if digest is None:
            typer.echo(f"the model set by hand decides ({BY_HAND})", err=True)

    run(listed)


def activate(
    digest: Annotated[
        str, typer.Argument(help=f"The model's name, as `yilian mpi models` tells it, or {BY_HAND}.")
    ],
    reason: Reason = "",
    actor: Actor = "",
) -> None:
    """Let this model decide from now on; what was decided stays."""
    from mpi.models import UnknownModel, activate, keep
    from mpi.online_model import HAND_SET

    async def activated(connection: "Connection") -> None:
        who, instant = actor or getuser(), datetime.now(UTC)
        try:
            name = await keep(connection, HAND_SET, who, instant) if digest == BY_HAND else digest
            await activate(connection, name, who, reason, instant)
        except UnknownModel:
            raise Refused(f"there is no model {digest}: see yilian mpi models") from None

    run(activated)


def refresh(actor: Actor = "") -> None:
    """Count anew how frequent names are, for every night: the active model with these frequencies decides."""
    from mpi.models import activate, active, keep
    from mpi.retrain import refreshed

    async def done(connection: "Connection") -> None:
        if (await active(connection))[0] is None:
            raise Refused("no model is active: yilian mpi train, then yilian mpi activate")
        model, instant, who = await refreshed(connection), datetime.now(UTC), actor or getuser()
        digest = await keep(connection, model, who, instant)
        await activate(connection, digest, who, "frequencies of names", instant)
        typer.echo(f"{digest}: {len(model.names.whole)} names")

    run(done)


def relink(
    workers: Annotated[int, typer.Option(help="Processes; by default one a processor.", min=0)] = 0,
) -> None:
    """Decide the whole index anew. Differences become questions in the review queue, nothing is moved; exit 1
    if there are any."""
    from exchange.first_load.rescoring import rescored

    def told(records: int, together: int, apart: int) -> None:
        line = f"\r{records} records, {together} persons to join, {apart} to part"
        typer.echo(line, nl=False, err=True)

    found = asyncio.run(rescored(from_environment(), workers, told))
    typer.echo(err=True)
    if found:
        raise typer.Exit(FINDINGS)


def train_on_index(population: int | None) -> None:
    """Trains on the records of the index and keeps the model, which decides nothing until it is activated."""
    from mpi.linkage.online import TooFewRecords
    from mpi.models import keep
    from mpi.retrain import retrained

    async def trained(connection: "Connection") -> None:
        try:
            model = await retrained(connection, population)
        except TooFewRecords as error:
            raise Refused(str(error)) from None
        digest = await keep(connection, model, getuser(), datetime.now(UTC))
        typer.echo(f"{digest}: {model.trained_on} records; yilian mpi report {digest}, then activate")

    run(trained)


def run(work: Callable[["Connection"], Awaitable[Value]]) -> Value:
    """The work in one transaction of the index."""

    async def inside() -> Value:
        async with connected(from_environment()) as connection, connection.transaction():
            return await work(connection)

    return asyncio.run(inside())
