"""PIXV3 and PDQV3 (ITI-44, ITI-45, ITI-47) as a consumer sees them: cases, error rules, continuation."""

import re
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import httpx
import pytest

from adapters.hospitals.folder import load_hospitals
from exchange.app import build_app
from exchange.hub import open_hub
from exchange.inbound.reception import open_reception
from exchange.inbound.v3_http import v3_router
from exchange.server import translating
from exchange.settings import Settings
from tests.exchange.inbound.test_http import authorization

XML = {"Content-Type": "text/xml; charset=utf-8"}
DOMAINS = """
domains:
  - {name: A, oid: 1.2.3.4.1, assigners: [HA]}
  - {name: B, oid: 1.2.3.4.2, uri: "urn:x:beta", assigners: [HB]}
  - {name: C, oid: 1.2.3.4.3, assigners: [HC]}
  - {name: STATE, oid: 1.2.3.4.9, shared: true}
"""
WRAPPER = """<?xml version="1.0" encoding="UTF-8"?><{root} ITSVersion="XML_1.0" xmlns="urn:hl7-org:v3">
<id root="1.2.9.9" extension="{number}"/><creationTime value="202601011010{number:02}"/>
<interactionId root="2.16.840.1.113883.1.6" extension="{root}"/>
<receiver typeCode="RCV"><device><id root="1.2.9.1"/></device></receiver>
<sender typeCode="SND"><device><id root="1.2.9.2" extension="{sender}"/></device></sender>
<controlActProcess classCode="CACT" moodCode="EVN">{inner}</controlActProcess></{root}>"""
NAME = "<livingSubjectName><value>{}</value></livingSubjectName>"
PAGE = (
    "<queryContinuation><queryId root='1.2.9.5' extension='{}'/><startResultNumber value='2'/>"
    "<continuationQuantity value='1'/><statusCode code='{}'/></queryContinuation>"
)

Send = Callable[..., Awaitable[str]]


def fed(root: str, number: str, given: str = "John", state: str = "", birth: str = "19630804") -> str:
    other = f"<asOtherIDs classCode='PAT'><id root='1.2.3.4.9' extension='{state}'/></asOtherIDs>"
    return (
        "<subject><registrationEvent><statusCode code='active'/><subject1><patient classCode='PAT'>"
        f"<id root='{root}' extension='{number}'/><statusCode code='active'/><patientPerson>"
        f"<name><given>{given}</given><family>Tree</family></name><administrativeGenderCode code='M'/>"
        f"<birthTime value='{birth}'/><addr><city>Leeds</city></addr>{other if state else ''}</patientPerson>"
        "</patient></subject1></registrationEvent></subject>"
    )


def asked(parameters: str, query: str = "q1", most: int = 0) -> str:
    quantity = f"<initialQuantity value='{most}'/>" if most else ""
    return (
        f"<queryByParameter><queryId root='1.2.9.5' extension='{query}'/><statusCode code='new'/>{quantity}"
        f"<parameterList>{parameters}</parameterList></queryByParameter>"
    )


def number(name: str, root: str, extension: str = "") -> str:
    own = f" extension='{extension}'" if extension else ""
    return f"<{name}><value root='{root}'{own}/></{name}>"


@pytest.fixture
async def send(database_url: str, tmp_path: Path) -> AsyncIterator[Send]:
    """A hub whose domains are listed, with two persons: one of hospitals A and C, one of A."""
    listed = tmp_path / "domains.yaml"
    listed.write_text(DOMAINS, "utf-8")
    settings = Settings(data_dir=tmp_path, pool_size=8, domains=listed)
    async with open_hub(settings, database_url) as hub:
        hospitals = load_hospitals(None, settings.base, hub.domains.systems)
        async with open_reception(hub, hospitals, translating(hub)) as reception:
            transport = httpx.ASGITransport(build_app(hub, [v3_router(reception)]))
            headers = await authorization(hub, "system/hl7v2.c system/Patient.rs") | XML
            async with httpx.AsyncClient(
                transport=transport, base_url="http://127.0.0.1", headers=headers
            ) as http:
                sent = 0

                async def send(root: str, inner: str, sender: str = "HA", **more: str) -> str:
                    nonlocal sent
                    sent += 1
                    raw = WRAPPER.format(root=root, inner=inner, number=sent, sender=sender)
                    answer = await http.post("/v3", content=raw.encode(), headers=more)
                    assert answer.status_code == 200
                    return answer.text

                await send("PRPA_IN201301UV02", fed("1.2.3.4.1", "a1", state="771234"))
                await send("PRPA_IN201301UV02", fed("1.2.3.4.3", "c7", state="771234"), "HC")
                await send("PRPA_IN201301UV02", fed("1.2.3.4.1", "a2", "Ann", birth="19400101"))
                yield send


