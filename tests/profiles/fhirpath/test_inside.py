"""A step from one object finds what the same step from a collection finds."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from profiles.definitions import definitions
from profiles.fhirpath import compile_expression

NOTE = {"extension": [{"url": "http://example.com/why", "valueString": "unknown"}]}
ENDS = ("", ".exists()", ".empty()", ".count()", ".hasValue()", ".extension.url", ".type().name")
PATHS = (
    ("Patient", "maritalStatus", "text"),
    ("Patient", "maritalStatus", "coding", "code"),
    ("Patient", "managingOrganization", "identifier", "period", "start"),
    ("Patient", "contact", "name", "given"),
    ("Patient", "text", "status"),
    ("Observation", "value"),
    ("Observation", "code", "text"),
    ("Bundle", "entry", "resource", "meta", "versionId"),
    ("Bundle", "entry", "search", "mode"),
)


def primitive(name: str, *values: Any) -> st.SearchStrategy[dict[str, Any]]:
    """A primitive element: nothing, a value, extensions, or both."""
    value = st.sampled_from(values).map(lambda one: {name: one})
    note = st.just({f"_{name}": NOTE})
    return st.one_of(st.just({}), value, note, st.builds(lambda one, two: one | two, value, note))


def element(**below: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries({}, optional=below)


def joined(*parts: st.SearchStrategy[dict[str, Any]]) -> st.SearchStrategy[dict[str, Any]]:
    return st.tuples(*parts).map(lambda found: {name: one for part in found for name, one in part.items()})


period = primitive("start", "2020", "2020-01-31T10:00:00Z")
concept = joined(
    primitive("text", "a", "b"),
    element(coding=st.lists(primitive("code", "x", "y").filter(bool), min_size=1, max_size=2)),
)
names = element(given=st.lists(st.sampled_from("ab"), min_size=1, max_size=2)) | st.just(
    {"given": ["a", None], "_given": [None, NOTE]}
)
patient = element(
    maritalStatus=concept,
    managingOrganization=element(identifier=element(period=period)),
    contact=st.lists(element(name=names), min_size=1, max_size=2),
    text=primitive("status", "generated"),
)
observation = joined(
    element(code=concept), primitive("valueString", "a"), primitive("valueDateTime", "2020") | st.just({})
)
resource = joined(st.just({"resourceType": "Patient"}), element(meta=primitive("versionId", "1", "2")))
bundle = element(
    entry=st.lists(element(resource=resource, search=primitive("mode", "match")), min_size=1, max_size=2)
)
KINDS = {"Patient": patient, "Observation": observation, "Bundle": bundle}


@given(st.sampled_from(PATHS), st.sampled_from(ENDS), st.data())
def test_one_and_many_agree(path: tuple[str, ...], end: str, data: st.DataObject) -> None:
    kind, *steps = path
    value = {"resourceType": kind, **data.draw(KINDS[kind])}
    directly = ".".join(steps) + end
    by_collections = ".where(true).".join(("$this", *steps)) + ".where(true)" + end
    found = [
        compile_expression(text, definitions(), kind).evaluate(value) for text in (directly, by_collections)
    ]
    assert found[0] == found[1]
