"""$graphql over the hub: what a query selects, through references and searches, with the caller's grant."""

from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest

Caller = Callable[[str], Awaitable[httpx.AsyncClient]]
Resource = dict[str, Any]

PATIENT: Resource = {
    "resourceType": "Patient",
    "id": "p",
    "active": True,
    "name": [
        {"use": "official", "family": "林", "given": ["妙", "玉"]},
        {"use": "usual", "text": "小林"},
    ],
    "birthDate": "1990-01-02",
    "_birthDate": {"extension": [{"url": "urn:x", "valueString": "noted"}]},
    "contained": [{"resourceType": "Organization", "id": "o", "name": "诊所"}],
    "generalPractitioner": [{"reference": "#o"}],
    "managingOrganization": {"reference": "Organization/none"},
}


def observation(id_: str, value: str) -> str:
    """With a number whose text must survive."""
    return (
        f'{{"resourceType":"Observation","id":"{id_}","status":"final","code":{{"text":"x"}},'
        f'"subject":{{"reference":"Patient/p"}},"valueQuantity":{{"value":{value},"unit":"g"}}}}'
    )


@pytest.fixture(autouse=True)
async def stored(client: httpx.AsyncClient) -> None:
    assert (await client.put("Patient/p", json=PATIENT)).status_code == 201
    headers = {"Content-Type": "application/fhir+json"}
    for id_, value in (("a", "1.10"), ("b", "2")):
        answer = await client.put(f"Observation/{id_}", content=observation(id_, value), headers=headers)
        assert answer.status_code == 201


async def data(client: httpx.AsyncClient, path: str, query: str) -> Any:
    answer = await client.get(f"{path}$graphql", params={"query": query})
    assert answer.status_code == 200, answer.text
    assert answer.headers["Content-Type"].startswith("application/json")
    return answer.json()["data"]


async def refused(client: httpx.AsyncClient, path: str, query: str, status: int = 400) -> str:
    answer = await client.get(f"{path}$graphql", params={"query": query})
    assert answer.status_code == status, answer.text
    (error, *_) = answer.json()["errors"]
    assert error["extensions"]["resource"]["resourceType"] == "OperationOutcome"
    message: str = error["message"]
    return message


async def test_members_and_filters(client: httpx.AsyncClient) -> None:
    query = "{ id name(use: official) { family given(_offset: 1) } _birthDate { extension { valueString } } }"
    assert await data(client, "Patient/p/", query) == {
        "id": "p",
        "name": [{"family": "林", "given": ["玉"]}],
        "_birthDate": {"extension": [{"valueString": "noted"}]},
    }
    query = '{ name(fhirpath: "text.exists()") { text } }'
    assert await data(client, "Patient/p/", query) == {"name": [{"text": "小林"}]}


async def test_references_forth_and_back(client: httpx.AsyncClient) -> None:
    query = "{ subject { resource { ... on Patient { id generalPractitioner { resource { name } } } } } }"
    found = await data(
        client, "Observation/a/", query.replace("{ name }", "{ ... on Organization { name } }")
    )
    practitioner = [{"resource": {"name": "诊所"}}]
    assert found == {"subject": {"resource": {"id": "p", "generalPractitioner": practitioner}}}
    query = "{ ObservationList(_reference: subject, _sort: _id) { id valueQuantity { value } } }"
    answer = await client.get("Patient/p/$graphql", params={"query": query})
    assert '"value":1.10' in answer.text
    assert [each["id"] for each in answer.json()["data"]["ObservationList"]] == ["a", "b"]


async def test_the_whole_system(client: httpx.AsyncClient) -> None:
    query = """
        query q($n: Int = 1) {
            Patient(id: "p") { resourceType active }
            first: ObservationConnection(subject: "Patient/p", _count: $n, _total: accurate) {
                count pagesize edges { mode resource { id } } next
            }
        }"""
    found = await data(client, "", query)
    assert found["Patient"] == {"resourceType": "Patient", "active": True}
    connection = found["first"]
    assert (connection["count"], connection["pagesize"], len(connection["edges"])) == (2, 1, 1)
    query = f'{{ ObservationConnection(subject: "Patient/p", _count: 1, _cursor: "{connection["next"]}")'
    second = await data(client, "", query + " { edges { resource { id } } } }")
    ids = {each["resource"]["id"] for each in connection["edges"] + second["ObservationConnection"]["edges"]}
    assert ids == {"a", "b"}


async def test_by_post(client: httpx.AsyncClient) -> None:
    envelope = {
        "query": "query a { id } query b($yes: Boolean!) { id @include(if: $yes) active }",
        "operationName": "b",
        "variables": {"yes": False},
    }
    answer = await client.post("Patient/p/$graphql", json=envelope)
    assert answer.json() == {"data": {"active": True}}
    headers = {"Content-Type": "application/graphql"}
    assert (await client.post("Patient/p/$graphql", content="{ id }", headers=headers)).json() == {
        "data": {"id": "p"}
    }
    answer = await client.post("Patient/p/$graphql", content="{ id }", headers={"Content-Type": "text/plain"})
    assert answer.status_code == 415


async def test_flattened(client: httpx.AsyncClient) -> None:
    query = '{ name @flatten @slice(path: "use") { given text @singleton } active }'
    assert await data(client, "Patient/p/", query) == {
        "given.official": ["妙", "玉"],
        "text.usual": "小林",
        "active": True,
    }
    assert "singleton" in await refused(client, "Patient/p/", "{ name @flatten { given @singleton } }")


@pytest.mark.parametrize(
    "query",
    [
        "{ nothing }",
        "{ id { x } }",
        "{ name }",
        "{ name { nothing } }",
        "{ id",
        "mutation { id }",
        "subscription { id }",
        "{ ...missing }",
        "{ id @include(if: 1) }",
        "{ id @skip(if: $x) }",
        '{ name(fhirpath: "((") { text } }',
        "{ name(_count: -1) { text } }",
        "{ managingOrganization { resource { id } } }",
        "query a { id } query b { id }",
        "{ " + "a " * 6000 + "}",
        "{ " + "name { " * 40 + "text" + " }" * 41,
        "fragment f on Patient { ...f } { ...f }",
        "{ ObservationList(nothing: 1) { id } }",
    ],
)
async def test_what_cannot_be_answered(client: httpx.AsyncClient, query: str) -> None:
    assert await refused(client, "Patient/p/", query)


async def test_a_reference_that_may_be_missing(client: httpx.AsyncClient) -> None:
    query = "{ managingOrganization { reference resource(optional: true) { id } } }"
    assert await data(client, "Patient/p/", query) == {
        "managingOrganization": {"reference": "Organization/none"}
    }


async def test_only_what_the_caller_may_see(caller: Caller) -> None:
    client = await caller("system/Observation.rs")
    answer = await client.get("Observation/a/$graphql", params={"query": "{ subject { resource { id } } }"})
    assert answer.status_code == 403
    assert (await client.get("Patient/p/$graphql", params={"query": "{ id }"})).status_code == 403
    answer = await client.get("$graphql", params={"query": "{ PatientList { id } }"})
    assert answer.status_code == 403
    found = await client.get("$graphql", params={"query": "{ ObservationList(_id: a) { id } }"})
    assert found.json() == {"data": {"ObservationList": [{"id": "a"}]}}


async def test_what_is_not_there(client: httpx.AsyncClient) -> None:
    assert await refused(client, "Patient/none/", "{ id }", 404)
    assert await refused(client, "", '{ Patient(id: "none") { id } }')
