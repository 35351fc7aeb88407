"""`yilian trace`: which message, which field of it and which row made an element of a stored resource."""

import asyncio
import re
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import msgspec
import typer

from exchange.commands.connected import from_environment
from exchange.commands.refused import Refused

if TYPE_CHECKING:
    from exchange.commands.tracing import Told

_REFERENCE = re.compile(r"([A-Z][A-Za-z]+)/[A-Za-z0-9.-]{1,64}")
_PLACES = re.compile(r"\[\d+\]")


def trace(
    reference: Annotated[str, typer.Argument(metavar="TYPE/ID", help="The resource: Observation/…")],
    element: Annotated[
        str | None, typer.Option(help="Only an element and what is in it: Observation.code, name.family.")
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="One JSON line an element.")] = False,
) -> None:
    """Show for each element of a resource which message made it: the source path, the row and its layer.

    Values are not shown. Several messages may have said the same: the latest is told first.
    """
    found = _REFERENCE.fullmatch(reference)
    if found is None:
        raise Refused(f"{reference} is not a reference such as Observation/123")
    from exchange.commands import tracing  # the maps are compiled for this command only

    told = asyncio.run(tracing.origins(from_environment(), reference))
    if not told:
        raise Refused(f"no stored message made {reference}")
    wanted = (element or "").removeprefix(f"{found[1]}.")
    shown = [each for each in told if is_within(each.element, wanted)]
    if wanted and not shown:
        raise Refused(f"{reference} has no {element}")
    for each in shown:
        typer.echo(msgspec.json.encode(asdict(each)) if json else _line(each))


def is_within(path: str, wanted: str) -> bool:
    """Whether a path is the wanted element's or of one in it; a number of repetition may be left out."""
    return any(
        each == wanted or each.startswith((f"{wanted}.", f"{wanted}[")) or not wanted
        for each in (path, _PLACES.sub("", path))
    )


def _line(each: "Told") -> str:
    who = f"message {each.message}" if each.message is not None else "no message"
    also = f" and {', '.join(map(str, each.also))}" if each.also else ""
    other = "" if each.same_maps else ", by other maps then"
    written = f" ({each.layer} {each.place})" if each.place else ""
    return f"{each.element:44} {each.source or '(assigned)':24} {each.row}{written} · {who}{also}{other}"
