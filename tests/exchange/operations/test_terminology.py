"""Terminology operations over HTTP, on what is stored and on what ships with the hub."""

from typing import Any

import httpx
import pytest

from exchange.hub import Hub

SYSTEM = "http://hospital.example/CodeSystem/departments"
CODE_SYSTEM: dict[str, Any] = {
    "resourceType": "CodeSystem",
    "id": "departments",
    "url": SYSTEM,
    "version": "1",
    "name": "Departments",
    "status": "active",
    "content": "complete",
    "caseSensitive": True,
    "hierarchyMeaning": "is-a",
    "language": "zh-CN",
    "concept": [
        {
            "code": "03",
            "display": "内科",
            "designation": [{"language": "en", "value": "Internal medicine"}],
            "concept": [{"code": "0304", "display": "心血管内科"}, {"code": "0305", "display": "肾病学科"}],
        },
        {"code": "04", "display": "外科"},
    ],
}
VALUE_SET: dict[str, Any] = {
    "resourceType": "ValueSet",
    "id": "internal",
    "url": "http://hospital.example/ValueSet/internal",
    "version": "1",
    "status": "active",
    "compose": {
        "include": [{"system": SYSTEM, "filter": [{"property": "concept", "op": "is-a", "value": "03"}]}]
    },
}
CONCEPT_MAP: dict[str, Any] = {
    "resourceType": "ConceptMap",
    "id": "map",
    "url": "http://hospital.example/ConceptMap/map",
    "status": "active",
    "group": [
        {
            "source": "urn:local",
            "target": SYSTEM,
            "element": [{"code": "XNK", "target": [{"code": "0304", "equivalence": "wider"}]}],
            "unmapped": {"mode": "fixed", "code": "03"},
        }
    ],
}


@pytest.fixture(autouse=True)
async def stored(client: httpx.AsyncClient) -> None:
    for each in (CODE_SYSTEM, VALUE_SET, CONCEPT_MAP):
        answer = await client.put(f"{each['resourceType']}/{each['id']}", json=each)
        assert answer.status_code in (200, 201), answer.text


def said(resource: dict[str, Any]) -> dict[str, Any]:
    """Each parameter's value by its name."""
    return {
        each["name"]: next(value for name, value in each.items() if name != "name")
        for each in resource["parameter"]
    }


async def asked(client: httpx.AsyncClient, path: str, **parameters: str) -> dict[str, Any]:
    answer = await client.get(path, params=parameters)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def test_a_value_set_expands_by_url_and_by_id(client: httpx.AsyncClient, hub: Hub) -> None:
    by_url = await asked(client, "ValueSet/$expand", url=VALUE_SET["url"])
    by_id = await asked(client, "ValueSet/internal/$expand")
    assert hub.check(by_url) == []
    assert by_url["expansion"]["contains"] == by_id["expansion"]["contains"]
    (root,) = by_url["expansion"]["contains"]
    assert (root["code"], [each["code"] for each in root["contains"]]) == ("03", ["0304", "0305"])


async def test_an_expansion_is_paged_and_filtered(client: httpx.AsyncClient) -> None:
    page = await asked(client, "ValueSet/internal/$expand", count="1", offset="1")
    assert [each["code"] for each in page["expansion"]["contains"]] == ["0304"]
    assert page["expansion"]["total"] == 3
    for text in ("心血", "xxg", "0304"):
        found = await asked(client, "ValueSet/internal/$expand", filter=text)
        assert [each["code"] for each in found["expansion"]["contains"]] == ["0304"], text


async def test_the_language_is_negotiated(client: httpx.AsyncClient) -> None:
    told = await asked(client, "CodeSystem/$lookup", system=SYSTEM, code="03", displayLanguage="en")
    assert said(told)["display"] == "Internal medicine"
    answer = await client.get(
        "ValueSet/internal/$expand", params={"excludeNested": "true"}, headers={"Accept-Language": "en"}
    )
    displays = [each.get("display") for each in answer.json()["expansion"]["contains"]]
    assert displays == ["Internal medicine", "心血管内科", "肾病学科"]


