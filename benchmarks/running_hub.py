"""A hub of one's own for a while: `yilian serve` as a process on a data folder, and how to reach it."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import httpx

START_SECONDS: Final = 60.0
YILIAN: Final = (sys.executable, "-m", "exchange.cli")


@dataclass(slots=True)
class RunningHub:
    """A process, its ports, and the settings that other commands need to find it."""

    process: subprocess.Popen[bytes]
    http_port: int
    mllp_port: int
    environment: dict[str, str]

    @property
    def fhir(self) -> str:
        return f"http://127.0.0.1:{self.http_port}/fhir"

    def kill(self) -> None:
        """As a crash would: nothing is told, nothing is finished."""
        os.kill(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def command(self, *arguments: str) -> str:
        """Runs `yilian …` for this hub; what it prints."""
        done = subprocess.run(
            [*YILIAN, *arguments],
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        if done.returncode:
            raise RuntimeError(f"yilian {' '.join(arguments)}: {done.stderr.strip()}")
        return done.stdout.strip()

    def token(self, client: str, scope: str) -> str:
        """A token of a client made for it."""
        self.command("client", "add", client, "--scope", scope)
        return self.command("token", client)


def start(data: Path, log: Path, **settings: str) -> RunningHub:
    """Starts a hub on free ports and waits until it answers."""
    http_port, mllp_port = free_port(), free_port()
    environment = {key: value for key, value in os.environ.items() if not key.startswith("YILIAN_")}
    environment |= {
        "YILIAN_DATA_DIR": str(data),
        "YILIAN_HTTP_PORT": str(http_port),
        "YILIAN_MLLP_PORT": str(mllp_port),
        **settings,
    }
    with log.open("ab") as output:
        process = subprocess.Popen([*YILIAN, "serve"], env=environment, stdout=output, stderr=output)
    hub = RunningHub(process, http_port, mllp_port, environment)
    deadline = time.monotonic() + START_SECONDS
    while not _answers(hub):
        if process.poll() is not None or time.monotonic() > deadline:
            process.kill()
            raise RuntimeError(f"the hub did not start: {log.read_text('utf-8', 'replace')[-2000:]}")
        time.sleep(0.05)
    return hub


@contextmanager
def running(data: Path, log: Path, **settings: str) -> Iterator[RunningHub]:
    """A hub that is stopped as Ctrl-C does at the end."""
    hub = start(data, log, **settings)
    try:
        yield hub
    finally:
        stop(hub)


def stop(hub: RunningHub) -> None:
    """Ctrl-C; a hub that does not end within 30 seconds is killed."""
    if hub.process.poll() is None:
        hub.process.send_signal(signal.SIGINT)
        try:
            hub.process.wait(30)
        except subprocess.TimeoutExpired:
            hub.kill()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _answers(hub: RunningHub) -> bool:
    try:
        if httpx.get(f"{hub.fhir}/metadata", timeout=5).status_code != 200:
            return False
        with socket.create_connection(("127.0.0.1", hub.mllp_port), 1):
            return True
    except (httpx.HTTPError, OSError):
        return False
