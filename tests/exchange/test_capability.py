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
    assert statement["format"] == ["application/fhir+json", "json", "application/fhir+xml", "xml"]
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
    registered = {each.code for each in TABLE}
    assert codes <= registered
    assert patient["conditionalDelete"] in ("single", "multiple")
    system = {each["code"] for each in statement["rest"][0]["interaction"]}
    assert system == {"transaction", "batch", "history-system", "search-system"}
    assert {"everything"} <= {each["name"] for each in patient["operation"]}
    told = {each["name"] for each in statement["rest"][0].get("operation", [])}
    told |= {each["name"] for kind in statement["rest"][0]["resource"] for each in kind.get("operation", [])}
    assert {f"${name}" for name in told} == {code for code in registered if code.startswith("$")}


async def test_what_refers_to_a_type_and_what_is_searched(client: httpx.AsyncClient) -> None:
    statement = (await client.get("metadata")).json()
    patient = resource(statement, "Patient")
    assert {"Observation:subject", "Observation:patient", "Encounter:patient"} <= set(
        patient["searchRevInclude"]
    )
    assert "Observation:device" not in patient["searchRevInclude"]
    documented = {each["name"]: each.get("documentation", "") for each in patient["searchParam"]}
    assert documented["family"] == "Patient.name.family"
    assert documented["_id"] == "Resource.id"


async def test_modes(client: httpx.AsyncClient, hub: Hub) -> None:
    full = await client.get("metadata?mode=full")
    assert full.json() == (await client.get("metadata")).json()
    assert (await client.get("metadata?mode=normative")).json()["resourceType"] == "CapabilityStatement"
    terminology = (await client.get("metadata?mode=terminology")).json()
    assert terminology["resourceType"] == "TerminologyCapabilities"
    assert hub.check(terminology) == []
    for query, expression in (("mode=x", "mode"), ("mode=full&mode=terminology", "mode"), ("x=y", "x")):
        answer = await client.get(f"metadata?{query}")
        assert (answer.status_code, answer.json()["issue"][0]["expression"]) == (400, [expression])


async def test_it_is_sent_once(client: httpx.AsyncClient) -> None:
    answer = await client.get("metadata")
    assert answer.headers["content-encoding"] == "gzip"
    for tag in (answer.headers["etag"], "*", f'"x", {answer.headers["etag"]}'):
        again = await client.get("metadata", headers={"If-None-Match": tag})
        assert (again.status_code, again.content) == (304, b"")
        assert again.headers["etag"] == answer.headers["etag"]
    assert (await client.get("metadata", headers={"If-None-Match": '"x"'})).status_code == 200


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
        "composite": "x$x",
        "special": "x",
    }
    others = {"near": "39.9|116.4|10", "_filter": "_id eq x"}
    for kind in ("Patient", "Observation", "Encounter", "Specimen"):
        told = resource(statement, kind)["searchParam"]
        assert {"_id", "_lastUpdated"} <= {each["name"] for each in told}
        assert all(each["definition"].startswith("http://hl7.org/fhir/SearchParameter/") for each in told)
        for each in told:
            value = others.get(each["name"], examples[each["type"]])
            if each["type"] == "composite":
                continue  # what its parts are is its own
            answer = await client.get(kind, params={each["name"]: value, "_count": "1"})
            assert answer.status_code == 200, (kind, each, answer.text)
        for include in resource(statement, kind)["searchInclude"]:
            answer = await client.get(kind, params={"_include": include, "_count": "1"})
            assert answer.status_code == 200, (kind, include, answer.text)
