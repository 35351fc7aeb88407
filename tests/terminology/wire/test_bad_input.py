"""What cannot be answered is told with its right code, and soon."""

import time
from typing import Any

import pytest

from terminology.code_system import CodeSystem, Header
from terminology.hierarchy import Hierarchy
from terminology.library import Library, entry_of, ready
from terminology.wire.operations import Asked, answer

SYSTEM, VALUE_SET = "urn:system", "urn:vs"
CODE_SYSTEM: dict[str, Any] = {
    "resourceType": "CodeSystem",
    "url": SYSTEM,
    "version": "1.0.0",
    "content": "complete",
    "hierarchyMeaning": "is-a",
    "property": [{"code": "parent", "uri": "http://hl7.org/fhir/concept-properties#parent", "type": "code"}],
    "concept": [
        {"code": "a", "property": [{"code": "parent", "valueCode": "c"}]},
        {"code": "b", "property": [{"code": "parent", "valueCode": "a"}]},
        {"code": "c", "property": [{"code": "parent", "valueCode": "b"}]},
    ],
}
MILLION = 1_000_000
# Only what runs away takes so long.
SECONDS = 10


def value_set(url: str, *include: dict[str, Any]) -> dict[str, Any]:
    return {"resourceType": "ValueSet", "url": url, "compose": {"include": list(include)}}


RESOURCES = [
    CODE_SYSTEM,
    value_set("urn:all", {"system": SYSTEM}),
    value_set(
        "urn:below", {"system": SYSTEM, "filter": [{"property": "concept", "op": "is-a", "value": "a"}]}
    ),
    value_set("urn:unknown", {"system": "urn:nothing"}),
    value_set("urn:version", {"system": SYSTEM, "version": "9.9.9"}),
    value_set("urn:pinned", {"system": SYSTEM, "version": "1.0.0"}),
    value_set("urn:circle-1", {"valueSet": ["urn:circle-2"]}),
    value_set("urn:circle-2", {"valueSet": ["urn:circle-1"]}),
    value_set("urn:missing", {"valueSet": ["urn:nowhere"]}),
    value_set("urn:op", {"system": SYSTEM, "filter": [{"property": "x", "op": "=", "value": "1"}]}),
    value_set(
        "urn:empty", {"system": SYSTEM, "filter": [{"property": "concept", "op": "is-a", "value": ""}]}
    ),
    value_set(
        "urn:pattern", {"system": SYSTEM, "filter": [{"property": "code", "op": "regex", "value": "(a"}]}
    ),
    *(value_set(f"urn:wide-{n}", *([{"valueSet": [f"urn:wide-{n + 1}"]}] * 4)) for n in range(30)),
]
LIBRARY = Library(map(entry_of, RESOURCES))


def ask(operation: str, library: Library = LIBRARY, **given: Any) -> tuple[int, dict[str, Any]]:
    named = [(name.replace("_", "-"), value) for name, value in given.items()]
    began = time.process_time()
    told = answer(operation, Asked(library, named, "", lambda: ("urn:uuid:1", "2026-01-01T00:00:00Z")))
    assert time.process_time() - began < SECONDS
    return told


