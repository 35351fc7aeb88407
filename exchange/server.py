"""The hub as one process: the database, HTTP and MLLP, from the first to the last.

https://uvloop.readthedocs.io/
"""

import asyncio
import errno
import gc
import logging
import signal
import socket
import sys
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import replace
from datetime import datetime
from typing import Any, Final

import uvloop

from adapters.hl7v2.parse import Message
from adapters.hospitals.hospital import Hospital
from adapters.library import Library, library
from adapters.translation import Translation
from exchange.answer import Fhir
from exchange.app import build_app
from exchange.bulk.export import export
from exchange.bulk.importing import import_files
from exchange.channels.counting import ChannelMetrics, counting, forget_gauges
from exchange.channels.declared import load_channels
from exchange.channels.opening import declared_tables, open_channels
from exchange.coverage.metrics import CoverageMetrics
from exchange.database import migrate, own_database
from exchange.http.listening import listening as http_listening
from exchange.http.site import Site
from exchange.hub import Hub, open_hub, prepare, unhurried
from exchange.inbound.domain_rule import refused_by_domain, refused_by_domain_in_v3
from exchange.inbound.forgetting import forgetting
from exchange.inbound.hospital_files import HospitalFiles, hospital_files
from exchange.inbound.http import hl7v2_router
from exchange.inbound.map_version import MapVersions
from exchange.inbound.mllp import listening as mllp_listening
from exchange.inbound.overview import InboxMetrics
from exchange.inbound.quarantine_http import quarantine_router
from exchange.inbound.reception import Reception, open_reception
from exchange.inbound.sent import Sent
from exchange.inbound.translated import translated
from exchange.inbound.v3_http import v3_router
from exchange.inbound.work import Translate
from exchange.jobs import deferred
from exchange.jobs.runner import Work, working
from exchange.loading.indexing import restore
from exchange.local_codes import retranslation
from exchange.local_codes.publishing import publishing
from exchange.metrics.http import Source, metrics_router
from exchange.nightly import nightly
from exchange.operations import reindex
from exchange.operations.everything import ways
from exchange.settings import Settings
from exchange.workers import Opening, workers
from exchange.young_tables import looking_at_young_tables
from mpi.normalisation.pinyin import pinyin

WORKS: Final[Mapping[str, Work]] = {
    "export": export,
    "import": import_files,
    deferred.KIND: deferred.deferred,
    reindex.KIND: reindex.reindexing,
    retranslation.KIND: retranslation.retranslating,
}
SIGNALS: Final = (signal.SIGINT, signal.SIGTERM)

_log = logging.getLogger(__name__)


def serve(settings: Settings) -> None:
    """Run the hub until SIGINT or SIGTERM."""
    logging_to_stderr()
    uvloop.run(run(settings, _announce))


