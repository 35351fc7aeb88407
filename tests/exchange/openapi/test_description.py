"""The OpenAPI description says what is registered, and its schemas hold for what is valid."""

import json
from decimal import Decimal
from typing import Any

import httpx
import jsonschema_rs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from exchange.fhirjson import dumps, loads
from exchange.hub import definitions
from exchange.interactions.routes import TABLE
from exchange.openapi.schemas import schemas
from profiles.structure import compile_structure
from tests.profiles.strategies import resources

CHECK = compile_structure(definitions())
COMPONENTS = {"components": {"schemas": schemas(definitions(), definitions().resource_types)}}
ANY = st.sampled_from(sorted(definitions().resource_types)).flatmap(
    lambda name: resources(definitions(), name)
)


@pytest.fixture
async def described(client: httpx.AsyncClient) -> dict[str, Any]:
    del client.headers["Authorization"]
    answer = await client.get("openapi.json")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/json")
    again = await client.get("openapi.json", headers={"If-None-Match": answer.headers["etag"]})
    assert again.status_code == 304
    described: dict[str, Any] = answer.json()
    return described


async def test_every_interaction_is_described(described: dict[str, Any]) -> None:
    assert described["openapi"].startswith("3.1")
    types = definitions().resource_types
    for interaction in TABLE:
        for type_ in types if "{type}" in interaction.path else ("",):
            path = "/" + interaction.path.replace("{type}", type_)
            assert interaction.method.lower() in described["paths"][path]
    names = [each["operationId"] for path in described["paths"].values() for each in path.values()]
    assert len(names) == len(set(names))
    public = {
        path
        for path, item in described["paths"].items()
        if any(each.get("security") == [] for each in item.values())
    }
    assert public == {"/metadata", "/openapi.json"}


async def test_some_types_only(client: httpx.AsyncClient) -> None:
    answer = await client.get("openapi.json?_type=Patient,Group")
    described = answer.json()
    assert {path.split("/")[1] for path in described["paths"]} >= {"Patient", "Group", "metadata"}
    assert "/Observation" not in described["paths"]
    assert "Observation" not in described["components"]["schemas"]
    assert len(answer.content) < 500_000
    await test_every_reference_is_to_something(described)
    for query, expression in (("_type=x", "_type"), ("_type=Patient,", "_type"), ("x=y", "x")):
        answer = await client.get(f"openapi.json?{query}")
        assert (answer.status_code, answer.json()["issue"][0]["expression"]) == (400, [expression])


async def test_every_reference_is_to_something(described: dict[str, Any]) -> None:
    wanted = set()
    waiting: list[Any] = [described]
    while waiting:
        node = waiting.pop()
        if isinstance(node, dict):
            if isinstance(node.get("$ref"), str):
                wanted.add(node["$ref"])
            waiting += node.values()
        elif isinstance(node, list):
            waiting += node
    for target in wanted:
        found: Any = described
        for step in target.removeprefix("#/").split("/"):
            found = found[step]
        assert found


async def test_parameters_are_those_of_the_path(described: dict[str, Any]) -> None:
    shared = described["components"]["parameters"]
    for path, item in described["paths"].items():
        for operation in item.values():
            told = operation.get("parameters", [])
            named = [shared[each["$ref"].rpartition("/")[2]] if "$ref" in each else each for each in told]
            assert {each["name"] for each in named if each["in"] == "path"} == {
                segment[1:-1] for segment in path.split("/") if segment[:1] == "{"
            }
            places = [(each["name"], each["in"]) for each in named]
            assert len(places) == len(set(places)), path


def schema_of(name: str) -> Any:
    return jsonschema_rs.Draft202012Validator({"$ref": f"#/components/schemas/{name}", **COMPONENTS})


@given(ANY)
def test_a_valid_resource_fits_its_schema(resource: dict[str, Any]) -> None:
    resource = {"id": "1", **resource}
    if CHECK(resource):
        return
    dates = loads(dumps(resource))  # as JSON gives it
    errors = [
        error
        for error in schema_of(resource["resourceType"]).iter_errors(json.loads(dumps(dates)))
        # In dates and the like the schema is narrower.
        if "pattern" not in str(error.kind).lower() and "format" not in str(error.kind).lower()
    ]
    assert not errors


def test_what_is_not_valid_does_not_fit() -> None:
    patient = {
        "resourceType": "Patient",
        "name": [{"family": "王"}],
        "gender": "male",
        "birthDate": "1990-01-01",
    }
    schema = schema_of("Patient")
    assert schema.is_valid(patient)
    for wrong in (
        {"gender": "m"},
        {"name": {"family": "王"}},
        {"name": []},
        {"family": "王"},
        {"active": "true"},
        {"resourceType": "Group"},
        {"contact": [{"x": 1}]},
        {"multipleBirthInteger": 1.5},
        {"id": "a b"},
    ):
        assert not schema.is_valid(patient | wrong)
    assert not schema_of("Observation").is_valid({"resourceType": "Observation", "status": "final"})
    assert schema_of("Quantity").is_valid({"value": float(Decimal("1.10"))})
