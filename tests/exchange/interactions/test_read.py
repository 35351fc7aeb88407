"""read: the stored bytes, or why not."""

from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime

import httpx
import pytest

PATIENT = {"resourceType": "Patient", "id": "p1", "name": [{"family": "欧阳", "given": ["娜娜"]}]}


@pytest.fixture
async def version(client: httpx.AsyncClient) -> httpx.Response:
    """The answer to the creation of p1."""
    return await client.put("Patient/p1", json=PATIENT, headers={"Content-Type": "application/fhir+json"})


async def test_read_gives_what_was_stored(client: httpx.AsyncClient, version: httpx.Response) -> None:
    read = await client.get("Patient/p1")
    assert read.status_code == 200
    assert read.content == version.content
    assert read.json()["name"] == PATIENT["name"]
    assert read.headers["content-type"] == "application/fhir+json;charset=utf-8"
    assert read.headers["etag"] == 'W/"1"'
    updated = datetime.fromisoformat(read.json()["meta"]["lastUpdated"])
    assert parsedate_to_datetime(read.headers["last-modified"]) == updated.replace(microsecond=0)


async def test_head_has_the_headers_of_get(client: httpx.AsyncClient, version: httpx.Response) -> None:
    read, head = await client.get("Patient/p1"), await client.head("Patient/p1")
    assert head.status_code == 200
    assert head.content == b""
    assert head.headers == read.headers


async def test_what_never_was_and_what_is_no_more(client: httpx.AsyncClient, version: httpx.Response) -> None:
    unknown = await client.get("Patient/p2")
    assert (unknown.status_code, unknown.json()["issue"][0]["code"]) == (404, "not-found")
    await client.delete("Patient/p1")
    gone = await client.get("Patient/p1")
    assert (gone.status_code, gone.json()["issue"][0]["code"]) == (410, "deleted")
    assert gone.headers["etag"] == 'W/"2"'


@pytest.mark.parametrize(
    ("header", "value", "status"),
    [
        ("If-None-Match", 'W/"1"', 304),
        ("If-None-Match", '"1"', 304),
        ("If-None-Match", 'W/"7", W/"1"', 304),
        ("If-None-Match", "*", 304),
        ("If-None-Match", 'W/"2"', 200),
        ("If-None-Match", "nonsense", 200),
        ("If-Modified-Since", format_datetime(datetime(2100, 1, 1, tzinfo=UTC), usegmt=True), 304),
        ("If-Modified-Since", format_datetime(datetime(2000, 1, 1, tzinfo=UTC), usegmt=True), 200),
        ("If-Modified-Since", "nonsense", 200),
    ],
)
async def test_conditional_read(
    client: httpx.AsyncClient, version: httpx.Response, header: str, value: str, status: int
) -> None:
    read = await client.get("Patient/p1", headers={header: value})
    assert read.status_code == status
    assert read.headers["etag"] == 'W/"1"'
    assert bool(read.content) == (status == 200)


async def test_the_moment_of_its_own_last_modified_is_not_modified(
    client: httpx.AsyncClient, version: httpx.Response
) -> None:
    headers = {"If-Modified-Since": version.headers["last-modified"]}
    assert (await client.get("Patient/p1", headers=headers)).status_code == 304


@pytest.mark.parametrize("id_", ["a b", "a_b", "x" * 65, "中"])
async def test_an_impossible_id_is_the_clients_fault(client: httpx.AsyncClient, id_: str) -> None:
    read = await client.get(f"Patient/{id_}")
    assert read.status_code == 400
    assert read.json()["issue"][0]["expression"] == ["id"]


async def test_concurrent_reads_each_get_their_own(client: httpx.AsyncClient) -> None:
    import asyncio

    ids = [f"p{n}" for n in range(30)]
    headers = {"Content-Type": "application/fhir+json"}
    for id_ in ids:
        await client.put(f"Patient/{id_}", json={**PATIENT, "id": id_}, headers=headers)
    reads = await asyncio.gather(*(client.get(f"Patient/{id_}") for id_ in [*ids, "absent"]))
    assert [read.json().get("id") for read in reads] == [*ids, None]
    assert reads[-1].status_code == 404