def told(answer: str) -> tuple[str, str]:
    """What the wrapper and the control act say."""
    found = re.search(r'<acknowledgement><typeCode code="(..)"/>', answer)
    status = re.search(r'<queryResponseCode code="(..)"/>', answer)
    return found[1] if found else "", status[1] if status else ""


def ids(answer: str) -> list[list[str]]:
    """The numbers of each person."""
    persons = re.findall(r'<patient classCode="PAT">(.*?)<statusCode', answer)
    return [re.findall(r'extension="([^"]+)"', each) for each in persons]


def quantities(answer: str) -> list[int]:
    return [int(each) for each in re.findall(r'<result\w+Quantity value="(\d+)"', answer)]


async def test_numbers_are_cross_referenced(send: Send) -> None:
    answer = await send("PRPA_IN201309UV02", asked(number("patientIdentifier", "1.2.3.4.1", "a1")))
    assert "<PRPA_IN201310UV02" in answer
    assert told(answer) == ("AA", "OK")
    assert [sorted(each) for each in ids(answer)] == [["771234", "c7"]]
    assert '<queryByParameter><queryId root="1.2.9.5" extension="q1"/>' in answer
    only = number("patientIdentifier", "1.2.3.4.1", "a1") + number("dataSource", "1.2.3.4.3")
    assert ids(await send("PRPA_IN201309UV02", asked(only))) == [["c7"]]


@pytest.mark.parametrize(
    ("parameters", "expected", "place"),
    [
        (
            number("patientIdentifier", "1.2.3.4.1", "a1") + number("dataSource", "1.2.3.4.2"),
            ("AA", "NF"),
            "",
        ),
        (number("patientIdentifier", "1.2.3.4.1", "nobody"), ("AE", "AE"), "patientIdentifier[1]/value"),
        (number("patientIdentifier", "1.2.3.4.8", "a1"), ("AE", "AE"), "patientIdentifier[1]/value"),
        (
            number("patientIdentifier", "1.2.3.4.1", "a1")
            + number("dataSource", "1.2.3.4.3")
            + number("dataSource", "1.2.3.4.8"),
            ("AE", "AE"),
            "dataSource[2]/value",
        ),
        ("", ("AE", "AE"), "parameterList"),
    ],
)
async def test_the_cases_of_a_query_for_numbers(
    send: Send, parameters: str, expected: tuple[str, str], place: str
) -> None:
    answer = await send("PRPA_IN201309UV02", asked(parameters))
    assert told(answer) == expected
    assert ids(answer) == []
    assert re.findall(r"<location>(.*?)</location>", answer) == (
        [f"/PRPA_IN201309UV02/controlActProcess/queryByParameter/{where(place)}"] if place else []
    )


def where(place: str) -> str:
    return place if place == "parameterList" else f"parameterList/{place}"


@pytest.mark.parametrize(
    ("parameters", "expected"),
    [
        (NAME.format("<given>john</given><family>TREE</family>"), [["771234", "a1", "c7"]]),
        (NAME.format("<family>Tre</family>"), []),
        (
            NAME.format("<family>Tre</family>").replace("<value>", "<value use='SRCH'>"),
            [["771234", "a1", "c7"], ["a2"]],
        ),
        (NAME.format("Ann Tree"), [["a2"]]),
        ("<livingSubjectBirthTime><value value='19400101'/></livingSubjectBirthTime>", [["a2"]]),
        (
            "<livingSubjectBirthTime><value><low value='1939'/><high value='1941'/></value>"
            "</livingSubjectBirthTime><livingSubjectAdministrativeGender><value code='M'/>"
            "</livingSubjectAdministrativeGender>",
            [["a2"]],
        ),
        (number("livingSubjectId", "1.2.3.4.3", "c7"), [["771234", "a1", "c7"]]),
        (number("livingSubjectId", "1.2.3.4.3", "c7") + number("livingSubjectId", "1.2.3.4.1", "a2"), []),
        (
            "<patientAddress><value><city>Leeds</city></value></patientAddress>"
            + number("otherIDsScopingOrganization", "1.2.3.4.3"),
            [["c7"]],
        ),
    ],
)
async def test_persons_are_found_by_demographics(
    send: Send, parameters: str, expected: list[list[str]]
) -> None:
    answer = await send("PRPA_IN201305UV02", asked(parameters))
    assert told(answer) == ("AA", "OK" if expected else "NF")
    assert sorted(sorted(each) for each in ids(answer)) == expected


