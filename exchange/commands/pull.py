"""`yilian pull`: what is new in a front-end table, translated, one JSON line a row; or into the inbox."""

import os
from pathlib import Path
from typing import Annotated

import typer

from exchange.commands.connected import from_environment
from exchange.commands.ending import FINDINGS
from exchange.commands.refused import Refused


def pull(
    url: Annotated[
        str | None, typer.Argument(metavar="URL", help="The database, as SQLAlchemy names it.")
    ] = None,
    table: Annotated[str | None, typer.Argument(metavar="TABLE", help="The table, or view.")] = None,
    key: Annotated[
        list[str] | None, typer.Option(help="A column that tells rows apart; may be repeated.")
    ] = None,
    state: Annotated[Path | None, typer.Option(help="Where it stands; kept after every batch.")] = None,
    channel: Annotated[
        str | None, typer.Option(help="A pull of YILIAN_CHANNELS, into the inbox: nothing else is needed.")
    ] = None,
    modified: Annotated[str, typer.Option(help="The column of the time of change.")] = "",
    flag: Annotated[str, typer.Option(help="COLUMN=TEXT of the rows to be taken.")] = "",
    maps: Annotated[Path | None, typer.Option("--map", help="The hospital's mapping document.")] = None,
    hospital: Annotated[str | None, typer.Option(help="Id of the hospital, whatever the rows say.")] = None,
    batch: Annotated[int, typer.Option(min=1, max=100_000, help="Rows at a time.")] = 1000,
) -> None:
    """Read what is new in a hospital's front-end table, writing nothing there, and translate it.

    With --channel the rows go into the inbox, where the running hub, or the next one, takes them up; how far
    they are stands in the database.
    """
    if channel is not None:
        if url or table or key or state or modified or flag or maps or hospital:
            raise Refused("--channel stands alone: the file of YILIAN_CHANNELS says the rest")
        _push(channel)
        return
    if not (url and table and key and state):
        raise Refused("name URL, TABLE, --key and --state; or a --channel of YILIAN_CHANNELS")
    from adapters.documents import translate_rows  # the maps are compiled for this command only
    from adapters.mapping.fault import MapError
    from adapters.tables.library import table_maps
    from exchange.commands import translating
    from exchange.fhirjson import dumps
    from exchange.inbound.front_end import PullError, Source, batches, front_end, mark_from_json
    from profiles.definitions import definitions

    column, _, wanted = flag.partition("=")
    found = False
    try:
        declared = None
        if maps is not None:
            declared = table_maps(maps.read_text("utf-8"), maps.name, definitions())
        rules = translating.translation_rules(from_environment(), hospital)
        mark = mark_from_json(state.read_text("utf-8")) if state.exists() else None
        source = Source(table, tuple(key), modified, (column, wanted))
        with front_end(url) as connection:
            for rows, reached in batches(connection, source, mark, batch):
                for row in rows:
                    made = translate_rows([row], rules.documents, rules.hospitals, rules.hospital, declared)
                    found |= any(issue.severity in ("error", "fatal") for issue in made.issues)
                    typer.echo(dumps(translating.line(f"{table}#{row.number}", made)))
                _keep(state, reached.to_json())
    except (PullError, MapError, OSError) as error:
        raise Refused(str(error)) from None
    if found:
        raise typer.Exit(FINDINGS)


def _push(channel: str) -> None:
    import asyncio

    from exchange.commands.pushing import pushed

    kept, known = asyncio.run(pushed(from_environment(), channel))
    typer.echo(f"{kept} rows wait to be processed, {known} were here already")


def _keep(state: Path, said: str) -> None:
    """All of it or nothing, whatever happens meanwhile."""
    beside = state.with_name(f"{state.name}.new")
    beside.write_text(said, "utf-8")
    os.replace(beside, state)
