"""JSON Patch: RFC 6902 by tables, and by properties over generated documents and differences."""

import copy
import json
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exchange.outcome import FhirError
from exchange.patch import limits
from exchange.patch.json_patch import equal, json_patch

NAMES = st.text("ab/~0-", max_size=3)
LEAVES = st.one_of(
    st.none(), st.booleans(), st.integers(-9, 9), st.decimals(-9, 9, places=2), st.text("xy", max_size=2)
)
DOCUMENTS = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3),
    max_leaves=12,
)


def step(name: str | int) -> str:
    return "/" + str(name).replace("~", "~0").replace("/", "~1")


def difference(before: Any, after: Any, path: str = "") -> Iterator[dict[str, Any]]:
    """Operations that make one of the other."""
    if type(before) is dict and type(after) is dict:
        for name in before:
            if name not in after:
                yield {"op": "remove", "path": path + step(name)}
        for name, value in after.items():
            if name in before:
                yield from difference(before[name], value, path + step(name))
            else:
                yield {"op": "add", "path": path + step(name), "value": value}
    elif type(before) is list and type(after) is list:
        for n in range(min(len(before), len(after))):
            yield from difference(before[n], after[n], path + step(n))
        for _ in range(len(after), len(before)):
            yield {"op": "remove", "path": path + step(len(after))}
        for value in after[len(before) :]:
            yield {"op": "add", "path": f"{path}/-", "value": value}
    elif not equal(before, after) or str(before) != str(after):
        yield {"op": "replace", "path": path, "value": after}


def pointers(value: Any, path: str = "") -> Iterator[str]:
    """Of everything in a document."""
    yield path
    children = value.items() if type(value) is dict else enumerate(value) if type(value) is list else ()
    for name, child in children:
        yield from pointers(child, path + step(name))


@given(DOCUMENTS, DOCUMENTS)
def test_a_difference_makes_the_other(before: Any, after: Any) -> None:
    kept = copy.deepcopy((before, after))
    assert equal(json_patch(before, list(difference(before, after))), after)
    assert (before, after) == kept


@given(DOCUMENTS, st.data())
def test_what_is_there_passes_its_test(document: Any, data: st.DataObject) -> None:
    path = data.draw(st.sampled_from(list(pointers(document))))
    taken = json_patch({"d": document}, [{"op": "copy", "from": f"/d{path}", "path": "/x"}])["x"]
    for operation in ("test", "replace"):
        assert equal(json_patch(document, [{"op": operation, "path": path, "value": taken}]), document)


@given(DOCUMENTS, st.data())
def test_to_move_is_to_copy_and_remove(document: Any, data: st.DataObject) -> None:
    path = data.draw(st.sampled_from(list(pointers(document))))
    whole = {"d": document}
    moved = json_patch(whole, [{"op": "move", "from": f"/d{path}", "path": "/x"}])
    copied = json_patch(
        whole, [{"op": "copy", "from": f"/d{path}", "path": "/x"}, {"op": "remove", "path": f"/d{path}"}]
    )
    assert moved == copied
    back = json_patch(moved, [{"op": "move", "from": "/x", "path": f"/d{path}"}])
    assert equal(back, whole)


APPLIED = [
    ({"a": 1}, [{"op": "add", "path": "", "value": [2]}], [2]),
    ({"a": {"b": 1}}, [{"op": "move", "from": "/a/b", "path": "/a"}], {"a": 1}),
    ({"a": [1, 2]}, [{"op": "add", "path": "/a/2", "value": 3}], {"a": [1, 2, 3]}),
    ({"": 1}, [{"op": "replace", "path": "/", "value": 2}], {"": 2}),
    ({"a~b/c": 1}, [{"op": "remove", "path": "/a~0b~1c"}], {}),
    ({"é": 1}, [{"op": "test", "path": "/é", "value": Decimal("1.0")}], {"é": 1}),
    ({"a": None}, [{"op": "test", "path": "/a", "value": None}], {"a": None}),
    (
        {},
        [{"op": "add", "path": "/a", "value": {}}, {"op": "add", "path": "/a/b", "value": 1}],
        {"a": {"b": 1}},
    ),
]
REFUSED = [
    ({"a": True}, {"op": "test", "path": "/a", "value": 1}, 422),
    ({"a": "1"}, {"op": "test", "path": "/a", "value": 1}, 422),
    ({"a": {"b": 1}}, {"op": "test", "path": "/a", "value": {}}, 422),
    ({"a": [1]}, {"op": "add", "path": "/a/2", "value": 1}, 422),
    ({"a": [1]}, {"op": "remove", "path": "/a/-"}, 422),
    ({"a": [1]}, {"op": "replace", "path": "/a/01", "value": 1}, 422),
    ({"a": [1]}, {"op": "replace", "path": "/a/٠", "value": 1}, 422),
    ({"a": [1]}, {"op": "test", "path": "/a/1", "value": 1}, 422),
    ({"a": "text"}, {"op": "add", "path": "/a/0", "value": 1}, 422),
    ({"a": 1}, {"op": "copy", "from": "/b", "path": "/c"}, 422),
    ({"a": 1}, {"op": "remove", "path": ""}, 422),
    ({"a": 1}, {"op": "replace", "path": "/b", "value": 1}, 422),
    ({"a": {}}, {"op": "move", "from": "/a", "path": "/a/b"}, 400),
    ({"a": 1}, {"op": "remove", "path": "/a~2"}, 400),
    ({"a": 1}, {"op": "remove", "path": 1}, 400),
    ({"a": 1}, {"op": "remove"}, 400),
    ({"a": 1}, {"op": ["add"], "path": "/a"}, 400),
    ({"a": 1}, {"op": "copy", "path": "/a"}, 400),
]


@pytest.mark.parametrize(("document", "patch", "expected"), APPLIED)
def test_applied(document: Any, patch: Any, expected: Any) -> None:
    assert json_patch(document, patch) == expected


@pytest.mark.parametrize(("document", "operation", "status"), REFUSED)
def test_refused(document: Any, operation: Any, status: int) -> None:
    with pytest.raises(FhirError) as refused:
        json_patch(document, [operation])
    assert refused.value.status == status
    assert refused.value.issues[0].diagnostics


def test_numbers_keep_their_text() -> None:
    patch = [
        {"op": "add", "path": "/b", "value": Decimal("2.50")},
        {"op": "copy", "from": "/a", "path": "/c"},
    ]
    assert str(json_patch({"a": Decimal("1.10")}, patch)["c"]) == "1.10"
    assert str(json_patch({"a": Decimal("1.10")}, patch)["b"]) == "2.50"


def test_the_place_is_told_as_fhirpath() -> None:
    with pytest.raises(FhirError) as refused:
        json_patch({"resourceType": "Patient", "name": [{}]}, [{"op": "remove", "path": "/name/0/given/1"}])
    assert refused.value.issues[0].expression == "Patient.name[0].given"


def test_what_grows_without_end_is_stopped() -> None:
    doubling = [{"op": "copy", "from": "", "path": f"/{n}"} for n in range(40)]
    with pytest.raises(FhirError) as refused:
        json_patch({"a": "x" * 1000}, doubling)
    assert refused.value.status == 413
    many = json.loads(json.dumps([{"op": "remove", "path": "/a"}] * (limits.MAX_OPERATIONS + 1)))
    with pytest.raises(FhirError) as refused:
        json_patch({}, many)
    assert refused.value.status == 413
