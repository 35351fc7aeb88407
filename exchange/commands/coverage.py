"""`yilian coverage`: what became of the fields that hospitals send."""

import asyncio
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from exchange.commands.connected import connected, from_environment
from exchange.commands.named import hospital_id
from exchange.commands.quarantine import Json
from exchange.commands.refused import Refused
from exchange.commands.shown import echo_json, echo_table
from exchange.settings import Settings

if TYPE_CHECKING:
    from exchange.coverage.store import Asked, Covered

DISPOSITIONS = ("mapped", "ignored", "residue")


def coverage(
    hospital: Annotated[
        str | None, typer.Option(help="Only what this hospital sent.", callback=hospital_id)
    ] = None,
    message_type: Annotated[
        str | None, typer.Option("--type", help="Only messages of a type: ADT^A08, cda C0004.")
    ] = None,
    field: Annotated[
        str | None, typer.Option(help="Only a field, or what is below it: OBX-5, PID, or `all`.")
    ] = None,
    disposition: Annotated[str | None, typer.Option(help=f"Only {', '.join(DISPOSITIONS)}.")] = None,
    since: Annotated[
        datetime | None, typer.Option(help="Only what was translated from that day on (UTC).")
    ] = None,
    message: Annotated[int | None, typer.Option(help="Of one message, as the maps in force have it.")] = None,
    json: Json = False,
) -> None:
    """Count which values were mapped, ignored on purpose, or left over; with --field which fields.

    A running hub adds what it translated within a minute. A message that is replayed counts again.
    """
    if disposition is not None and disposition not in DISPOSITIONS:
        raise Refused(f"--disposition is one of {', '.join(DISPOSITIONS)}")
    settings = from_environment()
    if message is None:
        found = asyncio.run(_read(settings, _asked(hospital, message_type, field, since)))
    else:
        found = _of_one(settings, message)
    by_field = field is not None or message is not None
    shown = [
        each for each in found if bool(each.field) == by_field and disposition in (None, each.disposition)
    ]
    if json:
        echo_json([asdict(each) for each in shown])
    elif by_field:
        names = ("hospital", "type", "field", "what", "number", "why")
        echo_table(
            names, [(e.hospital, e.message_type, e.field, e.disposition, e.number, e.reason) for e in shown]
        )
    else:
        echo_table(("hospital", "type", "messages", *DISPOSITIONS, "residue %"), _totals(shown))


def _asked(
    hospital: str | None, message_type: str | None, field: str | None, since: datetime | None
) -> "Asked":
    from exchange.coverage.store import Asked

    day = since.replace(tzinfo=UTC).date() if since else None
    within = ("" if field is None else None) if field in (None, "all") else field
    return Asked(hospital, message_type, within, day)


async def _read(settings: Settings, asked: "Asked") -> "list[Covered]":
    from exchange.coverage.store import read

    async with connected(settings) as connection:
        return await read(connection, asked)


def _of_one(settings: Settings, id_: int) -> "list[Covered]":
    from exchange.commands.deciding import kept
    from exchange.commands.maps_in_force import MapsInForce
    from exchange.coverage.store import Covered
    from exchange.coverage.tally import counts_of
    from exchange.inbound.sealing import sealed_by_channel

    one, maps = asyncio.run(kept(settings, id_)), MapsInForce(settings)
    envelope = sealed_by_channel(one.raw, one.channel, one.charset, maps.hospitals)
    if envelope.message is None:
        raise Refused(f"message {id_} cannot be read: {envelope.faults[0].diagnostics}")
    whose = envelope.hospital.id, envelope.message_type
    return [
        Covered(*whose, each.field, each.disposition, each.reason, each.number)
        for each in counts_of(maps.translated(envelope))
    ]


def _totals(found: "Sequence[Covered]") -> list[tuple[object, ...]]:
    rows: dict[tuple[str, str], dict[str, int]] = {}
    for each in found:
        rows.setdefault((each.hospital, each.message_type), {})[each.disposition] = each.number
    return [
        (*group, told.get("message", 0), *(told.get(name, 0) for name in DISPOSITIONS), _share(told))
        for group, told in rows.items()
    ]


def _share(told: dict[str, int]) -> str:
    whole = sum(told.get(name, 0) for name in DISPOSITIONS)
    return f"{100 * told.get('residue', 0) / whole:.2f}" if whole else ""
