"""The CapabilityStatement says what is registered, and only that."""

from typing import Any

import httpx

from exchange.hub import Hub
from exchange.interactions.routes import TABLE


def resource(statement: dict[str, Any], kind: str) -> dict[str, Any]:
    found: dict[str, Any] = next(each for each in statement["rest"][0]["resource"] if each["type"] == kind)
    return found


async def test_anybody_may_ask(client: httpx.AsyncClient, hub: Hub) -> None:
    del client.headers["Authorization"]
    answer = await client.get("metadata")
    assert answer.status_code == 200
    statement = answer.json()
    assert hub.check(statement) == []
    assert statement["fhirVersion"] == "4.0.1"
    assert statement["format"] == ["application/fhir+json", "json"]
    assert {each["type"] for each in statement["rest"][0]["resource"]} == hub.definitions.resource_types
    assert (await client.get("metadata")).content == answer.content


async def test_interactions_are_the_registered_ones(client: httpx.AsyncClient) -> None:
    statement = (await client.get("metadata")).json()
    patient = resource(statement, "Patient")
    codes = {each["code"] for each in patient["interaction"]}
    assert codes == {
        *("read", "vread", "update", "patch", "delete", "history-instance", "history-type"),
        *("create", "search-type"),
    }
    assert codes <= {each.code for each in TABLE}
    assert patient["conditionalDelete"] == "single"
    system = {each["code"] for each in statement["rest"][0]["interaction"]}
    assert system == {"transaction", "batch", "history-system", "search-system"}
    assert [each["name"] for each in patient["operation"]] == ["everything"]
    assert "operation" not in resource(statement, "Observation")


async def test_every_search_parameter_told_is_taken(client: httpx.AsyncClient) -> None:
    statement = (await client.get("metadata")).json()
    examples = {
        "token": "x",
        "string": "x",
        "date": "2024",
        "number": "1",
        "quantity": "1",
        "uri": "urn:x",
        "reference": "x",
    }
    for kind in ("Patient", "Observation", "Encounter", "Specimen"):
        told = resource(statement, kind)["searchParam"]
        assert {"_id", "_lastUpdated"} <= {each["name"] for each in told}
        assert all(each["definition"].startswith("http://hl7.org/fhir/SearchParameter/") for each in told)
        for each in told:
            answer = await client.get(kind, params={each["name"]: examples[each["type"]], "_count": "1"})
            assert answer.status_code == 200, (kind, each, answer.text)
        for include in resource(statement, kind)["searchInclude"]:
            answer = await client.get(kind, params={"_include": include, "_count": "1"})
            assert answer.status_code == 200, (kind, include, answer.text)
