"""The hub's PostgreSQL: the embedded one, or the one that is configured.

https://www.postgresql.org/docs/18/
"""

import asyncio
import fcntl
import signal
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import asyncpg

from exchange.settings import Settings
from exchange.store import embedded
from exchange.store.tuning import tuning

if TYPE_CHECKING:
    from sqlalchemy import Connection

MIGRATIONS = Path(__file__).parent / "store" / "migrations"
ATTACH_SECONDS = 60.0

# One migration at a time, whoever starts: the number is arbitrary but ours.
MIGRATION_LOCK = "SELECT pg_advisory_xact_lock(7811902344521)"
DATABASE_EXISTS = "SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1)"

# Generic plans: the shape of a statement decides its plan, never the values. To plan each search anew would
# take PostgreSQL three times as long as to run it (patient + code + sort: 762 µs instead of 175).
SESSION = {
    "application_name": "yilian",
    "timezone": "UTC",
    "jit": "off",
    "plan_cache_mode": "force_generic_plan",
}


# A database that does not answer is taken for one that is away: at a new connection, and at a statement that
# PostgreSQL itself should have ended so long ago.
CONNECT_SECONDS = 30.0
OVERDUE_SECONDS = 5.0

# Each statement that a connection keeps prepared costs PostgreSQL some 190 kB.
STATEMENTS = 200


class DatabaseInUse(Exception):
    """Another hub already runs on this data folder: stop it, or set YILIAN_DATA_DIR to another folder."""

    def __str__(self) -> str:
        return self.__doc__ or ""


@dataclass(frozen=True, slots=True)
class Database:
    """Where PostgreSQL answers."""

    dsn: str


@asynccontextmanager
async def own_database(settings: Settings) -> AsyncIterator[Database]:
    """For `serve`: the embedded server is ours alone and stops with us; else DatabaseInUse."""
    if settings.database_url:
        await _recovered(settings.database_url)
        yield Database(settings.database_url)
        return
    folder = _folder(settings)
    with _locked(folder):
        server = await embedded.start(folder, tuning())
        try:
            await _ensure_database(server)
            yield Database(server.dsn())
        finally:
            await embedded.stop(server)


@asynccontextmanager
async def open_database(settings: Settings) -> AsyncIterator[Database]:
    """For the other commands: attach to the server of a running hub, or start one for the while.

    One that we started waits at the end for commands that attached to it meanwhile.
    """
    if settings.database_url:
        yield Database(settings.database_url)
        return
    folder = _folder(settings)
    with ExitStack() as lock:
        running = await _lock_or_find(folder, lock)
        if running is not None:
            yield Database(embedded.socket_dsn(running.sockets, embedded.USER))
            return
        server = await embedded.start(folder, tuning())
        try:
            await _ensure_database(server)
            yield Database(server.dsn())
        finally:
            await embedded.stop(server, signal.SIGTERM)


async def _lock_or_find(folder: Path, lock: ExitStack) -> embedded.Postmaster | None:
    """The server of whoever holds the lock, once it is ready; None if the lock is ours now."""
    deadline = time.monotonic() + ATTACH_SECONDS
    while True:
        try:
            lock.enter_context(_locked(folder))
            return None
        except DatabaseInUse:
            found = embedded.find_postmaster(folder / "postgres")
            if found is not None and found.ready:
                return found
            if time.monotonic() > deadline:
                raise
        await asyncio.sleep(embedded.POLL)


async def migrate(dsn: str) -> None:
    """Bring the schema up to date, in one transaction."""
    # Half of the time that a command like `token` takes would go into importing what only this needs.
    from sqlalchemy import text
    from sqlalchemy.ext.asyncio import create_async_engine
    from sqlalchemy.pool import NullPool

    engine = create_async_engine(
        "postgresql+asyncpg://", async_creator=lambda: asyncpg.connect(dsn), poolclass=NullPool
    )
    try:
        async with engine.begin() as connection:
            await connection.execute(text(MIGRATION_LOCK))
            await connection.run_sync(_upgrade)
    finally:
        await engine.dispose()


async def create_pool(dsn: str, size: int, statement_seconds: float = 0) -> asyncpg.Pool:
    """A pool whose connections keep their prepared statements and are not reset by a round trip.

    So: no session state may outlive its use (no SET, no session advisory lock, no LISTEN). A statement that
    takes longer than `statement_seconds` is cancelled; 0 lets it take what it takes.
    """
    return await asyncpg.create_pool(
        dsn,
        min_size=min(2, size),
        max_size=size,
        reset=_leave_transaction,
        statement_cache_size=STATEMENTS,
        max_cached_statement_lifetime=0,
        max_inactive_connection_lifetime=0,
        timeout=CONNECT_SECONDS,
        command_timeout=statement_seconds + OVERDUE_SECONDS if statement_seconds else None,
        server_settings={**SESSION, "statement_timeout": str(round(statement_seconds * 1000))},
    )


async def _leave_transaction(connection: asyncpg.Connection) -> None:
    """Costs nothing unless somebody was cancelled inside a transaction."""
    if connection.is_in_transaction():
        await connection.execute("ROLLBACK")


def _upgrade(connection: "Connection") -> None:
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


async def _recovered(dsn: str) -> None:
    """Waits for a server that is starting, or recovering from a crash: hub and database may come back
    together."""
    deadline = time.monotonic() + ATTACH_SECONDS
    while True:
        try:
            await (await asyncpg.connect(dsn)).close()
            return
        except asyncpg.CannotConnectNowError:
            if time.monotonic() > deadline:
                raise
        await asyncio.sleep(embedded.POLL)


async def _ensure_database(server: embedded.Server) -> None:
    connection = await asyncpg.connect(server.dsn("postgres"))
    try:
        if not await connection.fetchval(DATABASE_EXISTS, embedded.USER):
            await connection.execute(f"CREATE DATABASE {embedded.USER}")
    finally:
        await connection.close()


def _folder(settings: Settings) -> Path:
    folder = settings.data_dir.resolve()
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """Hold `hub.lock`; the kernel lets go of it when the process ends."""
    with (folder / "hub.lock").open("a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise DatabaseInUse from None
        yield
