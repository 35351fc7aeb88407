"""One form for what files write in many."""

import pytest

from mpi.linkage.values import NORMALISERS


@pytest.mark.parametrize(
    ("kind", "raw", "normal"),
    [
        ("date", "1990-05-06T00:00:00+08:00", "1990-05-06"),
        ("date", "1990-05-06 13:45", "1990-05-06"),
        ("date", "19900506.0", "1990-05-06"),
        ("date", "90-05-06", "1990-05-06"),
        ("date", "6/5/90", "1990-06-05"),
        ("date", "1990-13-40", "1990-13-40"),
        ("date", "0000-00-00", ""),
        ("identifier", "494523553.0", "494523553"),
        ("phone", "13800138001.0", "13800138001"),
        ("sex", "1.0", "male"),
        ("text", "version 1.0", "version 1 0"),
    ],
)
def test_normal_forms(kind: str, raw: str, normal: str) -> None:
    assert NORMALISERS[kind](raw) == normal
