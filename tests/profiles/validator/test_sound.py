"""What is left of a resource of the wrong shape is the same, whether all of it is looked at or its faults."""

import copy
from collections.abc import Iterator
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from profiles.definitions import definitions
from profiles.structure import compile_structure
from profiles.validator.sound import _reader, sound

PATIENT: dict[str, Any] = {
    "resourceType": "Patient",
    "text": {"status": "generated", "div": '<div xmlns="http://www.w3.org/1999/xhtml">x</div>'},
    "identifier": [{"system": "urn:a", "value": "1"}, {"system": "urn:b", "value": "2"}],
    "active": True,
    "name": [{"family": "李", "given": ["娜", "a"], "_given": [None, {"id": "x"}]}],
    "birthDate": "1980-05-01",
    "_birthDate": {"extension": [{"url": "http://example.com/time", "valueTime": "10:00:00"}]},
    "contact": [{"relationship": [{"text": "配偶"}], "name": {"text": "王伟"}}],
    "contained": [{"resourceType": "Organization", "id": "o", "name": "X"}],
    "managingOrganization": {"reference": "#o"},
}
WRONG = ("", 1, True, None, [], {}, ["x"], {"x": 1}, [None], [{}], "x y", {"id": "a"})


def places(value: Any) -> Iterator[tuple[Any, Any]]:
    below = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, one in list(below):
        if name != "resourceType":
            yield value, name
            yield from places(one)


@st.composite
def wrong(draw: st.DrawFn) -> dict[str, Any]:
    made = copy.deepcopy(PATIENT)
    for _ in range(draw(st.integers(1, 4))):
        owner, name = draw(st.sampled_from(list(places(made))))
        what = copy.deepcopy(draw(st.sampled_from(WRONG)))
        if isinstance(owner, dict) and draw(st.booleans()):
            name = draw(st.sampled_from(("unknown", f"_{str(name).removeprefix('_')}")))
        owner[name] = what
    return made


@given(wrong())
def test_the_faults_are_all_that_is_taken_out(resource: dict[str, Any]) -> None:
    known = definitions()
    found = compile_structure(known)(resource)
    _, left = sound(resource, found, known)
    everything = _reader(known).resource(resource, {})
    shape_is_wrong = any(issue.code in ("structure", "value") for issue in found)
    assert left == (everything if shape_is_wrong else resource)
