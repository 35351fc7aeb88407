"""`yilian reindex`: index what is stored again, after an upgrade or for a search parameter of one's own."""

import asyncio
from typing import Annotated, Any

import typer

from exchange.commands.connected import from_environment


def reindex(
    parameter: Annotated[
        str | None, typer.Option(help="Id of a SearchParameter: only the types that it is for.")
    ] = None,
) -> None:
    """Index stored resources again, also while a hub is running. Exit 1 if some could not be indexed."""
    progress = asyncio.run(_reindexed(parameter))
    typer.echo(f"{progress['done']} resources indexed again, {progress['failed']} could not be")
    if progress["failed"]:
        raise typer.Exit(1)


async def _reindexed(parameter: str | None) -> dict[str, Any]:
    # The other commands need none of what this loads.
    from exchange.database import migrate, open_database
    from exchange.hub import open_hub
    from exchange.operations.reindex import reindexed

    settings = from_environment()
    async with open_database(settings) as database:
        await migrate(database.dsn)
        async with open_hub(settings, database.dsn) as hub:
            return await reindexed(hub, parameter, None, _tell)


async def _tell(progress: dict[str, Any], told: str) -> None:
    typer.echo(f"\r{told}", nl=False, err=True)
