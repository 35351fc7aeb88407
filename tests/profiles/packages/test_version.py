"""Versions sort as semver has them, whatever else stands among them."""

from itertools import pairwise

import pytest

from profiles.packages.version import is_compatible, newest, version_key

ASCENDING = [
    "STU3",
    "0.9",
    "1.0.0-alpha",
    "1.0.0-alpha.1",
    "1.0.0-alpha.beta",
    "1.0.0-beta.2",
    "1.0.0-beta.11",
    "1.0.0-rc.1",
    "1.0.0",
    "1.0.1",
    "1.2",
    "1.10.0",
    "2022.4.20221006",
]


@pytest.mark.parametrize(("older", "newer"), list(pairwise(ASCENDING)))
def test_versions_sort(older: str, newer: str) -> None:
    assert version_key(older) < version_key(newer)


def test_what_is_built_from_it_does_not_make_a_version_newer() -> None:
    assert version_key("4.0.1+slim") == version_key("4.0.1") == version_key("v4.0.1")


def test_the_newest_is_a_release_if_there_is_one() -> None:
    assert newest(["1.0.0", "1.1.0", "2.0.0-ballot"]) == "1.1.0"
    assert newest(["2.0.0-ballot", "2.0.0-draft"]) == "2.0.0-draft"
    assert newest([]) is None


@pytest.mark.parametrize(
    ("asked", "version", "expected"),
    [
        ("1.2", "1.2.3", True),
        ("1.2.0", "1.2.3", True),
        ("1.2", "1.3.0", False),
        ("x", "x", True),
        ("x", "y", False),
        ("x", "1.0", False),
    ],
)
def test_patches_are_compatible(asked: str, version: str, expected: bool) -> None:
    assert is_compatible(asked, version) is expected
