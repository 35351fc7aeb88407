"""`yilian serve`: the hub itself."""

from typing import Annotated

import typer

from exchange.commands.connected import from_environment


def serve(
    workers: Annotated[
        int | None,
        typer.Option(min=1, max=64, help="Processes that answer; by default YILIAN_WORKERS, or 1."),
    ] = None,
) -> None:
    """Run the hub: HTTP, MLLP, and the embedded database unless one is configured. Ctrl-C stops it."""
    from exchange import server  # the other commands need none of what this loads

    settings = from_environment()
    server.serve(settings if workers is None else settings.model_copy(update={"workers": workers}))
