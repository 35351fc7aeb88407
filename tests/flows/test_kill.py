"""kill -9 of the hub while 38 connections push: every acknowledged message is there exactly once.

The same for longer: `python -m benchmarks.kill --points N`.
"""

from pathlib import Path

import pytest

from benchmarks.kill import prove


@pytest.mark.timeout(600)
def test_acknowledged_messages_survive_kills_exactly_once(tmp_path: Path) -> None:
    proof = prove(tmp_path, points=5, seed=20240101, longest=0.8)
    assert proof.problems == []
    assert proof.sent == proof.acknowledged >= 38
    assert proof.kills == 5
    assert proof.unanswered_at_kills > 0
