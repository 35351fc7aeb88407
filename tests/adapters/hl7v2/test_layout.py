"""Messages of one make-up share their layout; it is that of the groups of the standard."""

from hypothesis import given
from hypothesis import strategies as st

from adapters.hl7v2.layout import Layout, layout_of
from adapters.hl7v2.parse import Message, Segment, parse
from adapters.hl7v2.structure import Group, group

HEADER = "MSH|^~\\&|LIS|H1|HUB|R|20240301||ORU^R01^ORU_R01|1|P|2.5.1"
NAMES = ("PID", "PV1", "ORC", "OBR", "OBX", "NTE", "SPM", "ZPI", "MRG")


def message(names: list[str], number: str) -> Message:
    return parse("\r".join((HEADER, *(f"{name}|{number}" for name in names))))


def flat(layout: Layout) -> list[object]:
    return [
        layout.name,
        *(flat(child) if isinstance(child, Layout) else child for child in layout.children),
    ]


def expected(tree: Group) -> list[object]:
    return [
        tree.name,
        *(child.position if isinstance(child, Segment) else expected(child) for child in tree.children),
    ]


@given(st.lists(st.sampled_from(NAMES), max_size=12))
def test_a_layout_is_that_of_the_groups(names: list[str]) -> None:
    for number in ("1", "2"):
        of = message(names, number)
        tree, layout = group(of), layout_of(of)
        assert flat(layout) == expected(tree)
        assert list(layout.issues) == list(tree.issues)
        first = {segment.name: segment.position for segment in reversed(list(tree.walk()))}
        assert layout.below == first


def test_messages_of_one_make_up_share_it() -> None:
    names = ["PID", "OBR", "OBX", "OBX"]
    assert layout_of(message(names, "1")) is layout_of(message(names, "2"))
    assert layout_of(message([*names, "NTE"], "1")) is not layout_of(message(names, "1"))


def test_a_long_message_is_not_remembered() -> None:
    names = ["PID", "OBR", *["OBX"] * 300]
    assert layout_of(message(names, "1")) is not layout_of(message(names, "1"))
