"""What a measurement stands on: an embedded server that listens on loopback too, a loaded hub on it, and
perhaps the source of another revision.

https://www.postgresql.org/docs/18/auth-pg-hba-conf.html
"""

import asyncio
import json
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import asyncpg

from benchmarks import pgbench
from benchmarks.running_hub import YILIAN, RunningHub, running
from benchmarks.workload import OBSERVATIONS, PATIENTS, resources
from exchange.database import migrate
from exchange.store import embedded
from exchange.store.tuning import tuning

# Nobody else listens there, so the port may be PostgreSQL's own.
ADDRESSES: Final = ("127.83.4.1", "127.83.4.2")
BESIDE: Final = "limits"


@dataclass(frozen=True, slots=True)
class Stand:
    """A hub with the benchmark's resources, and its server. `bulk` is resources loaded per second."""

    hub: RunningHub
    token: str
    server: embedded.Server
    address: str
    bulk: float


@contextmanager
def standing(folder: Path, address: str, tree: Path | None = None) -> Iterator[Stand]:
    """`tree` is the hub's source, if it is not this one. The server is stopped at the end."""
    folder.mkdir(mode=0o700)
    server = asyncio.run(embedded.start(folder, tuning(), address))
    try:
        asyncio.run(open_door(server))
        settings = {"YILIAN_DATABASE_URL": server.dsn()}
        with running(folder / "hub", folder / "hub.log", tree, **settings) as hub:
            bulk = _load(hub, folder / "resources.ndjson")
            asyncio.run(_prepare(server))
            yield Stand(hub, hub.token("bench", "system/*.cruds"), server, address, bulk)
    finally:
        asyncio.run(embedded.stop(server))


@contextmanager
def worktree(revision: str, folder: Path) -> Iterator[Path]:
    """The source at another revision."""
    here = Path(__file__).parent.parent
    git = ["git", "-C", str(here), "worktree"]
    subprocess.run([*git, "add", "--quiet", "--detach", str(folder), revision], check=True)
    try:
        yield folder
    finally:
        subprocess.run([*git, "remove", "--force", str(folder)], check=True)


async def open_door(server: embedded.Server) -> None:
    """TCP is for pgbench and a peer alone: with a password that only this run knows."""
    with (server.data / "pg_hba.conf").open("a") as file:
        file.write("host all all 127.0.0.0/8 scram-sha-256\n")
    connection = await asyncpg.connect(server.dsn("postgres"))
    await connection.execute(f"ALTER ROLE {embedded.USER} PASSWORD '{pgbench.PASSWORD}'")
    await connection.execute("SELECT pg_reload_conf()")
    for name in (embedded.USER, BESIDE):
        await connection.execute(f"CREATE DATABASE {name}")
    await connection.close()


def _load(hub: RunningHub, file: Path) -> float:
    file.write_text("".join(json.dumps(each, ensure_ascii=False) + "\n" for each in resources()))
    began = time.perf_counter()
    command = [*YILIAN, "load", str(file)]
    done = subprocess.run(
        command, env=hub.environment, cwd=hub.tree, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise RuntimeError(f"yilian load: {done.stderr.strip()[-2000:]}")
    return (PATIENTS + OBSERVATIONS) / (time.perf_counter() - began)


async def _prepare(server: embedded.Server) -> None:
    """The database that pgbench writes to, and statistics for both."""
    await migrate(server.dsn(BESIDE))
    connection = await asyncpg.connect(server.dsn())
    await connection.execute("VACUUM ANALYZE")
    await connection.execute("CHECKPOINT")
    await connection.close()
