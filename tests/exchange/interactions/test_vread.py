"""vread: one version, whatever came later."""

import httpx
import pytest

PATIENT = {"resourceType": "Patient", "id": "p1"}


@pytest.fixture
async def versions(client: httpx.AsyncClient) -> None:
    """Created, changed, deleted, brought back: four versions."""
    await client.put("Patient/p1", json={**PATIENT, "gender": "male"})
    await client.put("Patient/p1", json={**PATIENT, "gender": "female"})
    await client.delete("Patient/p1")
    await client.put("Patient/p1", json={**PATIENT, "gender": "other"})


@pytest.mark.usefixtures("versions")
async def test_each_version_is_there(client: httpx.AsyncClient) -> None:
    for number, gender in ((1, "male"), (2, "female"), (4, "other")):
        version = await client.get(f"Patient/p1/_history/{number}")
        assert version.status_code == 200
        assert version.headers["etag"] == f'W/"{number}"'
        assert version.json()["gender"] == gender
        assert version.json()["meta"]["versionId"] == str(number)
    assert (await client.get("Patient/p1/_history/3")).status_code == 410


@pytest.mark.usefixtures("versions")
@pytest.mark.parametrize("vid", ["0", "5", "99999999999999999999", "abc", "-1", "1.0", "١"])
async def test_no_such_version(client: httpx.AsyncClient, vid: str) -> None:
    version = await client.get(f"Patient/p1/_history/{vid}")
    assert version.status_code in (400, 404)
    assert version.json()["resourceType"] == "OperationOutcome"


@pytest.mark.usefixtures("versions")
async def test_a_version_can_be_read_conditionally(client: httpx.AsyncClient) -> None:
    version = await client.get("Patient/p1/_history/1", headers={"If-None-Match": 'W/"1"'})
    assert version.status_code == 304
