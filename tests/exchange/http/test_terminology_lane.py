"""Questions about codes get the same bytes from the fast lane as through ASGI, and in their order."""

import asyncio
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from exchange.answer import Fhir
from exchange.app import build_app
from exchange.fhirjson import dumps
from exchange.http.site import Site
from exchange.hub import Hub, open_hub
from exchange.settings import Settings
from tests.exchange.http.test_lanes import authorizations, exchanged, serving
from tests.exchange.http.watched import Watched

GENDER = "http://hl7.org/fhir/administrative-gender"
PATHS = st.sampled_from(
    [
        "CodeSystem/$lookup",
        "CodeSystem/$subsumes",
        "CodeSystem/$validate-code",
        "ValueSet/$validate-code",
        "ConceptMap/$translate",
        "ValueSet/$expand",
        "CodeSystem/administrative-gender/$lookup",
        "Patient/$lookup",
    ]
)
PARAMETERS = st.dictionaries(
    st.sampled_from(
        [
            *("system", "url", "code", "codeA", "codeB", "display", "displayLanguage", "property", "version"),
            *("_format", "_pretty", "%5Fformat", "abstract", "nonsense", "coding", "valueSet"),
        ]
    ),
    st.sampled_from(
        [
            *(GENDER, GENDER, "http://hl7.org/fhir/ValueSet/administrative-gender", "male", "male", "other"),
            *("Male", "%E7%94%B7", "true", "json", "xml", "de", "urn:x", "%FF", ""),
        ]
    ),
    max_size=5,
)
HEADERS = st.fixed_dictionaries(
    {},
    optional={
        "Accept": st.sampled_from(["application/fhir+json", "application/fhir+xml", "text/plain"]),
        "Accept-Encoding": st.sampled_from(["gzip", "identity"]),
        "Accept-Language": st.sampled_from(["de", "zh-CN;q=0.5", "*", "???"]),
        "Prefer": st.just("handling=lenient"),
        "Connection": st.sampled_from(["keep-alive", "close"]),
    },
)
REQUESTS = st.tuples(
    st.sampled_from(["GET", "GET", "HEAD", "POST", "PUT"]),
    PATHS,
    st.sampled_from(["all", "all", "all", "patients", "forged", "none"]),
    PARAMETERS,
    HEADERS,
)


@settings(max_examples=12)
@given(requests=st.lists(REQUESTS, min_size=15, max_size=40))
def test_both_ways_say_the_same(
    lasting_database: str,
    tmp_path: Path,
    requests: list[tuple[str, str, str, dict[str, str], dict[str, str]]],
) -> None:
    asyncio.run(scenario(lasting_database, tmp_path, requests))


async def scenario(
    database: str,
    folder: Path,
    requests: list[tuple[str, str, str, dict[str, str], dict[str, str]]],
) -> None:
    async with open_hub(Settings(data_dir=folder, pool_size=4), database) as hub:
        tokens = await authorizations(hub)
        app, fhir = build_app(hub), Fhir(hub)
        async with serving(Site(app, fhir, 5)) as direct, serving(Site(app, None, 5)) as through_asgi:
            for method, path, caller, parameters, headers in requests:
                told = {**headers, "Authorization": tokens[caller]} if caller != "none" else headers
                data = asked(method, path, parameters, told)
                expected = await exchanged(through_asgi, data, method)
                for _ in range(2):
                    assert await exchanged(direct, data, method) == expected
            assert fhir.under_way == 0


def asked(method: str, path: str, parameters: dict[str, str], headers: dict[str, str]) -> bytes:
    body, query = b"", "&".join(f"{name}={value}" for name, value in parameters.items())
    if method in ("POST", "PUT"):
        listed = [{"name": name, "valueString": value} for name, value in parameters.items() if value]
        body, query = dumps({"resourceType": "Parameters", "parameter": listed}), ""
        headers = {**headers, "Content-Type": "application/fhir+json", "Content-Length": str(len(body))}
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    target = f"/fhir/{path}?{query}" if query else f"/fhir/{path}"
    return f"{method} {target} HTTP/1.1\r\nHost: x\r\n{lines}\r\n".encode() + body


async def test_the_lane_is_taken(hub: Hub) -> None:
    tokens = await authorizations(hub)
    headers = {"Authorization": tokens["all"]}
    parameters = {"system": GENDER, "code": "male"}
    async with serving(Site(build_app(hub), fhir := Watched(hub), 5)) as port:
        await hub.trust.register()
        await exchanged(port, asked("GET", "CodeSystem/$lookup", parameters, headers), "GET")
        ordinary = fhir.answered
        for method in ("GET", "POST"):
            answer = await exchanged(port, asked(method, "CodeSystem/$lookup", parameters, headers), method)
            assert answer.startswith(b"HTTP/1.1 200")
            assert b'"Male"' in answer
        assert fhir.answered == ordinary


async def test_what_is_sent_in_one_piece_is_answered_in_order(hub: Hub) -> None:
    tokens = await authorizations(hub)
    headers = {"Authorization": tokens["all"]}
    async with serving(Site(build_app(hub), Fhir(hub), 5)) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        codes = ["male", "female", "other", "unknown", "none"] * 20
        for code in codes:
            writer.write(asked("GET", "CodeSystem/$lookup", {"system": GENDER, "code": code}, headers))
        for code in codes:
            head = await reader.readuntil(b"\r\n\r\n")
            length = int(head.lower().partition(b"content-length: ")[2].split(b"\r\n")[0])
            body = await reader.readexactly(length)
            assert head.startswith(b"HTTP/1.1 404" if code == "none" else b"HTTP/1.1 200")
            assert code.encode() in body
        writer.close()
