"""`POST /v3` and `POST /documents` as a client sees them."""

import base64
import re
from collections.abc import AsyncIterator

import httpx
import pytest

from exchange.app import build_app
from exchange.hub import Hub
from exchange.inbound.v3_http import v3_router
from exchange.server import translating
from tests.adapters.cda.samples import ADMISSION
from tests.adapters.v3.messages import MERGE, ORDER, QUERY, message, registration
from tests.exchange.inbound.conftest import OpenReception
from tests.exchange.inbound.test_http import authorization

SOAP_1_1 = "http://schemas.xmlsoap.org/soap/envelope/"
SOAP_1_2 = "http://www.w3.org/2003/05/soap-envelope"
XML = {"Content-Type": "text/xml; charset=utf-8"}
ACKNOWLEDGED = re.compile(rb'<acknowledgement typeCode="(A[AER])">')


@pytest.fixture
async def http(hub: Hub, open_with: OpenReception) -> AsyncIterator[httpx.AsyncClient]:
    async with open_with(translating(hub)) as reception:
        transport = httpx.ASGITransport(build_app(hub, [v3_router(reception)]), raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as opened:
            yield opened


def code(response: httpx.Response) -> str:
    found = ACKNOWLEDGED.search(response.content)
    return found[1].decode() if found else ""


async def test_a_message_is_acknowledged_and_stored_once(hub: Hub, http: httpx.AsyncClient) -> None:
    headers = await authorization(hub) | XML
    answers = [await http.post("/v3", content=registration(), headers=headers) for _ in range(2)]
    assert [code(answer) for answer in answers] == ["AA", "AA"]
    assert answers[0].content == answers[1].content
    assert b'<id root="2.16.156.10011.2.5.1.1" extension="M1"/></targetMessage>' in answers[0].content


async def test_services_of_one_patient_follow_each_other(hub: Hub, http: httpx.AsyncClient) -> None:
    headers = await authorization(hub) | XML
    for raw in (registration(), registration("M2", "P41"), ORDER.replace(b'"M1"', b'"M3"'), MERGE):
        response = await http.post("/v3", content=raw, headers=headers)
        assert code(response) == "AA", response.text


async def test_a_merge_is_the_index_s_too(hub: Hub, http: httpx.AsyncClient) -> None:
    """PatientInfoMerge is what A40 is: one record stands for the other, whatever came first."""
    headers = await authorization(hub) | XML
    later = MERGE.replace(b"20240305101500", b"20240305101600").replace(b'"M1"', b'"M9"')
    call = f"<s:Body><PatientInfoMerge>{later.decode().partition('?>')[2]}</PatientInfoMerge></s:Body>"
    soap = f'<s:Envelope xmlns:s="{SOAP_1_1}">{call}</s:Envelope>'.encode()
    for raw in (registration(), soap, registration("M2", "P41")):
        response = await http.post("/v3", content=raw, headers=headers)
        assert "AA" in code(response) + "".join(re.findall("typeCode=&quot;(A.)&quot;", response.text))
    found = await hub.pool.fetch(
        "SELECT r.local_id, s.local_id AS survivor FROM mpi_record r"
        " LEFT JOIN mpi_record s ON s.record = r.merged_into ORDER BY r.local_id"
    )
    assert [tuple(row) for row in found] == [("P41", "P42"), ("P42", None)]
    read = await authorization(hub, "system/Patient.rs")
    response = await http.get("/fhir/Patient?identifier=P41&active=false", headers=read)
    assert [each["resource"]["link"][0]["type"] for each in response.json()["entry"]] == ["replaced-by"]


async def test_what_v3_can_say_is_200(hub: Hub, http: httpx.AsyncClient) -> None:
    headers = await authorization(hub) | XML
    nobody = message(
        "PRPA_IN201311UV02",
        "<subject><registrationRequest><subject1><patient><patientPerson><birthTime value='1990'/>"
        "</patientPerson></patient></subject1></registrationRequest></subject>",
    )
    itself = MERGE.replace(b"P41", b"P42")
    for raw, told in ((nobody, "AE"), (itself, "AE"), (message("PORX_IN020030UV01", "<subject/>"), "AR")):
        response = await http.post("/v3", content=raw, headers=headers)
        assert response.status_code == 200
        assert code(response) == told
        assert b"acknowledgementDetail" in response.content


@pytest.mark.parametrize("soap", [SOAP_1_1, SOAP_1_2])
async def test_soap_is_answered_in_soap(hub: Hub, http: httpx.AsyncClient, soap: str) -> None:
    headers = await authorization(hub) | XML
    bare = registration().decode().partition("?>")[2]
    raw = f'<s:Envelope xmlns:s="{soap}"><s:Body>{bare}</s:Body></s:Envelope>'
    response = await http.post("/v3", content=raw.encode(), headers=headers)
    assert code(response) == "AA"
    assert soap in response.text
    call = f"<Call><msg><![CDATA[{bare}]]></msg></Call>"
    text = f'<s:Envelope xmlns:s="{soap}"><s:Body>{call}</s:Body></s:Envelope>'
    response = await http.post("/v3", content=text.encode(), headers=headers)
    assert "<CallResponse><return>&lt;" in response.text
    assert "typeCode=&quot;AA&quot;" in response.text


@pytest.mark.parametrize("raw", [b"", b"<a/>", b"{}", b"<!DOCTYPE a><a/>"])
async def test_what_is_no_message_is_a_fault(hub: Hub, http: httpx.AsyncClient, raw: bytes) -> None:
    response = await http.post("/v3", content=raw, headers=await authorization(hub) | XML)
    assert response.status_code == 400
    assert "faultcode" in response.text


async def test_http_errors(hub: Hub, http: httpx.AsyncClient) -> None:
    assert (await http.post("/v3", content=registration(), headers=XML)).status_code == 401
    none = await authorization(hub, "system/Patient.rs") | XML
    assert (await http.post("/v3", content=registration(), headers=none)).status_code == 403
    other = await authorization(hub, hospital="elsewhere") | XML
    refused = await http.post("/v3", content=registration(), headers=other)
    assert refused.status_code == 403
    assert "<faultstring>This client sends for" in refused.text
    kind = await authorization(hub) | {"Content-Type": "image/png"}
    assert (await http.post("/v3", content=registration(), headers=kind)).status_code == 415


async def test_a_document_is_stored(hub: Hub, http: httpx.AsyncClient) -> None:
    headers = await authorization(hub) | XML
    response = await http.post("/documents", content=ADMISSION, headers=headers)
    assert response.status_code == 200, response.text
    assert response.json()["issue"][0]["severity"] == "information"
    refused = await http.post("/documents", content=b"<x/>", headers=headers)
    assert refused.status_code == 422
    assert refused.json()["issue"][0]["severity"] == "error"
    table = "yljgdm,yjlxh,patid,hzxm\nH009,1,P42,欧阳测试\n".encode()
    response = await http.post("/documents", content=table, headers=headers | {"Content-Type": "text/csv"})
    assert response.status_code == 200, response.text


async def test_a_query_is_answered_with_the_callers_own_rights(hub: Hub, http: httpx.AsyncClient) -> None:
    pushing = await authorization(hub) | XML
    both = await authorization(hub, "system/hl7v2.c system/Patient.rs") | XML
    assert code(await http.post("/v3", content=registration(), headers=pushing)) == "AA"
    answer = await http.post("/v3", content=QUERY, headers=both)
    assert code(answer) == "AA"
    assert b"<PRPA_IN201306UV02" in answer.content
    assert "欧阳测试".encode() in answer.content
    assert b'<queryResponseCode code="OK"/>' in answer.content
    nobody = await http.post("/v3", content=QUERY.replace(b"P42", b"P99"), headers=both)
    assert b'<queryResponseCode code="NF"/>' in nobody.content
    forbidden = await http.post("/v3", content=QUERY, headers=pushing)
    assert code(forbidden) == "AE"
    assert "欧阳测试".encode() not in forbidden.content


async def test_an_answer_goes_on_where_it_stopped(hub: Hub, http: httpx.AsyncClient) -> None:
    both = await authorization(hub, "system/hl7v2.c system/Patient.rs") | XML
    await http.post("/v3", content=registration(), headers=both)
    asked = QUERY.replace(b"<parameterList>", b"<initialQuantity value='1'/><parameterList>").replace(
        b'"M1"', b'"M7"'
    )
    first = await http.post("/v3", content=asked, headers=both)
    assert re.findall(rb'Quantity value="(\d)"', first.content) == [b"2", b"1", b"1"]
    for called in ("7", "M7"):
        page = (
            f"<queryContinuation><queryId extension='{called}'/><startResultNumber value='2'/>"
            "<statusCode code='waitContinuedQueryResponse'/></queryContinuation>"
        )
        following = await http.post("/v3", content=message("QUQI_IN000003UV01", page, called), headers=both)
        assert b"<PRPA_IN201306UV02" in following.content
        assert re.findall(rb'Quantity value="(\d)"', following.content) == [b"2", b"1", b"0"]
    ended = page.replace("waitContinuedQueryResponse", "aborted")
    done = await http.post("/v3", content=message("QUQI_IN000003UV01", ended, "M9"), headers=both)
    assert code(done) == "AA"
    assert b"<MCCI_IN000002UV01" in done.content


async def test_a_document_is_retrieved_as_it_was_sent(hub: Hub, http: httpx.AsyncClient) -> None:
    pushing = await authorization(hub) | XML
    assert (await http.post("/documents", content=ADMISSION, headers=pushing)).status_code == 200
    asked = message(
        "RCMR_IN000031UV01",
        "<queryByParameter><clinicalDocument.id><value root='2.16.156.10011.1.1' extension='R1'/>"
        "</clinicalDocument.id></queryByParameter>",
    )
    scopes = "system/hl7v2.c system/DocumentReference.rs system/Binary.rs"
    answer = await http.post("/v3", content=asked, headers=await authorization(hub, scopes) | XML)
    found = re.search(rb'<originalText value="([^"]+)"', answer.content)
    assert found
    assert base64.b64decode(found[1]) == ADMISSION


async def test_an_order_is_told_with_what_the_caller_may_see_around_it(
    hub: Hub, http: httpx.AsyncClient
) -> None:
    pushing = await authorization(hub) | XML
    assert code(await http.post("/v3", content=ORDER, headers=pushing)) == "AA"
    asked = message(
        "QUMT_IN020030UV01",
        "<queryByParameter><actId><value><item root='2.16.156.10011.1.28' extension='O1'/></value></actId>"
        "</queryByParameter>",
    )
    scopes = "system/hl7v2.c system/ServiceRequest.rs system/MedicationRequest.rs"
    called = XML | {"SOAPAction": '"OrderInfoQuery"'}
    bare = await http.post("/v3", content=asked, headers=await authorization(hub, scopes) | called)
    more = await authorization(hub, f"{scopes} system/Patient.rs system/Encounter.rs system/Practitioner.rs")
    whole = await http.post("/v3", content=asked, headers=more | called)
    assert "氨茶碱片" in bare.text
    assert "欧阳测试" not in bare.text
    for told in ("氨茶碱片", "欧阳测试", "ZY0042", "周医生"):
        assert told in whole.text
    page = message("QUQI_IN000003UV01", "<queryContinuation><queryId extension='7'/></queryContinuation>")
    assert code(await http.post("/v3", content=page, headers=more | XML)) == "AE"
