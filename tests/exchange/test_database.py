"""The embedded server's life: own, attach, be killed, come back."""

import asyncio
import os
import signal
import sys
from pathlib import Path

import asyncpg
import pytest

from exchange.database import DatabaseInUse, create_pool, migrate, open_database, own_database
from exchange.settings import Settings
from exchange.store import embedded

HOLD = """
import asyncio, sys
from pathlib import Path
from exchange.database import own_database
from exchange.settings import Settings

async def main():
    async with own_database(Settings(data_dir=Path(sys.argv[1]), database_url=None)) as database:
        print(database.dsn, flush=True)
        await asyncio.sleep(600)

asyncio.run(main())
"""


def settings_for(folder: Path) -> Settings:
    return Settings(data_dir=folder, database_url=None)


async def answer(dsn: str, query: str) -> object:
    connection = await asyncpg.connect(dsn)
    try:
        return await connection.fetchval(query)
    finally:
        await connection.close()


async def test_data_survive_a_restart_and_commits_are_durable(tmp_path: Path) -> None:
    settings = settings_for(tmp_path / "hub")
    async with own_database(settings) as database:
        await answer(database.dsn, "CREATE TABLE kept AS SELECT 42 AS n")
        assert await answer(database.dsn, "SHOW fsync") == "on"
        assert await answer(database.dsn, "SHOW synchronous_commit") == "on"
        assert await answer(database.dsn, "SHOW listen_addresses") == ""
        assert await answer(database.dsn, "SHOW data_checksums") == "on"
    assert embedded.find_postmaster(tmp_path / "hub" / "postgres") is None
    async with open_database(settings) as database:
        assert await answer(database.dsn, "SELECT n FROM kept") == 42
    assert embedded.find_postmaster(tmp_path / "hub" / "postgres") is None


async def test_only_we_may_enter(tmp_path: Path) -> None:
    async with own_database(settings_for(tmp_path / "hub")):
        for name in ("", "postgres", "run"):
            assert (tmp_path / "hub" / name).stat().st_mode & 0o077 == 0


async def test_a_second_owner_is_refused_and_a_guest_attaches(tmp_path: Path) -> None:
    settings = settings_for(tmp_path)
    async with own_database(settings) as database:
        with pytest.raises(DatabaseInUse, match="Another hub already runs"):
            async with own_database(settings):
                pass
        async with open_database(settings) as guest:
            assert guest.dsn == database.dsn
        assert await answer(database.dsn, "SELECT 1") == 1


async def test_a_long_path_gets_a_short_socket(tmp_path: Path) -> None:
    async with own_database(settings_for(tmp_path / ("深" * 40))) as database:
        assert await answer(database.dsn, "SELECT 1") == 1


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM])
async def test_the_server_ends_with_its_hub(tmp_path: Path, how: signal.Signals) -> None:
    hub = await asyncio.create_subprocess_exec(
        sys.executable, "-c", HOLD, str(tmp_path), stdout=asyncio.subprocess.PIPE
    )
    assert hub.stdout is not None
    dsn = (await hub.stdout.readline()).decode().strip()
    await answer(dsn, "CREATE TABLE kept AS SELECT 42 AS n")
    postmaster = embedded.find_postmaster(tmp_path / "postgres")
    assert postmaster is not None
    hub.send_signal(how)
    assert await hub.wait() == -how
    async with own_database(settings_for(tmp_path)) as database:
        assert await answer(database.dsn, "SELECT n FROM kept") == 42
        replaced = embedded.find_postmaster(tmp_path / "postgres")
        assert replaced is not None
        assert replaced.pid != postmaster.pid


async def test_a_stale_pid_file_of_somebody_else_does_not_matter(tmp_path: Path) -> None:
    settings = settings_for(tmp_path)
    async with own_database(settings):
        pass
    (tmp_path / "postgres" / "postmaster.pid").write_text(f"{os.getpid()}\n{tmp_path}\n1\n5432\n/nowhere\n")
    async with own_database(settings) as database:
        assert await answer(database.dsn, "SELECT 1") == 1


async def test_a_half_made_cluster_is_made_again(tmp_path: Path) -> None:
    (tmp_path / "postgres.new").mkdir()
    (tmp_path / "postgres.new" / "PG_VERSION").write_text("1")
    async with own_database(settings_for(tmp_path)) as database:
        assert await answer(database.dsn, "SELECT 1") == 1


async def test_a_broken_configuration_is_reported(tmp_path: Path) -> None:
    with pytest.raises(embedded.ServerFailed, match="no_such_setting"):
        await embedded.start(tmp_path, {"no_such_setting": "1"})


async def test_migrating_twice_at_once_is_harmless(server: embedded.Server, database_url: str) -> None:
    await asyncio.gather(*(migrate(database_url) for _ in range(3)))


async def test_a_pool_connection_never_stays_in_a_transaction(database_url: str) -> None:
    pool = await create_pool(database_url, 1)
    try:
        async with pool.acquire() as connection:
            await connection.execute("BEGIN")
        async with pool.acquire() as connection:
            assert not connection.is_in_transaction()
    finally:
        await pool.close()


async def test_the_log_quotes_no_data(tmp_path: Path) -> None:
    async with own_database(settings_for(tmp_path)) as database:
        await answer(database.dsn, "CREATE TABLE person (name text UNIQUE CHECK (name <> '李四'))")
        await answer(database.dsn, "INSERT INTO person VALUES ('张三')")
        for name in ("张三", "李四"):
            with pytest.raises(asyncpg.IntegrityConstraintViolationError):
                await answer(database.dsn, f"INSERT INTO person VALUES ('{name}')")
    log = "".join(path.read_text() for path in (tmp_path / "postgres" / "log").iterdir())
    assert "person_name_key" in log
    assert "张三" not in log
    assert "李四" not in log


async def test_who_started_the_server_waits_for_who_attached(tmp_path: Path) -> None:
    settings, started, attached = settings_for(tmp_path), asyncio.Event(), asyncio.Event()

    async def first() -> None:
        async with open_database(settings):
            started.set()
            await attached.wait()

    starting = asyncio.create_task(first())
    await started.wait()
    async with open_database(settings) as database:
        connection = await asyncpg.connect(database.dsn)
        attached.set()
        await asyncio.sleep(0.5)
        assert not starting.done()
        assert await connection.fetchval("SELECT 42") == 42
        await connection.close()
    await starting