def logging_to_stderr() -> None:
    """What happens, without what it is about."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    logging.getLogger("alembic").setLevel(logging.WARNING)


async def run(settings: Settings, announce: Callable[[Settings], None]) -> None:
    """The same inside a running loop. `announce` is called with the settings as they became (ports of 0 are
    real ones then) as soon as all doors are open."""
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(log_without_text)
    task = asyncio.current_task()
    assert task is not None
    for number in SIGNALS:
        loop.add_signal_handler(number, task.cancel)
    try:
        async with running(settings) as actual:
            announce(actual)
            await asyncio.Event().wait()
    except asyncio.CancelledError:
        _log.info("stopped")
    finally:
        for number in SIGNALS:
            loop.remove_signal_handler(number)


@asynccontextmanager
async def running(settings: Settings) -> AsyncIterator[Settings]:
    """A hub with all its doors open; they close in the opposite order."""
    async with AsyncExitStack() as stack:
        http = (settings.http_host, settings.http_port, "YILIAN_HTTP_PORT")
        mllp = (settings.mllp_host, settings.mllp_port, "YILIAN_MLLP_PORT")
        door, mllp_door = (stack.enter_context(_bound(*place, settings.workers)) for place in (http, mllp))
        ports = {"http_port": door.getsockname()[1], "mllp_port": mllp_door.getsockname()[1]}
        settings = settings.model_copy(update=ports)
        preparing = asyncio.create_task(asyncio.to_thread(prepare, settings.fhir_url, settings.full_text))
        database = await stack.enter_async_context(own_database(settings))
        await migrate(database.dsn)
        await restore(database.dsn)
        await preparing
        hub = await stack.enter_async_context(answering(settings, database.dsn))
        async with hub.pool.acquire() as connection:
            await forget_gauges(connection)
        files = await stack.enter_async_context(hospital_files(hub))
        translate = translating(hub, files.library)
        reception = await stack.enter_async_context(open_reception(hub, files.hospitals, translate))
        unhurried_hub = await stack.enter_async_context(unhurried(hub))
        await stack.enter_async_context(working(unhurried_hub, WORKS))
        await stack.enter_async_context(publishing(unhurried_hub))
        await stack.enter_async_context(looking_at_young_tables(unhurried_hub))
        await stack.enter_async_context(nightly(unhurried_hub, settings.names_at))
        await stack.enter_async_context(forgetting(unhurried_hub))
        await stack.enter_async_context(listening(hub, reception, door, files))
        await stack.enter_async_context(mllp_listening(reception, mllp_door))
        await stack.enter_async_context(open_channels(reception, load_channels(settings.channels)))
        await stack.enter_async_context(workers(Opening(settings, database.dsn), hub.jobs.asked))
        yield settings


def answering(settings: Settings, dsn: str) -> AbstractAsyncContextManager[Hub]:
    """The hub whose statements take no longer than a request may."""
    return open_hub(settings, dsn, settings.statement_timeout)


@asynccontextmanager
async def listening(
    hub: Hub, reception: Reception, door: socket.socket, files: HospitalFiles
) -> AsyncIterator[None]:
    """HTTP on a bound socket; what is compiled when first asked for is compiled meanwhile."""
    routers = [
        hl7v2_router(reception),
        v3_router(reception),
        metrics_router(hub, metrics(hub, files)),
        quarantine_router(hub, reception.hospitals),
    ]
    app = build_app(hub, routers)
    site = Site(app, Fhir(hub), hub.settings.header_timeout)
    async with counting(reception.counts, hub.pool), http_listening(site, door):
        warming = asyncio.create_task(_warm(hub))
        try:
            yield
        finally:
            warming.cancel()
            await asyncio.gather(warming, return_exceptions=True)


def metrics(hub: Hub, files: HospitalFiles) -> list[Source]:
    """What `/metrics` tells, by any of the processes alike."""
    return [InboxMetrics(hub.pool), CoverageMetrics(hub.pool), ChannelMetrics(hub.pool), files.families]


def translating(hub: Hub, maps: Library | None = None) -> Translate:
    """By `maps`, which are those of the hospitals in force."""
    known = maps or library(hub.definitions)
    versions = MapVersions()
    tables = declared_tables(load_channels(hub.settings.channels), hub.definitions)

    def translating(message: Message | Sent, hospital: Hospital, received: datetime) -> Translation:
        version = versions.by_message(message, hospital)
        declared = tables.get(message.channel) if isinstance(message, Sent) else None
        made = translated(message, hospital, received, known, declared)
        if isinstance(message, Message):
            made = refused_by_domain(hub.domains, made, message, hospital)
        else:
            made = refused_by_domain_in_v3(hub.domains, made, message, hospital)
        return replace(made, maps=version)

    return translating


@contextmanager
def _bound(host: str, port: int, setting: str, workers: int) -> Iterator[socket.socket]:
    """Shared with the other workers, but with nobody else."""
    try:
        with bound(host, port) as door:
            if workers == 1:
                yield door
                return
            port = door.getsockname()[1]
    except OSError as error:
        if error.errno != errno.EADDRINUSE:
            raise
        told = f"port {port} of {host} is in use: stop what uses it, or set {setting}"
        raise OSError(errno.EADDRINUSE, told) from None
    with bound(host, port, socket.SO_REUSEPORT) as door:
        yield door


@contextmanager
def bound(host: str, port: int, *options: int) -> Iterator[socket.socket]:
    """A socket that does not listen yet."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as door:
        for option in (socket.SO_REUSEADDR, *options):
            door.setsockopt(socket.SOL_SOCKET, option, 1)
        door.bind((host, port))
        door.setblocking(False)
        yield door


async def _warm(hub: Hub) -> None:
    """Compile what would be compiled when first asked for, a little at a time. What is loaded then stays, so
    the collector need not look at it again (p99 30 → 3 ms)."""
    for name in sorted(hub.definitions.resource_types):
        hub.search.registry.of(name)
        hub.extraction.prepare(name)
        await asyncio.sleep(0.001)
    ways(hub.search.registry)
    await asyncio.to_thread(pinyin, "医联")  # loads the dictionary
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 50, 1_000)


def _announce(settings: Settings) -> None:
    mllp = f"{settings.mllp_host}:{settings.mllp_port}"
    sys.stdout.write(f"Yilian listens: FHIR {settings.fhir_url} · HL7 v2 mllp://{mllp} · Ctrl-C stops it\n")
    sys.stdout.flush()


def log_without_text(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """The text of an exception may hold a patient's data."""
    error = context.get("exception")
    _log.error("%s: %s", context.get("message"), type(error).__name__ if error else "no exception")
