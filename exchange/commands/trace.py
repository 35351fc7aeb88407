"""`yilian trace`: which message, which field of it and which row made an element of a stored resource."""

import asyncio
import re
from dataclasses import asdict
from typing import Annotated

import msgspec
import typer

from exchange.commands.connected import from_environment
from exchange.commands.refused import Refused

_REFERENCE = re.compile(r"[A-Z][A-Za-z]+/[A-Za-z0-9.-]{1,64}")


def trace(
    reference: Annotated[str, typer.Argument(metavar="TYPE/ID", help="The resource: Observation/…")],
    element: Annotated[
        str | None, typer.Option(help="Only elements whose path begins so: valueQuantity.")
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="One JSON line an element.")] = False,
) -> None:
    """Show for each element of a resource the source path and the row that made it; values are not shown."""
    if not _REFERENCE.fullmatch(reference):
        raise Refused(f"{reference} is not a reference such as Observation/123")
    from exchange.commands import tracing  # the maps are compiled for this command only

    found = asyncio.run(tracing.origins(from_environment(), reference))
    if not found:
        raise Refused(f"no stored message made {reference}")
    for each in found:
        if element and not each.element.startswith(element):
            continue
        if json:
            typer.echo(msgspec.json.encode(asdict(each)))
        else:
            typer.echo(
                f"{each.element:44} {each.source or '(assigned)':16} {each.row:36} message {each.message}"
            )