@pytest.mark.parametrize(
    ("parameters", "result"),
    [
        ({"code": "0304", "system": SYSTEM}, True),
        ({"code": "0304", "system": SYSTEM, "display": "心血管内科"}, True),
        ({"code": "0304", "system": SYSTEM, "display": "骨科"}, False),
        ({"code": "04", "system": SYSTEM}, False),
        ({"code": "0304", "inferSystem": "true"}, True),
        ({"code": "0304", "system": "urn:other"}, False),
    ],
)
async def test_codes_are_validated(
    client: httpx.AsyncClient, hub: Hub, parameters: dict[str, str], result: bool
) -> None:
    told = await asked(client, "ValueSet/internal/$validate-code", **parameters)
    assert said(told)["result"] is result
    assert hub.check(told) == []


async def test_a_codeable_concept_is_posted(client: httpx.AsyncClient) -> None:
    concept = {"coding": [{"system": "urn:other", "code": "1"}, {"system": SYSTEM, "code": "0305"}]}
    parameters = [
        {"name": "url", "valueUri": VALUE_SET["url"]},
        {"name": "codeableConcept", "valueCodeableConcept": concept},
    ]
    answer = await client.post(
        "ValueSet/$validate-code", json={"resourceType": "Parameters", "parameter": parameters}
    )
    assert said(answer.json())["result"] is True
    assert said(answer.json())["code"] == "0305"


async def test_a_batch_answers_each(client: httpx.AsyncClient) -> None:
    parameters: list[dict[str, Any]] = [{"name": "url", "valueUri": VALUE_SET["url"]}]
    for code in ("0304", "04"):
        one = [{"name": "coding", "valueCoding": {"system": SYSTEM, "code": code}}]
        parameters.append(
            {"name": "validation", "resource": {"resourceType": "Parameters", "parameter": one}}
        )
    answer = await client.post(
        "ValueSet/$batch-validate-code", json={"resourceType": "Parameters", "parameter": parameters}
    )
    assert [said(each["resource"])["result"] for each in answer.json()["parameter"]] == [True, False]


async def test_one_code_subsumes_another(client: httpx.AsyncClient) -> None:
    for a, b, outcome in (
        ("03", "0304", "subsumes"),
        ("0304", "03", "subsumed-by"),
        ("03", "04", "not-subsumed"),
    ):
        told = await asked(client, "CodeSystem/$subsumes", system=SYSTEM, codeA=a, codeB=b)
        assert said(told) == {"outcome": outcome}
    told = await asked(client, "CodeSystem/departments/$subsumes", codeA="03", codeB="03")
    assert said(told) == {"outcome": "equivalent"}


async def test_codes_are_translated_both_ways(client: httpx.AsyncClient, hub: Hub) -> None:
    told = await asked(client, "ConceptMap/$translate", system="urn:local", code="XNK")
    assert hub.check(told) == []
    parts = {each["name"]: each for each in told["parameter"][1]["part"]}
    assert parts["concept"]["valueCoding"] == {"system": SYSTEM, "code": "0304"}
    assert parts["equivalence"]["valueCode"] == "wider"
    back = await asked(client, "ConceptMap/map/$translate", system=SYSTEM, code="0304", reverse="true")
    parts = {each["name"]: each for each in back["parameter"][1]["part"]}
    assert parts["concept"]["valueCoding"]["code"] == "XNK"
    assert parts["equivalence"]["valueCode"] == "narrower"
    fixed = await asked(client, "ConceptMap/map/$translate", system="urn:local", code="?")
    assert said(fixed)["result"] is True
    unknown = await asked(client, "ConceptMap/$translate", system="urn:else", code="?")
    assert said(unknown)["result"] is False


async def test_what_is_written_is_in_force_at_once(client: httpx.AsyncClient) -> None:
    changed = {**CODE_SYSTEM, "concept": [*CODE_SYSTEM["concept"], {"code": "05", "display": "妇产科"}]}
    assert (
        await client.get("CodeSystem/$lookup", params={"system": SYSTEM, "code": "05"})
    ).status_code == 404
    await client.put("CodeSystem/departments", json=changed)
    assert said(await asked(client, "CodeSystem/$lookup", system=SYSTEM, code="05"))["display"] == "妇产科"
    await client.delete("CodeSystem/departments")
    assert (
        await client.get("CodeSystem/$lookup", params={"system": SYSTEM, "code": "05"})
    ).status_code == 404


