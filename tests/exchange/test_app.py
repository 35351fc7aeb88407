"""The HTTP face: who may come in, how it refuses, and that nothing a client sends makes it fail."""

import asyncio
import gzip
import json
import logging
import time
from typing import Any

import httpx
import pytest

from exchange import answer
from exchange.hub import Hub

PATIENT = {"resourceType": "Patient", "id": "p1"}
JSON = {"Content-Type": "application/fhir+json"}


def issue(answer: httpx.Response) -> dict[str, Any]:
    """The first finding of an OperationOutcome that is one."""
    outcome = answer.json()
    assert outcome["resourceType"] == "OperationOutcome"
    assert answer.headers["content-type"].startswith("application/fhir+json")
    first: dict[str, Any] = outcome["issue"][0]
    assert {"severity", "code", "diagnostics"} <= set(first)
    return first


@pytest.mark.parametrize(
    "path", ["Patient/p1", "Patient", "", "Nonsense", "x/y/z", "Patient/p1/$everything", "metadata/x"]
)
@pytest.mark.parametrize("authorization", [None, "Basic eDp5", "Bearer", "Bearer x", "Bearer a.b.c"])
async def test_nothing_but_metadata_without_a_token(
    client: httpx.AsyncClient, path: str, authorization: str | None
) -> None:
    headers = {"Authorization": authorization} if authorization else {}
    if authorization is None:
        del client.headers["Authorization"]
    for method in ("GET", "POST", "PUT", "DELETE"):
        answer = await client.request(method, path, headers=headers)
        assert answer.status_code == 401
        assert answer.headers["www-authenticate"].startswith('Bearer realm="yilian"')
        assert issue(answer)["code"] == "login"
    assert (await client.get("metadata", headers=headers)).status_code == 200


@pytest.mark.parametrize(
    ("letters", "permitted"),
    [
        ("r", {"read", "vread", "history"}),
        ("s", {"search"}),
        ("c", {"create"}),
        ("u", {"update"}),
        ("d", {"delete"}),
        (
            "cruds",
            {
                "read",
                "vread",
                "history",
                "search",
                "create",
                "update",
                "delete",
                "once",
                "conditional-update",
                "conditional-delete",
            },
        ),
    ],
)
async def test_each_scope_opens_its_interactions(
    client: httpx.AsyncClient, caller: Any, letters: str, permitted: set[str]
) -> None:
    await client.put("Patient/p1", json=PATIENT)
    held = await caller(f"system/Patient.{letters}")
    requests = {
        "read": ("GET", "Patient/p1", {}),
        "vread": ("GET", "Patient/p1/_history/1", {}),
        "history": ("GET", "Patient/p1/_history", {}),
        "search": ("GET", "Patient?_id=p1", {}),
        "create": ("POST", "Patient", {"json": PATIENT}),
        "once": ("POST", "Patient", {"json": PATIENT, "headers": {"If-None-Exist": "_id=p1"}}),
        "update": ("PUT", "Patient/p1", {"json": PATIENT}),
        "conditional-update": ("PUT", "Patient?_id=p1", {"json": PATIENT}),
        "conditional-delete": ("DELETE", "Patient?_id=p9", {}),
        "delete": ("DELETE", "Patient/p1", {}),
    }
    for name, (method, url, more) in requests.items():
        answer = await held.request(method, url, **more)
        assert (answer.status_code < 300) == (name in permitted), name
        if name not in permitted:
            assert answer.status_code == 403
            assert issue(answer)["code"] == "forbidden"
        other = await held.request(method, url.replace("Patient", "Group"), **more)
        assert other.status_code == 403


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "Nonsense/1", 404, "not-supported"),
        ("GET", "Nonsense", 404, "not-supported"),
        ("GET", "patient/1", 404, "not-supported"),
        ("GET", "Patient/1/2/3/4/5", 404, "not-supported"),
        ("GET", "Patient/1/_history/1/2", 404, "not-supported"),
        ("GET", "Patient/$nonsense", 404, "not-supported"),
        ("GET", "Patient/1/$nonsense", 404, "not-supported"),
        ("GET", "$nonsense", 404, "not-supported"),
        ("DELETE", "metadata", 405, "not-supported"),
        ("PUT", "Patient/_search", 405, "not-supported"),
        ("PUT", "_history", 405, "not-supported"),
        ("PATCH", "", 405, "not-supported"),
        ("POST", "Patient/1", 405, "not-supported"),
        ("OPTIONS", "Patient/1", 405, "not-supported"),
        ("BREW", "Patient/1", 405, "not-supported"),
    ],
)
async def test_what_is_not_there(
    client: httpx.AsyncClient, method: str, path: str, status: int, code: str
) -> None:
    answer = await client.request(method, path)
    assert answer.status_code == status
    assert issue(answer)["code"] == code
    assert ("allow" in answer.headers) == (status == 405)


