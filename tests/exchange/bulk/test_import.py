"""$import: files of others, from where it is allowed alone."""

import asyncio
import gzip
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest

from exchange.app import build_app
from exchange.bulk.fetching import require_allowed
from exchange.bulk.importing import import_files
from exchange.hub import Hub
from exchange.jobs.runner import working
from exchange.outcome import FhirError
from tests.exchange.conftest import FHIR, token

Caller = Callable[[str], Awaitable[httpx.AsyncClient]]
ASYNC = {"Prefer": "respond-async"}
LINES = [{"resourceType": "Patient", "id": f"i{n}", "active": True} for n in range(3)]


@pytest.fixture
async def folder(tmp_path: Path) -> Path:
    made = tmp_path / "incoming"
    made.mkdir()
    return made


@pytest.fixture
async def importing(hub: Hub, folder: Path) -> AsyncIterator[httpx.AsyncClient]:
    """A client of a hub that may import from the folder, and from a server on this machine."""
    asked: list[str] = []
    server = await asyncio.start_server(lambda r, w: answer_file(r, w, asked), "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    allowed = f"file://{folder}/ http://127.0.0.1:{port}/files"
    own = replace(hub, settings=hub.settings.model_copy(update={"import_from": allowed}))
    headers = {"Authorization": f"Bearer {await token(own, 'system/*.cruds')}"}
    transport = httpx.ASGITransport(build_app(own), raise_app_exceptions=False)
    async with (
        server,
        working(own, {"import": import_files}),
        httpx.AsyncClient(transport=transport, base_url=FHIR + "/", headers=headers) as client,
    ):
        client.headers["X-Port"] = str(port)
        yield client


async def answer_file(reader: Any, writer: Any, asked: list[str]) -> None:
    target = (await reader.readuntil(b"\r\n\r\n")).split(b" ")[1].decode()
    asked.append(target)
    body = b"\n".join(json.dumps(line).encode() for line in LINES)
    status = b"200 OK" if target == "/files/p.ndjson" else b"302 Found\r\nLocation: /files/p.ndjson"
    writer.write(b"HTTP/1.1 %b\r\nContent-Length: %d\r\n\r\n%b" % (status, len(body), body))
    await writer.drain()
    writer.close()


async def imported(client: httpx.AsyncClient, *urls: str) -> httpx.Response:
    given = {
        "inputFormat": "application/fhir+ndjson",
        "input": [{"type": "Patient", "url": url} for url in urls],
    }
    answer = await client.post("$import", json=given, headers=ASYNC)
    if answer.status_code != 202:
        return answer
    async with asyncio.timeout(120):
        while True:
            told = await client.get(answer.headers["Content-Location"])
            if told.status_code != 202:
                return told
            await asyncio.sleep(0.05)


async def test_files_of_a_folder(importing: httpx.AsyncClient, folder: Path) -> None:
    (folder / "p.ndjson.gz").write_bytes(gzip.compress(b"\n".join(json.dumps(x).encode() for x in LINES)))
    bad = [LINES[0], {"resourceType": "Patient", "id": "x", "gender": "?"}, {"resourceType": "Nothing"}]
    (folder / "q.ndjson").write_text("\n".join(map(json.dumps, bad)))
    urls = [f"file://{folder}/p.ndjson.gz", f"file://{folder}/q.ndjson"]
    told = (await imported(importing, *urls)).json()
    assert [(each["inputUrl"], each["count"]) for each in told["output"]] == [(urls[0], 3), (urls[1], 1)]
    assert told["rejected"] == 2
    assert (await importing.get("Patient/i2")).json()["active"] is True
    errors = (await importing.get(told["error"][0]["url"])).text.splitlines()
    assert [json.loads(line)["resourceType"] for line in errors] == ["OperationOutcome"] * 2
    assert json.loads(errors[0])["issue"][0]["extension"][0]["valueInteger"] == 2


async def test_files_of_a_server_as_parameters(importing: httpx.AsyncClient) -> None:
    url = f"http://127.0.0.1:{importing.headers['X-Port']}/files/p.ndjson"
    parts = [{"name": "type", "valueCode": "Patient"}, {"name": "url", "valueUri": url}]
    parameters = [
        {"name": "inputFormat", "valueCode": "application/fhir+ndjson"},
        {"name": "input", "part": parts},
    ]
    body = {"resourceType": "Parameters", "parameter": parameters}
    headers = ASYNC | {"Content-Type": "application/fhir+json"}
    answer = await importing.post("$import", content=json.dumps(body), headers=headers)
    assert answer.status_code == 202, answer.text
    async with asyncio.timeout(120):
        while True:
            told = await importing.get(answer.headers["Content-Location"])
            if told.status_code != 202:
                break
            await asyncio.sleep(0.05)
    assert told.json()["output"][0]["count"] == 3


async def test_a_source_that_leads_elsewhere_is_not_followed(importing: httpx.AsyncClient) -> None:
    told = await imported(importing, f"http://127.0.0.1:{importing.headers['X-Port']}/files/other")
    assert told.status_code == 422
    assert "302" in told.text


async def test_nothing_is_allowed_unless_it_is_set(client: httpx.AsyncClient) -> None:
    answer = await imported(client, "https://example.org/x.ndjson")
    assert answer.status_code == 422
    assert "YILIAN_IMPORT_FROM" in answer.text


async def test_only_who_may_write_anything(caller: Caller) -> None:
    client = await caller("system/Patient.cruds")
    assert (await imported(client, "https://example.org/x.ndjson")).status_code == 403


@pytest.mark.parametrize(
    "url",
    [
        "https://example.org/files/../secret",
        "https://example.org/files/%2e%2e/secret",
        "https://example.org/filesystem/x",
        "https://example.org.evil.com/files/x",
        "https://example.org@evil.com/files/x",
        "https://user@example.org/files/x",
        "http://example.org/files/x",
        "https://example.org:444/files/x",
        "https://example.org:x/files/x",
        "file:///etc/passwd",
        "/files/x",
        "",
    ],
)
def test_what_lies_outside(url: str) -> None:
    with pytest.raises(FhirError):
        require_allowed(url, ("https://example.org/files",), "input[0].url")


def test_what_lies_inside() -> None:
    require_allowed("https://example.org/files/a/b.ndjson?x=1", ("https://example.org/files",), "")


async def test_a_link_out_of_the_folder(importing: httpx.AsyncClient, folder: Path) -> None:
    (folder.parent / "secret.ndjson").write_text("{}")
    (folder / "link.ndjson").symlink_to(folder.parent / "secret.ndjson")
    told = await imported(importing, f"file://{folder}/link.ndjson")
    assert told.status_code == 422


@pytest.mark.parametrize(
    ("body", "expression"),
    [
        ({"input": []}, "input"),
        ({"input": [{"type": "Patient"}]}, "input[0].url"),
        ({"input": [{"url": "file:///x", "type": "Nothing"}]}, "input[0].type"),
        ({"input": [{"url": "file:///x"}], "inputFormat": "text/csv"}, "inputFormat"),
    ],
)
async def test_what_is_no_manifest(client: httpx.AsyncClient, body: Any, expression: str) -> None:
    answer = await client.post("$import", json=body, headers=ASYNC)
    assert answer.status_code == 400
    assert answer.json()["issue"][0]["expression"] == [expression]