async def test_r4s_own_value_sets_are_there(client: httpx.AsyncClient) -> None:
    found = await asked(client, "ValueSet/$expand", url="http://hl7.org/fhir/ValueSet/administrative-gender")
    assert [each["code"] for each in found["expansion"]["contains"]] == ["male", "female", "other", "unknown"]


async def test_definitions_may_come_with_the_request(client: httpx.AsyncClient) -> None:
    compose = {"include": [{"system": SYSTEM, "concept": [{"code": "04"}]}]}
    own = {"resourceType": "ValueSet", "url": "urn:own", "status": "active", "compose": compose}
    parameters = [{"name": "url", "valueUri": "urn:own"}, {"name": "tx-resource", "resource": own}]
    body = {"resourceType": "Parameters", "parameter": parameters}
    answer = await client.post("ValueSet/$expand", json=body)
    assert [each["code"] for each in answer.json()["expansion"]["contains"]] == ["04"]
    assert (await client.get("ValueSet/$expand", params={"url": "urn:own"})).status_code == 422


@pytest.mark.parametrize(
    ("path", "parameters", "status"),
    [
        ("ValueSet/$expand", {}, 400),
        ("ValueSet/$expand", {"url": "urn:none"}, 422),
        ("ValueSet/none/$expand", {}, 404),
        ("ValueSet/internal/$expand", {"count": "-1"}, 400),
        ("ValueSet/internal/$expand", {"activeOnly": "perhaps"}, 400),
        ("ValueSet/internal/$expand", {"displayLanguage": "no language!"}, 400),
        ("ValueSet/$validate-code", {"url": VALUE_SET["url"]}, 400),
        ("CodeSystem/$lookup", {"code": "03"}, 400),
        ("CodeSystem/$lookup", {"system": "urn:none", "code": "03"}, 404),
        ("CodeSystem/$subsumes", {"system": SYSTEM, "codeA": "03"}, 400),
        ("CodeSystem/$subsumes", {"system": SYSTEM, "codeA": "03", "codeB": "?"}, 404),
        ("ConceptMap/$translate", {"url": "urn:none", "code": "1", "system": "urn:x"}, 404),
        ("ConceptMap/$translate", {}, 400),
    ],
)
async def test_a_clients_fault_is_told(
    client: httpx.AsyncClient, path: str, parameters: dict[str, str], status: int
) -> None:
    answer = await client.get(path, params=parameters)
    assert (answer.status_code, answer.json()["resourceType"]) == (status, "OperationOutcome"), answer.text


async def test_the_capabilities_name_what_is_stored(client: httpx.AsyncClient) -> None:
    told = await asked(client, "metadata", mode="terminology")
    assert {"uri": SYSTEM, "version": [{"code": "1"}], "subsumption": True} in told["codeSystem"]
    statement = await asked(client, "metadata")
    (value_set,) = (each for each in statement["rest"][0]["resource"] if each["type"] == "ValueSet")
    assert {"expand", "validate-code"} <= {each["name"] for each in value_set["operation"]}


@pytest.mark.parametrize(
    "parameter",
    [
        {"name": "tx-resource", "resource": {"resourceType": "ValueSet", "compose": "x"}},
        {
            "name": "valueSet",
            "resource": {"resourceType": "ValueSet", "status": "active", "compose": {"include": [1]}},
        },
        {
            "name": "tx-resource",
            "resource": {"resourceType": "CodeSystem", "concept": [{"display": "no code"}]},
        },
        {"name": "coding", "valueCoding": {"system": 5, "code": {}}},
        {"name": "codeableConcept", "valueCodeableConcept": {"coding": "x"}},
    ],
)
async def test_what_is_no_fhir_is_refused(client: httpx.AsyncClient, parameter: dict[str, Any]) -> None:
    url = {"name": "url", "valueUri": VALUE_SET["url"]}
    body = {"resourceType": "Parameters", "parameter": [parameter, url]}
    answer = await client.post("ValueSet/$validate-code", json=body)
    assert 400 <= answer.status_code < 500, answer.text
