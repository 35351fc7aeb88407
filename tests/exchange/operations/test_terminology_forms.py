"""Every terminology operation by GET and POST, on the type and on an instance, alone and in a batch."""

from typing import Any

import httpx
import pytest

from exchange.hub import Hub
from tests.exchange.operations.test_terminology import (
    CODE_SYSTEM,
    CONCEPT_MAP,
    SYSTEM,
    VALUE_SET,
    said,
)

# Path of the type, id, what the request names beside the subject, and how the subject is named.
FORMS = [
    ("ValueSet/$expand", "internal", {}, {"url": VALUE_SET["url"]}),
    ("ValueSet/$validate-code", "internal", {"code": "03", "system": SYSTEM}, {"url": VALUE_SET["url"]}),
    ("CodeSystem/$validate-code", "departments", {"code": "03"}, {"url": SYSTEM}),
    ("CodeSystem/$lookup", "", {"code": "03"}, {"system": SYSTEM}),
    ("CodeSystem/$subsumes", "departments", {"codeA": "03", "codeB": "0304"}, {"system": SYSTEM}),
    ("ConceptMap/$translate", "map", {"code": "XNK", "system": "urn:local"}, {"url": CONCEPT_MAP["url"]}),
    ("NamingSystem/$preferred-id", "", {"id": "http://loinc.org", "type": "oid"}, {}),
    ("$versions", "", {}, {}),
]
KINDS = {"url": "valueUri", "system": "valueUri", "id": "valueString"}


@pytest.fixture(autouse=True)
async def stored(client: httpx.AsyncClient) -> None:
    for each in (CODE_SYSTEM, VALUE_SET, CONCEPT_MAP):
        answer = await client.put(f"{each['resourceType']}/{each['id']}", json=each)
        assert answer.status_code in (200, 201), answer.text


def posted(given: dict[str, str]) -> dict[str, Any]:
    listed = [{"name": name, KINDS.get(name, "valueCode"): value} for name, value in given.items()]
    return {"resourceType": "Parameters", **({"parameter": listed} if listed else {})}


def content(resource: dict[str, Any]) -> Any:
    """Without what is new in every answer."""
    expansion = resource.get("expansion")
    return expansion["contains"] if expansion else resource["parameter"]


@pytest.mark.parametrize(("path", "id_", "given", "subject"), FORMS)
async def test_all_forms_answer_alike(
    client: httpx.AsyncClient, hub: Hub, path: str, id_: str, given: dict[str, str], subject: dict[str, str]
) -> None:
    answers = [
        await client.get(path, params={**given, **subject}),
        await client.post(path, json=posted({**given, **subject})),
    ]
    if id_:
        instance = path.replace("/", f"/{id_}/")
        answers += [
            await client.get(instance, params=given),
            await client.post(instance, json=posted(given)),
        ]
    assert {each.status_code for each in answers} == {200}, [each.text for each in answers]
    first, *others = (content(each.json()) for each in answers)
    assert all(each == first for each in others)
    assert hub.check(answers[0].json()) == []


async def test_a_batch_takes_gets_and_posts(client: httpx.AsyncClient) -> None:
    right = posted({"code": "0304", "system": SYSTEM, "url": VALUE_SET["url"]})
    path = f"ValueSet/$validate-code?url={VALUE_SET['url']}&system={SYSTEM}&code="
    entries: list[dict[str, Any]] = [
        {"request": {"method": "GET", "url": path + "0305"}},
        {"request": {"method": "POST", "url": "ValueSet/$validate-code"}, "resource": right},
        {"request": {"method": "GET", "url": path + "04"}},
        {"request": {"method": "GET", "url": "ValueSet/$validate-code?url=urn:nothing&code=1"}},
    ]
    batch = {"resourceType": "Bundle", "type": "batch", "entry": entries}
    answered = (await client.post("", json=batch)).json()["entry"]
    assert [said(each["resource"])["result"] for each in answered[:3]] == [True, True, False]
    assert answered[3]["response"]["status"][:3] == "422"
    assert answered[3]["response"]["outcome"]["issue"][0]["code"] == "not-found"


async def test_what_is_looked_for_by_its_properties(client: httpx.AsyncClient, hub: Hub) -> None:
    parts = [{"name": "code", "valueCode": "parent"}, {"name": "value", "valueCode": "03"}]
    parameters = [
        {"name": "system", "valueUri": SYSTEM},
        {"name": "exact", "valueBoolean": True},
        {"name": "property", "part": parts},
    ]
    for path in ("CodeSystem/$find-matches", "CodeSystem/departments/$find-matches"):
        answer = await client.post(path, json={"resourceType": "Parameters", "parameter": parameters})
        codes = [each["part"][0]["valueCoding"]["code"] for each in answer.json()["parameter"]]
        assert codes == ["0304", "0305"]
        assert hub.check(answer.json()) == []


async def test_statements_tell_the_operations(client: httpx.AsyncClient) -> None:
    statement = (await client.get("metadata")).json()["rest"][0]
    told = {each["name"] for each in statement["operation"]}
    assert {"closure", "versions"} <= told
    by_type = {each["type"]: {o["name"] for o in each.get("operation", ())} for each in statement["resource"]}
    assert {"lookup", "subsumes", "validate-code", "find-matches"} <= by_type["CodeSystem"]
    assert "preferred-id" in by_type["NamingSystem"]
    capabilities = (await client.get("metadata", params={"mode": "terminology"})).json()
    assert "exclude-system" in {each["name"] for each in capabilities["expansion"]["parameter"]}
    assert capabilities["closure"] == {"translation": False}
