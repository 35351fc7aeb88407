"""Binaries come and go as what they are."""

import base64

import httpx
import pytest

from exchange import xml
from exchange.hub import definitions

PIXEL = base64.b64decode(
    "R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7"  # a GIF of one pixel
)
FHIR = {"Accept": "application/fhir+json"}


async def test_content_is_taken_and_given_as_it_is(client: httpx.AsyncClient) -> None:
    headers = {"Content-Type": "image/gif", "X-Security-Context": "Patient/p1"}
    made = await client.post("Binary", content=PIXEL, headers=headers)
    assert made.status_code == 201
    assert made.headers["content-type"].startswith("application/fhir+json")
    url = made.headers["location"].partition("/_history")[0]
    for accept in ("*/*", "image/gif", "image/*, text/html;q=0.1", ""):
        answer = await client.get(url, headers={"Accept": accept})
        assert (answer.content, answer.headers["content-type"]) == (PIXEL, "image/gif")
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert "sandbox" in answer.headers["content-security-policy"]
        assert "content-disposition" not in answer.headers
        assert answer.headers["x-security-context"] == "Patient/p1"
        assert answer.headers["etag"] == 'W/"1"'
        assert answer.headers["vary"].startswith("Accept")
    version = await client.get(url + "/_history/1", headers={"Accept": "image/gif"})
    assert version.content == PIXEL
    head = await client.head(url, headers={"Accept": "image/gif"})
    assert (head.headers["content-length"], head.content) == (str(len(PIXEL)), b"")
    same = await client.get(url, headers={"Accept": "image/gif", "If-None-Match": 'W/"1"'})
    assert same.status_code == 304
    resource = (await client.get(url, headers=FHIR)).json()
    assert resource["contentType"] == "image/gif"
    assert resource["securityContext"] == {"reference": "Patient/p1"}
    assert base64.b64decode(resource["data"]) == PIXEL


async def test_the_resource_is_given_to_who_names_it(client: httpx.AsyncClient) -> None:
    await client.put(
        "Binary/b1", content="王小明".encode(), headers={"Content-Type": "text/plain; charset=utf-8"}
    )
    for accept in ("application/fhir+json", "application/json", "image/png, application/fhir+json;q=0.1"):
        answer = await client.get("Binary/b1", headers={"Accept": accept})
        assert answer.json()["resourceType"] == "Binary"
    assert (await client.get("Binary/b1?_format=json")).json()["id"] == "b1"
    answer = await client.get("Binary/b1", headers={"Accept": "application/fhir+xml"})
    assert xml.loads(answer.content, definitions())["contentType"] == "text/plain; charset=utf-8"
    answer = await client.get("Binary/b1")
    assert (answer.text, answer.headers["content-type"]) == ("王小明", "text/plain; charset=utf-8")


async def test_a_resource_may_be_sent_too(client: httpx.AsyncClient) -> None:
    binary = {"resourceType": "Binary", "id": "b1", "contentType": "text/plain", "data": "eA=="}
    for media in ("application/fhir+json", "application/json"):
        answer = await client.put("Binary/b1", json=binary, headers={"Content-Type": media})
        assert answer.status_code in (200, 201)
    for media in ("application/fhir+xml", "text/xml"):
        content = xml.dumps(binary, definitions())
        answer = await client.put("Binary/b1", content=content, headers={"Content-Type": media})
        assert (answer.status_code, answer.headers["etag"]) == (200, 'W/"1"')
    assert (await client.get("Binary/b1")).content == b"x"
    assert (
        await client.put("Binary/b1", content=b"{", headers={"Content-Type": "application/fhir+json"})
    ).status_code == 400


@pytest.mark.parametrize(
    ("media", "content"),
    [
        ("application/json", b'{"a": 1}'),
        ("application/json", b"not json"),
        ("application/xml", b"<ClinicalDocument xmlns='urn:hl7-org:v3'/>"),
        ("application/octet-stream", bytes(range(256))),
        ("text/html", b"<script>alert(1)</script>"),
        ("image/svg+xml", b"<svg/>"),
        ("application/pdf", b"%PDF-1.7"),
    ],
)
async def test_any_content(client: httpx.AsyncClient, media: str, content: bytes) -> None:
    made = await client.put("Binary/b1", content=content, headers={"Content-Type": media})
    assert made.status_code == 201
    answer = await client.get("Binary/b1")
    assert (answer.content, answer.headers["content-type"]) == (content, media)
    assert ("content-disposition" in answer.headers) == (media != "application/pdf")
    assert "sandbox" in answer.headers["content-security-policy"]


async def test_what_is_not_there_is_told_as_everywhere(client: httpx.AsyncClient) -> None:
    answer = await client.get("Binary/none", headers={"Accept": "image/png"})
    assert (answer.status_code, answer.json()["resourceType"]) == (404, "OperationOutcome")
    answer = await client.put("Binary/b1", content=b"x", headers={"Content-Type": "no media type"})
    assert answer.status_code == 415
    answer = await client.put("Binary/!", content=b"x", headers={"Content-Type": "text/plain"})
    assert answer.status_code == 400


async def test_a_media_type_that_is_none_does_no_harm(client: httpx.AsyncClient) -> None:
    binary = {"resourceType": "Binary", "id": "b1", "contentType": "text/html\r\nX-Evil: 1", "data": "eA=="}
    made = await client.put("Binary/b1", json=binary)
    if made.status_code == 201:
        answer = await client.get("Binary/b1")
        assert "x-evil" not in answer.headers
        assert answer.headers["content-type"] == "application/octet-stream"


async def test_no_content(client: httpx.AsyncClient) -> None:
    await client.put("Binary/b1", json={"resourceType": "Binary", "id": "b1", "contentType": "image/png"})
    answer = await client.get("Binary/b1")
    assert (answer.status_code, answer.content, answer.headers["content-type"]) == (200, b"", "image/png")
