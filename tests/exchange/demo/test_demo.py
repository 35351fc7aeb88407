"""`yilian demo` from the outside: it pushes, shows, serves, and leaves nothing behind."""

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

SECONDS = 120


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "demo"


@pytest.fixture
def demo(folder: Path) -> Iterator[subprocess.Popen[str]]:
    """Three hospitals and some sixty messages; it goes on serving on ports of its own."""
    environment = {**os.environ, "YILIAN_HTTP_PORT": "0", "YILIAN_MLLP_PORT": "0", "COLUMNS": "200"}
    command = [sys.executable, "-m", "exchange.cli", "demo", "--hospitals", "3", "--messages", "60"]
    with subprocess.Popen(
        [*command, "--data-dir", str(folder)],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def _told(process: subprocess.Popen[str]) -> list[str]:
    """What it prints until it serves."""
    assert process.stdout is not None
    lines: list[str] = []
    for line in process.stdout:
        lines.append(line.rstrip("\n"))
        if "until Ctrl-C" in line:
            return lines
    raise AssertionError("\n".join(lines))


def _group(leader: int) -> list[str]:
    """The processes of a session that still live."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if fields[3] == str(leader) and fields[0] != "Z":
            found.append(stat.parent.name)
    return found


@pytest.mark.timeout(SECONDS)
def test_it_pushes_shows_serves_and_ends(demo: subprocess.Popen[str], folder: Path) -> None:
    lines = _told(demo)
    text = "\n".join(lines)
    pushed = re.search(r"(\d+)/(\d+) messages .*AA (\d+)", text)
    assert pushed is not None, text
    assert pushed[1] == pushed[2] == pushed[3]
    assert "known at 3 hospitals" in text
    export = next(line for line in lines if line.startswith("export TOKEN=$("))
    assert str(folder) in export
    token = subprocess.run(
        export.removeprefix("export TOKEN=$(").removesuffix(")"),
        shell=True,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.strip()
    urls = [line.split("'")[1] for line in lines if line.startswith("curl ")]
    assert len(urls) >= 5
    for url in urls:
        answer = httpx.get(url, headers={"Authorization": f"Bearer {token}"})
        assert answer.status_code == 200, url
        assert json.loads(answer.content)["entry"], url
    assert httpx.get(urls[0]).status_code == 401
    demo.send_signal(signal.SIGINT)
    assert demo.wait(30) == 0
    assert _group(demo.pid) == []
    assert not list(folder.rglob("postmaster.pid"))
