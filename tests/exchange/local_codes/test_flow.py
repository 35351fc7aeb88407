"""From a code that nobody knows to a standard's code beside it, in what comes and in what is stored."""

import base64
import csv
import io
from typing import Any

import httpx
import pytest

from exchange.hub import Hub
from exchange.jobs.runner import working
from exchange.local_codes.publishing import publish, publish_definitions
from exchange.local_codes.retranslation import KIND, retranslated, retranslating
from exchange.local_codes.rewriting import TRANSLATED
from tests.exchange.local_codes.conftest import OBX_3, Send, finished, result

LOINC = "http://loinc.org"
OPERATIONS = {"local-codes", "propose-mappings", "decide-codes", "upload-mappings", "retranslate"}
LABORATORY: dict[str, Any] = {
    "resourceType": "CodeSystem",
    "id": "loinc",
    "url": LOINC,
    "version": "2.78",
    "name": "Loinc",
    "status": "active",
    "content": "complete",
    "caseSensitive": True,
    "concept": [
        {"code": "6690-2", "display": "Leukocytes [#/volume] in Blood by Automated count"},
        {"code": "718-7", "display": "Hemoglobin [Mass/volume] in Blood"},
        {"code": "26464-8", "display": "Leukocytes [#/volume] in Blood"},
    ],
}


@pytest.fixture(autouse=True)
async def loinc(client: httpx.AsyncClient) -> None:
    assert (await client.put("CodeSystem/loinc", json=LABORATORY)).status_code == 201


async def sheet_of(client: httpx.AsyncClient, **filled: str) -> str:
    """The queue as CSV with one row filled in, as base64."""
    answer = await client.get("CodeSystem/$local-codes", params={"sheet": "csv", "target": LOINC})
    assert answer.headers["content-type"].startswith("text/csv")
    rows = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))
    [row] = [row for row in rows if row["code"] == filled["code"]]
    return encoded([row | filled])


def encoded(rows: list[dict[str, str]]) -> str:
    text = io.StringIO()
    writer = csv.DictWriter(text, list(rows[0]))
    writer.writeheader()
    writer.writerows(rows)
    return base64.b64encode(text.getvalue().encode()).decode()


async def upload(client: httpx.AsyncClient, sheet: str, **more: Any) -> httpx.Response:
    said = {"reviewer": "李医生", "effective": "2024-01-01", **more}
    listed: list[dict[str, Any]] = [{"name": "sheet", "valueBase64Binary": sheet}]
    listed += [
        {"name": name, "valueBoolean" if value is True else "valueString": value}
        for name, value in said.items()
    ]
    body = {"resourceType": "Parameters", "parameter": listed}
    return await client.post("ConceptMap/$upload-mappings", json=body)


def told(answer: httpx.Response, name: str) -> list[Any]:
    assert answer.status_code == 200, answer.text
    found = [each for each in answer.json().get("parameter", []) if each["name"] == name]
    return [
        next(value for key, value in each.items() if key.startswith("value") or key in ("part", "resource"))
        for each in found
    ]


async def codings(client: httpx.AsyncClient, code: str) -> list[list[tuple[str, str]]]:
    """Of the Observations that have a local code, in the order of their times."""
    found = await client.get("Observation", params={"code": f"{OBX_3}|{code}", "_sort": "date"})
    return [
        [(each["system"], each["code"]) for each in entry["resource"]["code"]["coding"]]
        for entry in found.json().get("entry", [])
    ]