async def test_a_person_is_told_as_the_edition_writes_it(send: Send) -> None:
    both = "".join(number("otherIDsScopingOrganization", root) for root in ("1.2.3.4.1", "urn:x:beta"))
    answer = await send("PRPA_IN201305UV02", asked(number("livingSubjectId", "1.2.3.4.1", "a2") + both))
    for part in (
        "<name><given>Ann</given><family>Tree</family></name>",
        '<administrativeGenderCode code="M"/>',
        '<birthTime value="19400101"/>',
        "<addr><city>Leeds</city></addr>",
        '<id nullFlavor="UNK"/><scopingOrganization classCode="ORG" determinerCode="INSTANCE">'
        '<id root="1.2.3.4.2"/>',
        '<receiver typeCode="RCV"><device classCode="DEV" determinerCode="INSTANCE">'
        '<id root="1.2.9.2" extension="HA"/>',
    ):
        assert part in answer


async def test_each_domain_that_is_not_known_is_told(send: Send) -> None:
    unknown = "".join(number("otherIDsScopingOrganization", f"1.2.3.4.{n}") for n in (7, 1, 8))
    answer = await send("PRPA_IN201305UV02", asked(NAME.format("Tree") + unknown))
    assert told(answer) == ("AE", "AE")
    assert re.findall(r"Organization(\[\d\])/value</location>", answer) == ["[1]", "[3]"]
    assert answer.count('<code code="204"') == 2


async def test_an_answer_goes_on_where_it_stopped(send: Send) -> None:
    by_name = NAME.format("<family>Tree</family>")
    first = await send("PRPA_IN201305UV02", asked(by_name, "q7", most=1))
    assert quantities(first) == [2, 1, 1]
    following = await send("QUQI_IN000003UV01", PAGE.format("q7", "waitContinuedQueryResponse"))
    assert "<PRPA_IN201306UV02" in following
    assert quantities(following) == [2, 1, 0]
    assert sorted(ids(first)[0] + ids(following)[0]) == ["771234", "a1", "a2", "c7"]
    elsewhere = await send("QUQI_IN000003UV01", PAGE.format("q7", "waitContinuedQueryResponse"), "HC")
    assert told(elsewhere) == ("AE", "")
    unknown = await send("QUQI_IN000003UV01", PAGE.format("q8", "waitContinuedQueryResponse"))
    assert told(unknown) == ("AE", "")


@pytest.mark.parametrize("root", ["QUQI_IN000003UV01", "QUQI_IN000003UV01_Cancel"])
async def test_a_query_is_cancelled(send: Send, root: str) -> None:
    answer = await send(root, PAGE.format("q1", "aborted"))
    assert "<MCCI_IN000002UV01" in answer
    assert told(answer) == ("AA", "")


async def test_a_feed_is_acknowledged_as_it_was_sent_and_names_listed_domains_only(send: Send) -> None:
    taken = await send("PRPA_IN201302UV02", fed("1.2.3.4.1", "a1", "Johnny", state="771234"))
    assert told(taken) == ("AA", "")
    unlisted = await send("PRPA_IN201301UV02", fed("1.2.3.4.8", "x1"))
    assert told(unlisted) == ("AE", "")
    not_its_own = await send("PRPA_IN201301UV02", fed("1.2.3.4.3", "c8"))
    assert told(not_its_own) == ("AE", "")


async def test_the_right_to_search_is_wanted(send: Send, database_url: str, tmp_path: Path) -> None:
    async with open_hub(Settings(data_dir=tmp_path), database_url) as hub:
        only = await authorization(hub, "system/hl7v2.c")
    answer = await send("PRPA_IN201309UV02", asked(number("patientIdentifier", "1.2.3.4.1", "a1")), **only)
    assert told(answer) == ("AE", "")
    assert "c7" not in answer