async def test_allow_tells_every_method(client: httpx.AsyncClient) -> None:
    answer = await client.request("BREW", "Patient/1")
    assert answer.headers["allow"] == "DELETE, GET, HEAD, PATCH, PUT"
    answer = await client.request("BREW", "Patient")
    assert answer.headers["allow"] == "DELETE, GET, HEAD, PATCH, POST, PUT"
    assert (await client.put("metadata")).headers["allow"] == "GET, HEAD"


async def test_outside_of_fhir_too(client: httpx.AsyncClient) -> None:
    for path in ("/", "/fhi", "/docs", "/openapi.json", "/fhir2/Patient"):
        answer = await client.get(f"http://127.0.0.1:8080{path}")
        assert answer.status_code == 404
        assert issue(answer)["code"] == "not-supported"
    answer = await client.get("http://127.0.0.1:8080/token")
    assert answer.status_code == 405
    assert answer.headers["allow"] == "POST"
    assert issue(answer)


async def test_a_trailing_slash_is_forgiven(client: httpx.AsyncClient) -> None:
    await client.put("Patient/p1/", json=PATIENT)
    assert (await client.get("Patient/p1/")).status_code == 200
    assert (await client.get("Patient/")).status_code == 200


async def test_media_types(client: httpx.AsyncClient) -> None:
    body = json.dumps(PATIENT)
    for media in (
        "text/plain",
        "application/fhir+json; fhirVersion=3.0",
        "application/json; charset=gb18030",
    ):
        answer = await client.put("Patient/p1", content=body, headers={"Content-Type": media})
        assert (answer.status_code, issue(answer)["expression"]) == (415, ["Content-Type"])
    assert (await client.put("Patient/p1", content=body)).status_code == 415
    for media in ("text/turtle", "application/fhir+json; fhirVersion=5.0", "application/fhir+json;q=0"):
        answer = await client.get("Patient/p1", headers={"Accept": media})
        assert (answer.status_code, issue(answer)["expression"]) == (406, ["Accept"])
        answer = await client.put("Patient/p1", json=PATIENT, headers={"Accept": media})
        assert answer.status_code == 406
    answer = await client.get("Patient/p1?_format=ttl")
    assert (answer.status_code, issue(answer)["expression"]) == (406, ["_format"])
    assert (await client.get("Patient/p1?_format=json", headers={"Accept": "image/png"})).status_code == 404
    assert (await client.get("Patient/p1", headers={"Accept": "text/html"})).status_code == 404


async def test_gzip(client: httpx.AsyncClient) -> None:
    packed = gzip.compress(json.dumps(PATIENT).encode())
    headers = {**JSON, "Content-Encoding": "gzip"}
    assert (await client.put("Patient/p1", content=packed, headers=headers)).status_code == 201
    bomb = gzip.compress(b" " * 50_000_000)
    started = time.process_time()
    answer = await client.put("Patient/p1", content=bomb, headers=headers)
    assert (answer.status_code, issue(answer)["code"]) == (413, "too-long")
    assert time.process_time() - started < 1


async def test_pretty(client: httpx.AsyncClient) -> None:
    await client.put("Patient/p1", json=PATIENT)
    answer = await client.get("Patient/p1?_pretty=true")
    assert answer.text.startswith('{\n  "resourceType": "Patient",')
    assert answer.headers["etag"] == 'W/"1"'
    assert int(answer.headers["content-length"]) == len(answer.content)


async def test_malformed_json_is_told_with_its_position(client: httpx.AsyncClient) -> None:
    answer = await client.put("Patient/p1", content=b'{"resourceType":"Patient",}', headers=JSON)
    assert answer.status_code == 400
    assert "byte 26" in issue(answer)["diagnostics"]


async def test_an_error_of_ours_tells_nothing_of_the_data(
    client: httpx.AsyncClient, hub: Hub, caplog: pytest.LogCaptureFixture
) -> None:
    await hub.pool.execute("ALTER TABLE resource_index RENAME TO away")
    try:
        with caplog.at_level(logging.INFO):
            answer = await client.get("Patient", params={"family": "司马相如"})
    finally:
        await hub.pool.execute("ALTER TABLE away RENAME TO resource_index")
    assert answer.status_code == 500
    found = issue(answer)
    assert (found["severity"], found["code"]) == ("fatal", "exception")
    assert found["diagnostics"].rsplit(" ", 1)[1] in caplog.text
    ours = [record.getMessage() for record in caplog.records if record.name.startswith("exchange")]
    assert "42P01" in "".join(ours)
    assert "司马" not in "".join(ours)


async def test_smart_configuration_is_public(client: httpx.AsyncClient) -> None:
    del client.headers["Authorization"]
    answer = await client.get(".well-known/smart-configuration")
    assert answer.status_code == 200
    assert answer.json()["token_endpoint"] == "http://127.0.0.1:8080/token"


