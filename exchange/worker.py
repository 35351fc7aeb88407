"""A further process that answers. `exchange.workers` starts it, and ends it by closing its input.

https://man7.org/linux/man-pages/man7/socket.7.html
"""

import asyncio
import signal
import socket
import sys
from contextlib import AsyncExitStack
from typing import Final

import uvloop

from exchange.hub import Hub, prepare
from exchange.inbound.hospital_files import hospital_files
from exchange.inbound.mllp import listening as mllp_listening
from exchange.inbound.reception import open_reception
from exchange.server import answering, bound, listening, log_without_text, logging_to_stderr, translating
from exchange.settings import Settings
from exchange.workers import JOB, READY

MOST_SETTINGS: Final = 1024 * 1024


async def work(settings: Settings, dsn: str, ended: asyncio.Event) -> None:
    """Until it has `ended`."""
    async with AsyncExitStack() as stack:
        door, mllp_door = (
            stack.enter_context(bound(*place, socket.SO_REUSEPORT))
            for place in ((settings.http_host, settings.http_port), (settings.mllp_host, settings.mllp_port))
        )
        await asyncio.to_thread(prepare, settings.fhir_url, settings.full_text)
        hub = await stack.enter_async_context(answering(settings, dsn))
        files = await stack.enter_async_context(hospital_files(hub))
        translate = translating(hub, files.library)
        reception = await stack.enter_async_context(open_reception(hub, files.hospitals, translate))
        await stack.enter_async_context(listening(hub, reception, door, files))
        await stack.enter_async_context(mllp_listening(reception, mllp_door))
        telling = asyncio.create_task(_tell_of_jobs(hub))
        _say(READY)
        await ended.wait()
        telling.cancel()
        await asyncio.gather(telling, return_exceptions=True)


async def _tell_of_jobs(hub: Hub) -> None:
    while True:
        await hub.jobs.asked.wait()
        hub.jobs.asked.clear()
        _say(JOB)


def _say(line: bytes) -> None:
    sys.stdout.buffer.write(line)
    sys.stdout.buffer.flush()


async def _main() -> None:
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(log_without_text)
    ended = asyncio.Event()
    loop.add_signal_handler(signal.SIGTERM, ended.set)
    told = asyncio.StreamReader(limit=MOST_SETTINGS)
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(told), sys.stdin)
    settings = Settings.model_validate_json(await told.readline())
    dsn = (await told.readline()).decode().rstrip()

    async def watch() -> None:
        await told.read()
        ended.set()

    watching = asyncio.create_task(watch())
    try:
        await work(settings, dsn, ended)
    finally:
        watching.cancel()


if __name__ == "__main__":
    logging_to_stderr()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    uvloop.run(_main())
