"""A late message put in its place, and what is done where its place cannot be known."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from adapters.translation import Entry
from exchange.inbound.late import Chain, is_same, placed, told

FIELDS = st.dictionaries(
    st.sampled_from(("gender", "birthDate", "active", "deceasedBoolean", "deceasedDateTime")),
    st.sampled_from(("a", "b", "c")),
)


def entry(fields: dict[str, Any], *deletions: str) -> Entry:
    return Entry({"resourceType": "Patient", "id": "p", **fields}, deletions=deletions)


@given(
    st.lists(st.tuples(FIELDS, st.sampled_from(((), ("gender",), ("birthDate",)))), min_size=2, max_size=6),
    st.data(),
)
def test_any_one_late_message_is_as_if_it_were_not(
    said: list[tuple[dict[str, str], tuple[str, ...]]], data: st.DataObject
) -> None:
    entries = [entry(fields, *deletions) for fields, deletions in said]
    at = data.draw(st.integers(0, len(entries) - 2))
    without = told(None, entries[:at] + entries[at + 1 :])
    chain = Chain(told(None, entries[:at]), tuple(entries[at + 1 :]), (1,), is_sure=True)
    assert is_same(placed(without, [entries[at]], chain).now, told(None, entries))


def test_what_somebody_else_wrote_stays() -> None:
    current = entry({"gender": "x", "multipleBirthBoolean": True}).resource
    chain = Chain(None, (entry({"gender": "a"}),), (1,), is_sure=True)
    late = entry({"gender": "b", "birthDate": "1990", "multipleBirthInteger": 2})
    now = placed(current, [late], chain).now
    assert (now["gender"], now["birthDate"], now["multipleBirthBoolean"]) == ("x", "1990", True)
    assert "multipleBirthInteger" not in now


def test_a_resource_that_is_gone_is_made_anew() -> None:
    chain = Chain(entry({}).resource, (entry({"gender": "a"}),), (1,), is_sure=True)
    assert placed(None, [entry({"birthDate": "1990"})], chain).now["birthDate"] == "1990"
