"""schemathesis makes requests of our OpenAPI description; none of them makes the hub fail.

A taste: `make fuzz` has the whole meal. https://schemathesis.readthedocs.io/
"""

import asyncio
import re
import sys
from pathlib import Path

from tests.clients.conftest import Door


async def test_no_request_makes_it_fail(door: Door, tmp_path: Path) -> None:
    trying = await asyncio.create_subprocess_exec(
        str(Path(sys.executable).parent / "schemathesis"),
        *("run", f"{door.fhir}/openapi.json?_type=Patient", "--url", door.fhir),
        *("--header", f"Authorization: Bearer {door.token}"),
        *("--include-path-regex", r"^/(metadata|_history|Patient(/\{id\})?)$"),
        *("--checks", "not_a_server_error", "--phases", "fuzzing", "--max-examples", "5"),
        *("--suppress-health-check", "all", "--warnings", "off", "--no-color"),
        cwd=tmp_path,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    output, _ = await asyncio.wait_for(trying.communicate(), 200)
    assert trying.returncode == 0, output.decode()
    tried = re.search(r"(\d+) generated, (\d+) passed", output.decode())
    assert tried is not None, output.decode()
    assert int(tried[1]) == int(tried[2]) > 20
