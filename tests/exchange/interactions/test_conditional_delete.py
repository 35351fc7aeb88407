"""conditional delete: the one match; several are refused."""

import httpx

PATIENT = {"resourceType": "Patient", "identifier": [{"system": "urn:x", "value": "1"}]}
URL = "Patient?identifier=urn:x|1"


async def test_none_one_several(client: httpx.AsyncClient) -> None:
    assert (await client.delete(URL)).status_code == 204
    made = await client.post("Patient", json=PATIENT)
    gone = await client.delete(URL)
    assert (gone.status_code, gone.headers["etag"]) == (204, 'W/"2"')
    assert (await client.get(f"Patient/{made.json()['id']}")).status_code == 410
    for _ in range(2):
        await client.post("Patient", json=PATIENT)
    several = await client.delete(URL)
    assert (several.status_code, several.json()["issue"][0]["code"]) == (412, "multiple-matches")
    assert (await client.get(URL)).json()["total"] == 2


async def test_criteria_must_select(client: httpx.AsyncClient) -> None:
    await client.post("Patient", json=PATIENT)
    for url in ("Patient", "Patient?_count=1", "Patient?nonsense=1"):
        assert (await client.delete(url)).status_code in (400, 412)
    assert (await client.get("Patient", params={"_summary": "count"})).json()["total"] == 1


async def test_an_outcome_if_wanted(client: httpx.AsyncClient) -> None:
    wanted = {"Prefer": "return=OperationOutcome"}
    for status in ("No Patient matches the criteria", "deleted"):
        answer = await client.delete(URL, headers=wanted)
        assert answer.status_code == 200
        assert answer.json()["issue"][0]["diagnostics"].endswith(status)
        await client.post("Patient", json=PATIENT)
