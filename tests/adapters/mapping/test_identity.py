from uuid import uuid5

from hypothesis import given
from hypothesis import strategies as st

from adapters.mapping.identity import NAMESPACE, key, resource_id


@given(st.text(), st.text(), st.text())
def test_it_is_uuid5(kind: str, hospital: str, business_key: str) -> None:
    name = f"{kind}|{hospital}|{business_key}"
    try:
        name.encode()
    except UnicodeEncodeError:
        return
    assert resource_id(kind, hospital, business_key) == str(uuid5(NAMESPACE, name))


@given(st.lists(st.text(alphabet="ab|\\"), min_size=1), st.lists(st.text(alphabet="ab|\\"), min_size=1))
def test_two_lists_of_parts_never_meet(one: list[str], two: list[str]) -> None:
    assert (key(*one) == key(*two)) == (one == two)


def test_the_ids_that_are_in_use_stay() -> None:
    assert resource_id("Patient", "h1", "urn:oid:1.2.3|4711") == "1e5903f8-cfdb-5975-89ca-0cb906e5cd8d"