async def test_too_many_at_once_are_sent_away(
    client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(answer, "MAX_UNDER_WAY", 5)
    answers = await asyncio.gather(*(client.get("Patient/p1") for _ in range(20)))
    assert sorted(answer.status_code for answer in answers) == [404] * 5 + [503] * 15
    away = next(answer for answer in answers if answer.status_code == 503)
    assert (issue(away)["code"], away.headers["retry-after"]) == ("transient", "1")
    assert (await client.get("Patient/p1")).status_code == 404


MEGABYTES_10 = "x" * 10_000_000
NESTED: Any = {"url": "http://x.org/e"}
for _ in range(25):
    NESTED = {"url": "http://x.org/e", "extension": [NESTED]}

HOSTILE: dict[str, bytes] = {
    "empty": b"",
    "nothing": b"null",
    "list": b"[]",
    "text": b'"Patient"',
    "number": b"1",
    "open": b"{",
    "ten megabytes of text": json.dumps({**PATIENT, "name": [{"family": MEGABYTES_10}]}).encode() + b" ",
    "ten megabytes of key": json.dumps({**PATIENT, MEGABYTES_10: 1}).encode(),
    "ten megabytes of type": json.dumps({"resourceType": MEGABYTES_10, "id": "p1"}).encode(),
    "ten megabytes of id": json.dumps({"resourceType": "Patient", "id": MEGABYTES_10}).encode(),
    "ten megabytes of url": json.dumps({**PATIENT, "implicitRules": MEGABYTES_10 + " "}).encode(),
    "ten megabytes of gender": json.dumps({**PATIENT, "gender": MEGABYTES_10}).encode(),
    "ten megabytes of base64": json.dumps({**PATIENT, "photo": [{"data": "=" + MEGABYTES_10}]}).encode(),
    "ten megabytes of date": json.dumps({**PATIENT, "birthDate": "1" * 10_000_000}).encode(),
    "ten megabytes of reference": json.dumps(
        {**PATIENT, "generalPractitioner": [{"reference": MEGABYTES_10 + " "}]}
    ).encode(),
    "many brackets": b'{"a":' * 1_000_000,
    "many lists": b'{"a":' + b"[" * 5_000_000 + b"]" * 5_000_000 + b"}",
    "depth": b'{"resourceType":"Patient","id":"p1","extension":'
    + b'[{"url":"http://x.org","extension":' * 40
    + b"[]"
    + b"}]" * 40
    + b"}",
    "many members": b'{"resourceType":"Patient","id":"p1",'
    + b",".join(b'"m%d":1' % n for n in range(300_000))
    + b"}",
    "many nulls": json.dumps({**PATIENT, "name": [None] * 1_000_000}).encode(),
    "a long number": b'{"resourceType":"Patient","id":"p1","multipleBirthInteger":' + b"9" * 1_000_000 + b"}",
    "a huge exponent": b'{"resourceType":"Patient","id":"p1","multipleBirthInteger":1e999999999}',
    "duplicate": b'{"resourceType":"Patient","id":"p1","id":"p1"}',
    "nul": b'{"resourceType":"Patient","id":"p1","language":"\\u0000"}',
    "surrogate": b'{"resourceType":"Patient","id":"p1","language":"\\ud800"}',
    "not utf-8": b'{"resourceType":"Patient","id":"p1","language":"\xff"}',
    "utf-16": json.dumps(PATIENT).encode("utf-16"),
    "bom": b"\xef\xbb\xbf" + json.dumps(PATIENT).encode(),
    "not a number": b'{"resourceType":"Patient","id":"p1","multipleBirthInteger":NaN}',
    "wrong meta": json.dumps({**PATIENT, "meta": "x"}).encode(),
    "wrong meta list": json.dumps({**PATIENT, "meta": [{}]}).encode(),
    "wrong profile": json.dumps({**PATIENT, "meta": {"profile": {}}}).encode(),
    "wrong list": json.dumps({**PATIENT, "name": {"family": "x"}}).encode(),
    "wrong object": json.dumps({**PATIENT, "managingOrganization": "Organization/1"}).encode(),
    "wrong reference": json.dumps({**PATIENT, "generalPractitioner": [{"reference": {"a": 1}}]}).encode(),
    "wrong contained": json.dumps({**PATIENT, "contained": ["x", 1, None, []]}).encode(),
    "wrong identifier": json.dumps({**PATIENT, "identifier": [{"system": 1, "value": []}]}).encode(),
    "wrong sibling": json.dumps({**PATIENT, "_birthDate": "x"}).encode(),
    "boolean id": b'{"resourceType":"Patient","id":true}',
    "control character": json.dumps({**PATIENT, "language": "\x07"}).encode(),
    "empty text": json.dumps({**PATIENT, "language": ""}).encode(),
    "xml": b"<Patient xmlns='http://hl7.org/fhir'/>",
}


@pytest.mark.parametrize("name", HOSTILE)
async def test_hostile_resources(client: httpx.AsyncClient, name: str) -> None:
    started = time.process_time()
    answer = await client.put("Patient/p1", content=HOSTILE[name], headers=JSON)
    elapsed = time.process_time() - started
    assert 400 <= answer.status_code < 500, answer.text[:300]
    assert len(answer.content) < 200_000
    issue(answer)
    assert elapsed < 1
    assert (await client.get("Patient/p1")).status_code == 404


@pytest.mark.parametrize("name", HOSTILE)
async def test_hostile_bundles(client: httpx.AsyncClient, name: str) -> None:
    good = b'{"resource":{"resourceType":"Patient","id":"p2"},"request":{"method":"PUT","url":"Patient/p2"}}'
    bad = b'{"resource":%b,"request":{"method":"PUT","url":"Patient/p1"}}' % HOSTILE[name]
    body = b'{"resourceType":"Bundle","type":"transaction","entry":[%b,%b]}' % (good, bad)
    started = time.process_time()
    answer = await client.post("", content=body, headers=JSON)
    assert 400 <= answer.status_code < 500, answer.text[:300]
    assert time.process_time() - started < 1
    issue(answer)
    assert (await client.get("Patient/p2")).status_code == 404


async def test_a_body_that_is_too_large(client: httpx.AsyncClient) -> None:
    async def endless() -> Any:
        for _ in range(1000):
            yield b" " * 65536

    for content in (b" " * (24 * 1024 * 1024 + 1), endless()):
        answer = await client.put("Patient/p1", content=content, headers=JSON)
        assert (answer.status_code, issue(answer)["code"]) == (413, "too-long")
        assert answer.headers["connection"] == "close"


@pytest.mark.parametrize(
    "url",
    [
        "Patient/%00",
        "Patient/%ff",
        "Patient/..%2f..%2fetc%2fpasswd",
        "Patient/p1%0d%0aX-Evil:%201",
        "Patient/p1/_history/%00",
        "%00/p1",
        "Patient?%00=%00",
        "Patient?_id=%00",
        "Patient?_id=" + "x" * 50_000,
        "Patient?identifier=" + "|" * 1000,
        "Patient?birthdate=0000-00-00",
        "Patient?birthdate=99999999999999999999",
        "Patient?_count=99999999999999999999",
        "Patient?_lastUpdated=ge9999-12-31T23:59:59-14:00",
        "Patient?" + "organization." * 100 + "name=x",
        "Patient?" + "_has:Observation:patient:" * 50 + "code=x",
        "Patient?name=" + ",".join(["x"] * 5000),
        "Patient?_sort=" + ",".join(["name"] * 100),
        "Patient?_include=*",
        "Patient?_include=::::",
        "Patient?name:contains=" + "%25" * 1000,
        "Patient?name:exact:exact=x",
        "Patient?=x",
        "Patient?name=%5C",
        "Observation?value-quantity=1e999999999",
        "Observation?value-quantity=NaN",
        "Observation?value-quantity=||",
        "Observation?code=%F0%9F%98%80|%F0%9F%98%80",
        "Patient/p1/_history?_count=0x10",
        "Patient/p1/$everything?_cursor=0-99999999999999999999999",
        "metadata?_format=xml",
    ],
)
async def test_hostile_urls(client: httpx.AsyncClient, url: str) -> None:
    started = time.process_time()
    answer = await client.get(url)
    assert answer.status_code < 500, answer.text[:300]
    assert time.process_time() - started < 1
    assert "x-evil" not in answer.headers


@pytest.mark.parametrize(
    "headers",
    [
        {"Prefer": "return=" + "x" * 10_000},
        {"Prefer": ";;;,,,==="},
        {"If-Match": "W/" * 1000},
        {"If-None-Exist": "identifier=" + "x" * 10_000},
        {"If-None-Exist": "\xff\xfe"},
        {"Accept": "," * 1000},
        {"Accept": ";q=;;;"},
        {"Content-Length": "-1"},
        {"Content-Type": "application/fhir+json;charset=;;;"},
        {"Authorization": "Bearer " + "." * 5000},
    ],
)
async def test_hostile_headers(client: httpx.AsyncClient, headers: dict[str, str]) -> None:
    for method, url in (("GET", "Patient/p1"), ("POST", "Patient"), ("PUT", "Patient/p1")):
        raw = [(name.encode(), value.encode("latin-1")) for name, value in {**JSON, **headers}.items()]
        content = json.dumps(PATIENT).encode() if method != "GET" else None
        answer = await client.request(method, url, content=content, headers=raw)
        assert answer.status_code < 500, answer.text[:300]
