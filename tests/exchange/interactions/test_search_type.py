"""search: a Bundle of stored bytes, pages that join, and no more than the caller may see."""

from typing import Any

import httpx
import pytest

COUNT = 7


def observation(n: int, **more: Any) -> dict[str, Any]:
    return {
        "resourceType": "Observation",
        "id": f"o{n}",
        "status": "final",
        "code": {"coding": [{"system": "http://loinc.org", "code": "718-7"}]},
        "subject": {"reference": "Patient/p1"},
        "performer": [{"reference": "Practitioner/d1"}],
        "effectiveDateTime": f"2024-01-{n + 1:02}T08:00:00+08:00",
        **more,
    }


@pytest.fixture(autouse=True)
async def stored(client: httpx.AsyncClient) -> None:
    """A patient with seven observations, and a practitioner."""
    patient = {"resourceType": "Patient", "id": "p1", "name": [{"family": "诸葛", "given": ["亮"]}]}
    doctor = {"resourceType": "Practitioner", "id": "d1"}
    resources = [patient, doctor, *(observation(n) for n in range(COUNT))]
    entries = [
        {"resource": each, "request": {"method": "PUT", "url": f"{each['resourceType']}/{each['id']}"}}
        for each in resources
    ]
    await client.post("", json={"resourceType": "Bundle", "type": "transaction", "entry": entries})


async def pages(client: httpx.AsyncClient, url: str) -> list[dict[str, Any]]:
    found = [(await client.get(url)).json()]
    while next_ := {link["relation"]: link["url"] for link in found[-1]["link"]}.get("next"):
        found.append((await client.get(next_)).json())
    return found


async def test_a_searchset(client: httpx.AsyncClient) -> None:
    answer = await client.get("Observation", params={"code": "http://loinc.org|718-7", "_sort": "date"})
    bundle = answer.json()
    assert answer.status_code == 200
    assert (bundle["resourceType"], bundle["type"], bundle["total"]) == ("Bundle", "searchset", COUNT)
    for n, entry in enumerate(bundle["entry"]):
        assert entry["fullUrl"] == f"http://127.0.0.1:8080/fhir/Observation/o{n}"
        assert entry["search"] == {"mode": "match"}
        read = await client.get(f"Observation/o{n}")
        assert read.content in answer.content
    assert [link["relation"] for link in bundle["link"]] == ["self"]
    again = await client.get(bundle["link"][0]["url"])
    assert again.content == answer.content


async def test_pages_join_even_when_written_in_between(client: httpx.AsyncClient) -> None:
    first = (
        await client.get("Observation", params={"subject": "Patient/p1", "_count": 3, "_sort": "-date"})
    ).json()
    await client.put("Observation/o99", json=observation(30, id="o99"))
    await client.delete("Observation/o6")
    rest = await pages(client, first["link"][1]["url"])
    ids = [entry["resource"]["id"] for bundle in [first, *rest] for entry in bundle["entry"]]
    assert ids == [f"o{n}" for n in range(6, -1, -1)]


async def test_the_cursor_is_opaque_and_checked(client: httpx.AsyncClient) -> None:
    first = (await client.get("Observation", params={"_count": 3})).json()
    assert "_cursor=" in first["link"][1]["url"]
    for cursor in ("x", "MTIz", "1", "中"):
        answer = await client.get("Observation", params={"_cursor": cursor})
        assert answer.status_code == 400
        assert answer.json()["issue"][0]["expression"] == ["_cursor"]


async def test_post_takes_parameters_from_both_places(client: httpx.AsyncClient) -> None:
    answer = await client.post("Patient/_search?_id=p1", data={"family": "诸葛"})
    assert answer.json()["total"] == 1
    answer = await client.post("Patient/_search?_id=p1", data={"family": "欧阳"})
    assert answer.json()["total"] == 0
    assert (await client.post("Patient/_search")).json()["total"] == 1
    wrong = await client.post("Patient/_search", json={"family": "诸葛"})
    assert (wrong.status_code, wrong.json()["issue"][0]["expression"]) == (415, ["Content-Type"])


async def test_unknown_parameters_are_refused_or_told(client: httpx.AsyncClient) -> None:
    strict = await client.get("Patient", params={"nonsense": "1"})
    assert strict.status_code == 400
    assert strict.json()["issue"][0]["expression"] == ["nonsense"]
    lenient = await client.get("Patient", params={"nonsense": "1"}, headers={"Prefer": "handling=lenient"})
    assert lenient.status_code == 200
    outcome = lenient.json()["entry"][-1]
    assert outcome["search"] == {"mode": "outcome"}
    assert outcome["resource"]["issue"][0]["expression"] == ["nonsense"]
    assert "nonsense" not in lenient.json()["link"][0]["url"]


async def test_counting_sends_no_entries(client: httpx.AsyncClient) -> None:
    for parameters in ({"_summary": "count"}, {"_count": "0"}):
        bundle = (await client.get("Observation", params=parameters)).json()
        assert (bundle["total"], bundle.get("entry")) == (COUNT, None)


async def test_no_match_is_a_bundle_without_entries(client: httpx.AsyncClient) -> None:
    bundle = (await client.get("Observation", params={"_id": "absent"})).json()
    assert (bundle["total"], bundle.get("entry")) == (0, None)


async def test_included(client: httpx.AsyncClient) -> None:
    parameters = {
        "_id": "o1",
        "_include": ["Observation:subject:Patient", "Observation:performer:Practitioner"],
    }
    bundle = (await client.get("Observation", params=parameters)).json()
    modes = {entry["resource"]["resourceType"]: entry["search"]["mode"] for entry in bundle["entry"]}
    assert modes == {"Observation": "match", "Patient": "include", "Practitioner": "include"}


async def test_the_caller_sees_only_permitted_types(caller: Any) -> None:
    narrow = await caller("system/Observation.rs system/Patient.s")
    assert (await narrow.get("Observation", params={"_id": "o1"})).status_code == 200
    assert (await narrow.get("Observation", params={"patient.family": "诸葛"})).status_code == 200
    for url, parameters in (
        ("Observation", {"_include": "Observation:subject:Patient"}),
        ("Observation", {"performer:Practitioner._id": "d1"}),
        ("Patient", {"_revinclude": "Encounter:subject"}),
        ("Patient", {"_has:Encounter:subject:status": "finished"}),
        ("Practitioner", {}),
    ):
        refused = await narrow.get(url, params=parameters)
        assert refused.status_code == 403, (url, parameters)
        assert refused.json()["issue"][0]["code"] == "forbidden"
        assert "insufficient_scope" in refused.headers["www-authenticate"]


async def test_the_form_of_the_entries(client: httpx.AsyncClient) -> None:
    bundle = (await client.get("Patient", params={"_elements": "gender"})).json()
    (entry,) = bundle["entry"]
    assert set(entry["resource"]) == {"resourceType", "id", "meta"}
    assert entry["resource"]["meta"]["tag"][0]["code"] == "SUBSETTED"
    pretty = await client.get("Patient", params={"_pretty": "true"})
    assert pretty.text.startswith('{\n  "resourceType": "Bundle"')


async def test_a_query_that_is_no_text(client: httpx.AsyncClient) -> None:
    for query in ("name=%ff", "name=a%00b", "&".join(f"_id={n}" for n in range(300)), "name=%ED%A0%80"):
        answer = await client.get(f"Patient?{query}")
        assert answer.status_code == 400
        assert answer.json()["resourceType"] == "OperationOutcome"