@pytest.mark.parametrize(
    ("operation", "given", "status", "code", "said"),
    [
        ("expand", {"url": "urn:nowhere"}, 422, "not-found", "urn:nowhere"),
        ("expand", {"url": "urn:unknown"}, 422, "not-found", "urn:nothing"),
        ("expand", {"url": "urn:version"}, 422, "not-found", "Valid versions: 1.0.0"),
        ("expand", {"url": "urn:circle-1"}, 422, "processing", "urn:circle-2"),
        ("expand", {"url": "urn:missing"}, 422, "not-found", "urn:nowhere"),
        ("expand", {"url": "urn:wide-0"}, 422, "not-found", "urn:wide-30"),
        ("expand", {"url": "urn:op"}, 400, "not-supported", "x = 1"),
        ("expand", {"url": "urn:empty"}, 400, "invalid", "has no value"),
        ("expand", {"url": "urn:pattern"}, 400, "invalid", "(a"),
        ("expand", {"url": "urn:all", "count": "-1"}, 400, "invalid", "count"),
        ("expand", {"url": "urn:all", "offset": "x"}, 400, "invalid", "offset"),
        ("expand", {"url": "urn:all", "activeOnly": "yes"}, 400, "invalid", "activeOnly"),
        ("expand", {"url": "urn:all", "displayLanguage": "??"}, 400, "processing", "displayLanguage"),
        ("expand", {"url": "urn:all", "force_system_version": SYSTEM}, 400, "invalid", "url|version"),
        ("expand", {"url": "urn:pinned", "check_system_version": f"{SYSTEM}|2"}, 400, "exception", "'2'"),
        ("expand", {"url": "urn:all", "force_system_version": f"{SYSTEM}|2"}, 422, "not-found", "1.0.0"),
        ("expand", {"url": "urn:all", "useSupplement": "urn:s"}, 422, "not-found", "urn:s"),
        ("expand", {}, 400, "required", "url"),
        ("validate-code", {"url": "urn:nowhere", "code": "a"}, 422, "not-found", "urn:nowhere"),
        (
            "validate-code",
            {"url": "urn:circle-1", "code": "a", "system": SYSTEM},
            422,
            "processing",
            "urn:circle",
        ),
        ("validate-code", {"url": "urn:all"}, 400, "invalid", "code"),
        ("cs-validate-code", {"code": "a"}, 400, "required", "url"),
        ("lookup", {"system": "urn:nothing", "code": "a"}, 404, "not-found", "urn:nothing"),
        ("lookup", {"system": SYSTEM, "version": "2", "code": "a"}, 404, "not-found", "'2'"),
        ("lookup", {"system": SYSTEM, "code": "z"}, 404, "code-invalid", "z"),
        ("subsumes", {"system": SYSTEM, "codeA": "a", "codeB": "z"}, 404, "code-invalid", "z"),
        ("subsumes", {"codeA": "a", "codeB": "b"}, 400, "required", "system"),
        ("translate", {"url": "urn:nowhere", "system": SYSTEM, "code": "a"}, 404, "not-found", "urn:nowhere"),
        ("translate", {"system": SYSTEM}, 400, "invalid", "code"),
        ("preferred-id", {"id": "urn:x", "type": "url"}, 400, "invalid", "oid"),
        ("preferred-id", {"type": "oid"}, 400, "required", "id"),
        ("preferred-id", {"id": "urn:x", "type": "oid"}, 404, "not-found", "urn:x"),
    ],
)
def test_what_is_wrong_is_told(
    operation: str, given: dict[str, Any], status: int, code: str, said: str
) -> None:
    told, outcome = ask(operation, **given)
    assert (told, outcome["resourceType"]) == (status, "OperationOutcome"), outcome
    assert outcome["issue"][0]["code"] == code
    assert said in outcome["issue"][0]["details"]["text"]


@pytest.mark.parametrize("given", [{"system": "urn:nothing"}, {"system": SYSTEM, "systemVersion": "9"}])
def test_a_check_that_cannot_be_made_is_no_success(given: dict[str, str]) -> None:
    status, told = ask("validate-code", url="urn:all", code="a", **given)
    said = {each["name"]: each for each in told["parameter"]}
    assert status == 200
    assert said["result"]["valueBoolean"] is False
    assert said["issues"]["resource"]["issue"]


def test_concepts_may_go_in_a_circle() -> None:
    _, told = ask("expand", url="urn:below", excludeNested="true")
    assert {each["code"] for each in told["expansion"]["contains"]} == {"a", "b", "c"}
    assert ask("subsumes", system=SYSTEM, codeA="a", codeB="b")[0] == 200
    assert ask("lookup", system=SYSTEM, code="a")[0] == 200


def test_a_million_members() -> None:
    codes = [str(n) for n in range(MILLION)]
    numbers = {code: n for n, code in enumerate(codes)}
    header = Header(SYSTEM, "1", name="Million", is_case_sensitive=True)
    system = CodeSystem(header, codes, codes, numbers, Hierarchy(MILLION, ()), [{}] * MILLION)
    library = Library([ready(system), entry_of(value_set("urn:all", {"system": SYSTEM}))])
    status, outcome = ask("expand", library, url="urn:all")
    assert (status, outcome["issue"][0]["code"]) == (422, "too-costly")
    assert ask("expand", library, url="urn:all", count="5000")[0] == 422
    status, page = ask("expand", library, url="urn:all", count="10", offset=str(MILLION - 3))
    assert (status, page["expansion"]["total"]) == (200, MILLION)
    assert [each["code"] for each in page["expansion"]["contains"]] == ["999997", "999998", "999999"]
    assert ask("expand", library, url="urn:all", count="0")[1]["expansion"]["total"] == MILLION
    assert ask("validate-code", library, url="urn:all", system=SYSTEM, code="999999")[0] == 200