async def test_a_code_waits_is_mapped_and_translated(hub: Hub, client: httpx.AsyncClient, send: Send) -> None:
    early, late = "20240301083000", "20250301083000"
    await send(
        result("1", "X1^白细胞计数^L", "X1^白细胞计数^L", at=early), result("2", "X1^白细胞^L", at=late)
    )
    await hub.local_codes.flush()
    queue = await client.get("CodeSystem/$local-codes", params={"hospital": "h1"})
    parts = {part[0]["valueCoding"]["code"]: part for part in told(queue, "code")}
    assert next(each for each in parts["X1"] if each["name"] == "seen")["valueDecimal"] == 3
    assert parts["X1"][0]["valueCoding"] == {"system": OBX_3, "code": "X1", "display": "白细胞"}
    proposed = await client.get(
        "CodeSystem/$propose-mappings", params={"system": OBX_3, "code": "X1", "target": LOINC}
    )
    best = told(proposed, "proposal")[0]
    assert best[0]["valueCoding"]["code"] in ("6690-2", "26464-8")

    sheet = await sheet_of(client, code="X1", target_system=LOINC, target_code="26464-8")
    rehearsed = await upload(client, sheet, dryRun=True)
    assert told(rehearsed, "resources") == [3]
    assert (await client.get("ConceptMap", params={"url": map_url()})).json()["total"] == 0
    assert told(await upload(client, sheet), "map")[0][0]["valueCanonical"] == f"{map_url()}|1"
    assert told(await upload(client, sheet), "map") == []
    later = await sheet_of_all(client, code="X1", target_system=LOINC, target_code="6690-2")
    assert (
        told(await upload(client, later, effective="2025-01-01"), "map")[0][0]["valueCanonical"]
        == f"{map_url()}|2"
    )

    local = (OBX_3, "X1")
    await send(
        result("3", "X1^白细胞^L", at="20240401083000"), result("4", "X1^白细胞^L", at="20250401083000")
    )
    seen = await codings(client, "X1")
    assert seen == [[local], [local], [(LOINC, "26464-8"), local], [local], [(LOINC, "6690-2"), local]]

    progress = await retranslated(hub, {"systems": [OBX_3]}, "test", None, nothing)
    assert (progress["changed"], progress["failed"]) == (3, 0)
    assert await codings(client, "X1") == [
        *[[(LOINC, "26464-8"), local]] * 3,
        *[[(LOINC, "6690-2"), local]] * 2,
    ]
    provenance = await client.get("Provenance", params={"_sort": "-_lastUpdated", "_count": "1"})
    [entry] = provenance.json()["entry"]
    named = {each["what"]["identifier"]["value"] for each in entry["resource"]["entity"]}
    assert named == {f"{map_url()}|1", f"{map_url()}|2"}
    again = await retranslated(hub, {"systems": [OBX_3]}, "test", None, nothing)
    assert again["changed"] == 0
    await send(result("3", "X1^白细胞^L", at="20240401083000"))
    assert await codings(client, "X1") == [
        *[[(LOINC, "26464-8"), local]] * 3,
        *[[(LOINC, "6690-2"), local]] * 2,
    ]


async def sheet_of_all(client: httpx.AsyncClient, **filled: str) -> str:
    return encoded([{"system": OBX_3, **filled}])


async def nothing(progress: dict[str, Any], line: str) -> None:
    pass


def map_url() -> str:
    return OBX_3.replace("/CodeSystem/", "/ConceptMap/")


async def test_what_is_added_names_its_map(hub: Hub, client: httpx.AsyncClient, send: Send) -> None:
    await send(result("1", "X2^血红蛋白^L"))
    sheet = await sheet_of(client, code="X2", target_system=LOINC, target_code="718-7")
    await upload(client, sheet)
    await send(result("2", "X2^血红蛋白^L", "X2^血红蛋白^L^718-7^Hb^LN"))
    found = await client.get("Observation", params={"code": f"{LOINC}|718-7"})
    marks = [
        each.get("extension", [{}])[0].get("valueCanonical")
        for entry in found.json()["entry"]
        for each in entry["resource"]["code"]["coding"]
        if each["system"] == LOINC
    ]
    assert sorted(marks, key=str) == sorted([f"{map_url()}|1", None], key=str)
    assert TRANSLATED.endswith("translated-by")


async def test_the_code_system_and_the_states_are_published(
    hub: Hub, client: httpx.AsyncClient, send: Send
) -> None:
    await send(result("1", "X1^白细胞^L", "X2^血红蛋白^L"))
    assert OBX_3 in await publish(hub)
    found = await client.get("CodeSystem/$lookup", params={"system": OBX_3, "code": "X1"})
    assert [each["valueString"] for each in found.json()["parameter"] if each["name"] == "display"] == [
        "白细胞"
    ]
    resource = (await client.get("CodeSystem", params={"url": OBX_3})).json()["entry"][0]["resource"]
    assert [each["code"] for each in resource["concept"]] == ["X1", "X2"]
    made = {
        "resourceType": "ConceptMap",
        "url": "http://elsewhere.example/map",
        "status": "active",
        "group": [
            {
                "source": OBX_3,
                "target": LOINC,
                "element": [{"code": "X1", "target": [{"code": "6690-2", "equivalence": "equivalent"}]}],
            }
        ],
    }
    assert (await client.post("ConceptMap", json=made)).status_code == 201
    await publish(hub)
    mapped = await client.get("CodeSystem/$local-codes", params={"state": "mapped"})
    assert [part[0]["valueCoding"]["code"] for part in told(mapped, "code")] == ["X1"]


