import pytest

from adapters.mapping.document import load
from adapters.mapping.fault import Fault, MapError, Place


def test_only_plain_words_and_integers_are_not_text() -> None:
    block = load("{a: NO, b: 01, c: true, d: ~, e: 7, f: '7', g: [yes, 1.5], 11: on}", "m.yaml")
    assert block == {
        "a": "NO",
        "b": "01",
        "c": True,
        "d": None,
        "e": 7,
        "f": "7",
        "g": ["yes", "1.5"],
        "11": "on",
    }


def test_blocks_know_their_lines() -> None:
    block = load("a: 1\nb:\n  - {c: 2}\n  - d: 3\n", "m.yaml")
    assert [each.place for each in block["b"]] == [Place("m.yaml", 3), Place("m.yaml", 4)]


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("a: 1\nb: [1 2: 3]]", "m.yaml:2: not YAML"),
        ("a: 1\na: 2", "m.yaml:2: 'a' stands twice"),
        ("- 1", "m.yaml:1: not a mapping"),
        ("", "m.yaml:1: not a mapping"),
    ],
)
def test_faults_name_the_line(text: str, fault: str) -> None:
    with pytest.raises(MapError, match=fault.replace("[", r"\[")):
        load(text, "m.yaml")


def test_faults_are_told_in_the_order_of_the_files() -> None:
    error = MapError([Fault(Place("b", 2), "two"), Fault(Place("a", 9), "one")])
    assert str(error) == "a:9: one\nb:2: two"
