"""A declared pull, once, into the inbox of the hub that runs or of the one that will."""

import asyncio
from collections.abc import Sequence

from adapters.hospitals.folder import load_hospitals
from exchange.channels.declared import load_channels
from exchange.channels.pulling import Puller
from exchange.commands.refused import Refused
from exchange.database import create_pool, migrate, open_database
from exchange.domains import load_domains
from exchange.hub import utc_now
from exchange.inbound.envelope import Envelope
from exchange.inbound.front_end import PullError
from exchange.inbound.inbox import Inbox
from exchange.inbound.sealing import sealed_by_channel
from exchange.settings import Settings

CONNECTIONS = 2


async def pushed(settings: Settings, name: str) -> tuple[int, int]:
    """How many rows are kept now, and how many were here already. Raises Refused, MapError."""
    pull = next((each for each in load_channels(settings.channels).pulls if each.name == name), None)
    if pull is None:
        raise Refused(f"no pull {name} is declared in the file of YILIAN_CHANNELS")
    systems = load_domains(settings.domains, settings.base).systems
    hospitals = load_hospitals(settings.hospitals, settings.base, systems)
    counts = [0, 0]
    async with open_database(settings) as database:
        await migrate(database.dsn)
        async with await create_pool(database.dsn, CONNECTIONS) as pool:
            inbox = Inbox(pool)

            async def keep(envelopes: Sequence[Envelope]) -> None:
                receipts = await asyncio.gather(*(inbox.keep(each, utc_now()) for each in envelopes))
                for receipt in receipts:
                    counts[not receipt.new] += 1

            puller = Puller(
                pull, pool, lambda raw, channel: sealed_by_channel(raw, channel, None, hospitals), utc_now
            )
            try:
                await puller.once(keep)
            except PullError as error:
                raise Refused(str(error)) from None
    return counts[0], counts[1]
