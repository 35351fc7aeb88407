"""Whatever comes with a request, it is answered: by a result or by an OperationOutcome."""

import copy
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from terminology.library import Library
from terminology.wire.operations import OPERATIONS, Asked, answer

SYSTEM = "http://a.example/system"
CODE_SYSTEM: dict[str, Any] = {
    "resourceType": "CodeSystem",
    "url": SYSTEM,
    "version": "1.0.0",
    "language": "en",
    "content": "complete",
    "property": [{"code": "kind", "uri": "http://hl7.org/fhir/concept-properties#status", "type": "code"}],
    "concept": [
        {
            "code": "a",
            "display": "A",
            "definition": "The first",
            "designation": [{"language": "de", "value": "Ah"}],
            "property": [{"code": "kind", "valueCode": "retired"}],
            "extension": [{"url": "http://hl7.org/fhir/StructureDefinition/itemWeight", "valueDecimal": 1}],
            "concept": [{"code": "b", "display": "B"}],
        }
    ],
}
VALUE_SET: dict[str, Any] = {
    "resourceType": "ValueSet",
    "url": "http://a.example/vs",
    "compose": {
        "include": [
            {"system": SYSTEM, "filter": [{"property": "concept", "op": "is-a", "value": "a"}]},
            {"system": SYSTEM, "version": "1.0.0", "concept": [{"code": "b", "display": "Bee"}]},
        ],
        "exclude": [{"valueSet": ["http://a.example/vs2"]}],
    },
}
SECOND: dict[str, Any] = {
    "resourceType": "ValueSet",
    "url": "http://a.example/vs2",
    "compose": {"include": [{"system": SYSTEM, "concept": [{"code": "c"}]}]},
}
MAP: dict[str, Any] = {
    "resourceType": "ConceptMap",
    "url": "http://a.example/map",
    "group": [{"source": SYSTEM, "target": "urn:b", "element": [{"code": "a", "target": [{"code": "x"}]}]}],
}
JUNK = (None, True, 7, -1.5, "", "a", "urn:x|1", [], {}, [None], [{}], {"code": 1}, ["a"], [[]])


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Every place below the root."""
    below = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [place for key, each in below for place in ((*path, key), *places(each, (*path, key)))]


@st.composite
def broken(draw: st.DrawFn) -> list[dict[str, Any]]:
    """The definitions, with junk in up to three places."""
    made = copy.deepcopy([CODE_SYSTEM, VALUE_SET, SECOND, MAP])
    for _ in range(draw(st.integers(0, 3))):
        *way, last = draw(st.sampled_from([place for place in places(made) if len(place) > 1]))
        if last == "resourceType":
            continue
        at: Any = made
        for key in way:
            at = at[key]
        at[last] = copy.deepcopy(draw(st.sampled_from(JUNK)))
    return made


@settings(max_examples=150, deadline=None)
@given(
    broken(),
    st.sampled_from(sorted(OPERATIONS)),
    st.sampled_from(("a", "b", "c")),
    st.sampled_from(
        (("filter", "a"), ("displayLanguage", "de"), ("property", "*"), ("reverse", True), ("count", 1))
    ),
)
def test_what_is_broken_is_told_not_raised(
    resources: list[dict[str, Any]], operation: str, code: str, option: tuple[str, Any]
) -> None:
    given_ = [("tx-resource", each) for each in resources]
    given_ += [("system", SYSTEM), ("code", code), ("codeA", "a"), ("codeB", code), option]
    given_.append(("url", VALUE_SET["url"] if operation in ("expand", "validate-code") else SYSTEM))
    status, resource = answer(
        operation, Asked(Library(), given_, "", lambda: ("urn:uuid:1", "2026-01-01T00:00:00Z"))
    )
    assert resource["resourceType"] in ("Parameters", "ValueSet", "OperationOutcome")
    assert (status >= 400) == (resource["resourceType"] == "OperationOutcome")
