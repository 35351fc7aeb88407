"""The same bytes become the same bytes: in any order, in any process, wherever it stands."""

import json
import os
import subprocess
import sys
from pathlib import Path

from tests.adapters.everything import CASES, DOCUMENTS, sheet

ROOT = Path(__file__).parents[2]


def told(order: str, given: bytes, **environment: str) -> dict[str, str]:
    """What a process of its own says of everything."""
    made = subprocess.run(
        [sys.executable, "-m", "tests.adapters.everything", order],
        input=given,
        capture_output=True,
        check=True,
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT), **environment},
    )
    found: dict[str, str] = json.loads(made.stdout)
    return found


def test_every_form_is_the_same_in_another_order_and_another_process_elsewhere() -> None:
    given = sheet()
    here = told("first-first", given, PYTHONHASHSEED="1", TZ="America/New_York", LC_ALL="C")
    there = told(
        "last-first", given, PYTHONHASHSEED="77", TZ="Asia/Kathmandu", LC_ALL="C.UTF-8", PYTHONUTF8="0"
    )
    assert here.keys() == {*DOCUMENTS, *CASES, "sheet"}
    assert {name for name in here if here[name] != there[name]} == set()
