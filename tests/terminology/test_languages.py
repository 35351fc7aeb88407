"""Languages asked for, and the designation that suits them best."""

import pytest

from terminology.designations import Designation, preferred
from terminology.languages import NotALanguage, languages

NAMES = [
    Designation("Head", "en"),
    Designation("头", "zh-CN"),
    Designation("頭", "zh-TW"),
    Designation("Kopf", "de"),
]


@pytest.mark.parametrize(
    ("asked", "shown"),
    [
        ("zh-CN", "头"),
        ("zh-TW", "頭"),
        ("zh", "头"),
        ("zh-Hant-TW", "頭"),
        ("fr, de;q=0.5", "Kopf"),
        ("fr;q=0.9, en;q=0.1", "Head"),
        ("*", "Head"),
        ("fr", ""),
    ],
)
def test_the_best_language_is_shown(asked: str, shown: str) -> None:
    found = preferred(NAMES, languages(asked))
    assert (found.value if found else "") == shown


@pytest.mark.parametrize("bad", ["", "no such tag!", "en;q=2", ",,", "x" * 99])
def test_what_is_no_language_is_refused(bad: str) -> None:
    with pytest.raises(NotALanguage):
        languages(bad)
