"""Versions: which one is meant, and which is the latest."""

import pytest

from terminology.canonical import latest, listed, matches


@pytest.mark.parametrize(
    ("pattern", "version", "fits"),
    [
        ("1.0.0", "1.0.0", True),
        ("1.0.x", "1.0.4", True),
        ("1.x.x", "1.2.3", True),
        ("1.*", "1.2.3", True),
        ("1.0.x", "1.1.0", False),
        ("1", "1.0.0", False),
        ("2.x", "1.0.0", False),
    ],
)
def test_a_pattern_names_versions(pattern: str, version: str, fits: bool) -> None:
    assert matches(pattern, version) is fits


def test_the_latest_is_the_greatest_number_not_text() -> None:
    assert latest(["1.9.0", "1.10.0", "1.2.0"]) == "1.10.0"
    assert latest(["2.0.0-draft", "2.0.0"]) == "2.0.0"
    assert latest(["2019-01-31", "2020-07-31"]) == "2020-07-31"
    assert latest([]) == ""


def test_versions_are_listed_for_a_message() -> None:
    assert listed(["2", "1"]) == "1 or 2"
    assert listed(["3", "1", "2"]) == "1, 2 and 3"
