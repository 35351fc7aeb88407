"""A hub of one's own for a while: `yilian serve` as a process on a data folder, and how to reach it."""

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

START_SECONDS: Final = 240.0
YILIAN: Final = (sys.executable, "-m", "exchange.cli")
_LISTENS: Final = re.compile(rb"http://127\.0\.0\.1:(\d+)/fhir.*mllp://127\.0\.0\.1:(\d+)")


@dataclass(slots=True)
class RunningHub:
    """A process, its ports, and the settings that other commands need to find it."""

    process: subprocess.Popen[bytes]
    http_port: int
    mllp_port: int
    environment: dict[str, str]
    tree: Path | None = None

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
            cwd=self.tree,
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


def start(data: Path, log: Path, tree: Path | None = None, **settings: str) -> RunningHub:
    """Starts a hub on any free ports and waits until it says that it listens. `tree` is where its source is,
    if not here."""
    environment = {key: value for key, value in os.environ.items() if not key.startswith("YILIAN_")}
    environment |= {
        "YILIAN_DATA_DIR": str(data),
        "YILIAN_HTTP_PORT": "0",
        "YILIAN_MLLP_PORT": "0",
        **settings,
    }
    said = log.stat().st_size if log.exists() else 0
    with log.open("ab") as output:
        process = subprocess.Popen(
            [*YILIAN, "serve"], env=environment, cwd=tree, stdout=output, stderr=output
        )
    deadline = time.monotonic() + START_SECONDS
    while not (found := _LISTENS.search(log.read_bytes()[said:])):
        if process.poll() is not None or time.monotonic() > deadline:
            process.kill()
            raise RuntimeError(f"the hub did not start: {log.read_text('utf-8', 'replace')[-2000:]}")
        time.sleep(0.02)
    http_port, mllp_port = map(int, found.groups())
    environment |= {"YILIAN_HTTP_PORT": str(http_port), "YILIAN_MLLP_PORT": str(mllp_port)}
    return RunningHub(process, http_port, mllp_port, environment, tree)


@contextmanager
def running(data: Path, log: Path, tree: Path | None = None, **settings: str) -> Iterator[RunningHub]:
    """A hub that is stopped as Ctrl-C does at the end."""
    hub = start(data, log, tree, **settings)
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
