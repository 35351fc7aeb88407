"""delete: gone for reads and searches, kept in the history."""

import httpx


async def test_deleted(client: httpx.AsyncClient) -> None:
    await client.put("Patient/p1", json={"resourceType": "Patient", "id": "p1", "gender": "male"})
    answer = await client.delete("Patient/p1")
    assert (answer.status_code, answer.content, answer.headers["etag"]) == (204, b"", 'W/"2"')
    assert (await client.get("Patient/p1")).status_code == 410
    assert (await client.get("Patient", params={"gender": "male"})).json()["total"] == 0
    assert (await client.get("Patient/p1/_history/1")).status_code == 200


async def test_deleting_again_or_what_never_was_is_harmless(client: httpx.AsyncClient) -> None:
    assert (await client.delete("Patient/p1")).status_code == 204
    await client.put("Patient/p1", json={"resourceType": "Patient", "id": "p1"})
    await client.delete("Patient/p1")
    again = await client.delete("Patient/p1")
    assert (again.status_code, again.headers["etag"]) == (204, 'W/"2"')


async def test_if_match(client: httpx.AsyncClient) -> None:
    await client.put("Patient/p1", json={"resourceType": "Patient", "id": "p1"})
    stale = await client.delete("Patient/p1", headers={"If-Match": 'W/"2"'})
    assert stale.status_code == 412
    assert (await client.delete("Patient/p1", headers={"If-Match": 'W/"1"'})).status_code == 204


async def test_an_outcome_if_preferred(client: httpx.AsyncClient) -> None:
    answer = await client.delete("Patient/p1", headers={"Prefer": "return=OperationOutcome"})
    assert answer.status_code == 200
    assert answer.json()["issue"][0]["severity"] == "information"
