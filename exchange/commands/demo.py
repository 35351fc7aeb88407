"""`yilian demo`: simulated hospitals push over MLLP, then one resident's record is shown."""

import asyncio
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from exchange.commands.connected import from_environment
from exchange.commands.ending import FINDINGS


def demo(
    hospitals: Annotated[int, typer.Option(min=1, max=99, help="How many hospitals push.")] = 38,
    residents: Annotated[int, typer.Option(min=1, max=99_999, help="How many residents there are.")] = 300,
    messages: Annotated[
        int | None, typer.Option(min=1, help="Nobody falls ill any more once there are so many.")
    ] = None,
    seed: Annotated[int, typer.Option(help="The same seed gives the same world.")] = 1,
    data_dir: Annotated[
        Path | None,
        typer.Option(help="Keep the data here, or use the hub that runs here. Else: a temporary folder."),
    ] = None,
    leave: Annotated[bool, typer.Option("--exit", help="End after showing; do not go on serving.")] = False,
) -> None:
    """Hospitals push HL7 v2 over MLLP to a hub, one resident's record is shown, and the hub goes on serving.

    The database is the folder's embedded one, whatever YILIAN_DATABASE_URL says: the people are invented.
    """
    import uvloop

    from exchange.demo.play import Size, play

    with _folder(data_dir) as folder:
        settings = from_environment().model_copy(update={"data_dir": folder, "database_url": None})
        try:
            findings = uvloop.run(play(settings, Size(seed, hospitals, residents, messages), leave))
        except (KeyboardInterrupt, asyncio.CancelledError):
            return
    if findings:
        raise typer.Exit(FINDINGS)


@contextmanager
def _folder(data_dir: Path | None) -> Iterator[Path]:
    if data_dir is not None:
        yield data_dir
        return
    with tempfile.TemporaryDirectory(prefix="yilian-demo-") as temporary:
        yield Path(temporary)