async def test_the_operations_are_defined(hub: Hub, client: httpx.AsyncClient) -> None:
    for _ in range(2):
        await publish_definitions(hub)
    statement = (await client.get("metadata")).json()
    named = {
        each["definition"]
        for resource in statement["rest"][0]["resource"]
        for each in resource.get("operation", [])
        if each["name"] in OPERATIONS
    }
    found = (await client.get("OperationDefinition?_count=100")).json()["entry"]
    assert named < {entry["resource"]["url"] for entry in found}
    assert {entry["resource"]["meta"]["versionId"] for entry in found} == {"1"}
    for entry in found:
        outcome = await client.post("OperationDefinition/$validate", json=entry["resource"])
        assert not [each for each in outcome.json()["issue"] if each["severity"] == "error"]


async def test_bad_lines_are_told_one_by_one(hub: Hub, client: httpx.AsyncClient, send: Send) -> None:
    await send(result("1", "X1^白细胞^L", "X2^血红蛋白^L"))
    rows = [
        {"system": OBX_3, "code": "X1", "target_system": LOINC, "target_code": "0-0"},
        {"system": OBX_3, "code": "X9", "target_system": LOINC, "target_code": "718-7"},
        {"system": "urn:x", "code": "X1", "target_system": LOINC, "target_code": "718-7"},
        {"system": OBX_3, "code": "X2", "target_system": LOINC, "target_code": "718-7", "equivalence": "?"},
        {"system": OBX_3, "code": "X2", "decision": "ignore"},
        {"system": OBX_3, "code": "X2", "decision": "perhaps"},
        {"system": OBX_3, "code": "X2", "target_code": "718-7"},
    ]
    names = ["system", "code", "target_system", "target_code", "equivalence", "decision"]
    answer = await upload(client, encoded([{name: row.get(name, "") for name in names} for row in rows]))
    assert answer.status_code == 422
    issues = answer.json()["issue"]
    assert [each["expression"][0] for each in issues] == [
        "sheet.line[2].target_code",
        "sheet.line[3].code",
        "sheet.line[4].system",
        "sheet.line[5].equivalence",
        "sheet.line[6].comment",
        "sheet.line[7].decision",
        "sheet.line[8].target_system",
    ]


async def test_decisions_have_an_actor_and_a_reason(hub: Hub, client: httpx.AsyncClient, send: Send) -> None:
    await send(result("1", "X1^白细胞^L"))

    async def decide(**said: str) -> httpx.Response:
        listed = [{"name": name, "valueString": value} for name, value in said.items()]
        body = {"resourceType": "Parameters", "parameter": listed}
        return await client.post("CodeSystem/$decide-codes", json=body)

    assert (await decide(system=OBX_3, code="X1", state="ignored")).status_code == 400
    assert told(await decide(system=OBX_3, code="X1", state="assigned", assignee="王"), "decided") == [1]
    assert told(await decide(system=OBX_3, code="X1", state="ignored", reason="仅院内"), "decided") == [1]
    queue = await client.get("CodeSystem/$local-codes", params={"state": "ignored"})
    [part] = told(queue, "code")
    assert {"name": "reason", "valueString": "仅院内"} in part
    assert any(each["name"] == "actor" for each in part)


async def test_the_job_goes_over_what_is_stored(hub: Hub, client: httpx.AsyncClient, send: Send) -> None:
    await send(result("1", "X1^白细胞^L"))
    sheet = await sheet_of(client, code="X1", target_system=LOINC, target_code="6690-2")
    await upload(client, sheet)
    async with working(hub, {KIND: retranslating}):
        started = await client.post("ConceptMap/$retranslate", params={"hospital": "h1"})
        answer = await finished(client, started.headers["Content-Location"])
    counts = {each["name"]: each["valueInteger"] for each in answer["parameter"]}
    assert counts["changed"] == 1
