"""kill -9 of a worker and of a database session under mixed load: nothing lost, nothing twice, all in order.

The same for longer, and with the hub and the whole database: `python -m benchmarks.crash --kills N`.
"""

from pathlib import Path

import pytest

from benchmarks.crash import crash
from benchmarks.crash_judge import is_in_order


@pytest.mark.timeout(900)
async def test_what_is_acknowledged_survives_whatever_dies(tmp_path: Path) -> None:
    run = await crash(tmp_path, kills=2, seed=11, longest=0.5, senders=6)
    assert run.problems == []
    assert run.kills == {"session": 1, "worker": 1}
    assert run.states["processed"] >= 6


@pytest.mark.parametrize(
    ("seen", "expected"),
    [
        ([1, 2, 3], True),
        ([1, 3, 2, 3], True),
        ([2, 1, 2, 3], True),
        ([1, 3, 2], False),
        ([1, 2, 2, 3], False),
        ([1, 3, 2, 3, 2, 3], True),
        ([1, 3, 2, 3, 2], False),
        ([1, 3], False),
        ([], False),
    ],
)
def test_a_late_edition_is_superseded_at_once(seen: list[int], expected: bool) -> None:
    assert is_in_order(seen, 3) is expected
