"""Ranges accept what npm and the FHIR package specification say."""

import pytest

from profiles.packages.version_range import UnreadableRange, accepts, choose

VERSIONS = ["0.1.0", "0.2.3", "1.0.0", "1.2.0-ballot", "1.2.0", "1.2.9", "1.3.0", "2.0.0", "3.0.0-draft"]


@pytest.mark.parametrize(
    ("asked", "version"),
    [
        ("1.2.x", "1.2.9"),
        ("1.2", "1.2.9"),
        ("1.x", "1.3.0"),
        ("1.X.X", "1.3.0"),
        ("*", "2.0.0"),
        ("", "2.0.0"),
        ("latest", "1.3.0"),
        ("^1.0.0", "1.3.0"),
        ("^0.1.0", "0.1.0"),
        ("~1.2.0", "1.2.9"),
        ("~1", "1.3.0"),
        (">1.2.0 <2", "1.3.0"),
        ("> 1.2.0 < 1.3.0", "1.2.9"),
        ("<=1.2.0", "1.2.0"),
        (">=1.2.0-ballot <1.2.0", "1.2.0-ballot"),
        ("1.0.0 - 1.2", "1.2.9"),
        ("0.1.x || 0.2.x", "0.2.3"),
        ("=1.0.0", "1.0.0"),
        ("v1.0.0", "1.0.0"),
        ("3.x", None),
        ("3.0.0-draft", "3.0.0-draft"),
        ("current", None),
        ("dev", None),
        ("9.9.9", None),
    ],
)
def test_the_newest_that_is_accepted_is_chosen(asked: str, version: str | None) -> None:
    assert choose(asked, VERSIONS, {"latest": "1.3.0"}) == version


@pytest.mark.parametrize(
    ("asked", "at_hand", "version"),
    [
        ("dev", ["current", "1.0.0"], "current"),
        ("dev", ["current", "dev"], "dev"),
        ("current$branch", ["current", "current$branch"], "current$branch"),
    ],
)
def test_builds_that_are_no_releases_are_versions_of_their_own(
    asked: str, at_hand: list[str], version: str
) -> None:
    assert choose(asked, at_hand, {}) == version


@pytest.mark.parametrize("asked", ["a", "1.2.3.4.5", ">", "1.2 beta", "1 - 2 - 3", "^"])
def test_what_is_no_range_is_refused(asked: str) -> None:
    with pytest.raises(UnreadableRange):
        accepts(asked, "1.0.0")
