"""Queries for persons (Q22, Q23), and what a hospital declares of two of its records (A24, A37)."""

import re
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from adapters.hl7v2.parse import Message, parse
from adapters.hospitals.folder import load_hospitals
from adapters.mapping.fault import MapError
from exchange.domains import load_domains
from exchange.hub import open_hub
from exchange.inbound.reception import Reception, open_reception
from exchange.server import translating
from exchange.settings import Settings
from tests.exchange.operations.identities import client_of

DOMAINS = """
domains:
  - {name: ALPHA, oid: 1.2.3.4.1, assigners: [LABS]}
  - {name: BETA, oid: 1.2.3.4.2, uri: "urn:x:beta", assigners: [WARD]}
  - {name: STATE, oid: 1.2.3.4.9, shared: true}
"""

Send = Callable[[str], Awaitable[Message]]


async def opened(
    database_url: str, folder: Path, domains: str | None, queries: bool
) -> AsyncIterator[Reception]:
    listed = None
    if domains is not None:
        listed = folder / "domains.yaml"
        listed.write_text(domains, "utf-8")
    settings = Settings(data_dir=folder, pool_size=8, mllp_queries=queries, domains=listed)
    async with open_hub(settings, database_url) as hub:
        hospitals = load_hospitals(None, settings.base, hub.domains.systems)
        async with open_reception(hub, hospitals, translating(hub)) as reception:
            yield reception


@pytest.fixture
async def closed(database_url: str, tmp_path: Path) -> AsyncIterator[Reception]:
    """A hub whose domains are listed."""
    async for reception in opened(database_url, tmp_path, DOMAINS, True):
        yield reception


@pytest.fixture
async def reception(database_url: str, tmp_path: Path) -> AsyncIterator[Reception]:
    """A hub where every hospital may name its own."""
    async for reception in opened(database_url, tmp_path, None, True):
        yield reception


async def sent(reception: Reception, text: str, channel: str = "mllp") -> Message:
    raw = text.strip().replace("\n", "\r").encode() + b"\r"
    delivery = await reception.receive(reception.seal(raw, channel, None))
    assert delivery.application is not None
    return parse((await delivery.application).decode())


def head(kind: str, control: str, sender: str = "LABS") -> str:
    return f"MSH|^~\\&|{sender}|F1|HUB|C|20260101||{kind}|{control}|P|2.5"


def fed(control: str, pid: str, sender: str = "LABS", event: str = "A28", more: str = "") -> str:
    return f"{head(f'ADT^{event}', control, sender)}\nEVN||20260101\nPID|||{pid}\n{more}"


def cross(number: str, targets: str = "") -> str:
    return f"{head('QBP^Q23^QBP_Q21', f'x{number}{targets}')}\nQPD|IHE PIX Query|T1|{number}|{targets}\nRCP|I"


def persons(asked: str, rest: str = "", more: str = "") -> str:
    return f"{head('QBP^Q22^QBP_Q21', 'p1')}\nQPD|IHE PDQ Query|T2|{asked}{rest}\nRCP|I|1^RD\n{more}"


def outcome(answer: Message) -> tuple[str, str, str]:
    """MSA-1, QAK-2, and where the error is."""
    errors = answer.all("ERR")
    return answer.text("MSA-1"), answer.text("QAK-2"), errors[0].fields()[2] if errors else ""


def numbers(answer: Message) -> set[str]:
    pid = answer.first("PID")
    return set() if pid is None else {each.component(1) for each in pid.field(3)}


async def test_two_numbers_of_one_person_are_cross_referenced(closed: Reception) -> None:
    first = await sent(closed, fed("1", "A1^^^ALPHA~771234^^^STATE||DOE^JANE||19800101|F"))
    assert first.text("MSA-1") == "AA"
    await sent(closed, fed("2", "B9^^^BETA~771234^^^STATE||DOE^JAYNE||1980|F", "WARD"))
    answer = await sent(closed, cross("A1^^^ALPHA^PI"))
    assert answer.text("MSH-9.2") == "K23"
    assert outcome(answer) == ("AA", "OK", "")
    assert {"A1", "B9", "771234"} <= numbers(answer)
    only = await sent(closed, cross("A1^^^&1.2.3.4.1&ISO", "^^^BETA"))
    assert numbers(only) == {"B9"}
    assert only.text("PID-3.4.1") == "BETA"
    assert only.first("PID").field(3)[0].component(4, 2) == "1.2.3.4.2"  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        (cross("A9^^^ALPHA"), ("AE", "AE", "QPD^1^3^1^1")),
        (cross("A9^^^NOWHERE"), ("AE", "AE", "QPD^1^3^1^4")),
        (cross("A1^^^ALPHA", "^^^NOWHERE"), ("AE", "AE", "QPD^1^4^1")),
        (cross("A1^^^ALPHA", "^^^BETA"), ("AA", "NF", "")),
        (cross(""), ("AE", "AE", "QPD^1^3^1^1")),
        (persons("@PID.99.1^X"), ("AE", "AE", "QPD^1^3^1^1")),
        (persons("@PID.7^not-a-day"), ("AE", "AE", "QPD^1^3^1^2")),
        (persons("@PID.8^F~@PID.7^19991399"), ("AE", "AE", "QPD^1^3")),
        (persons("@PID.5.1^DOE", "|||||^^^NOWHERE"), ("AE", "AE", "QPD^1^8^1")),
        (persons("@PID.5.1^ROE"), ("AA", "NF", "")),
        (persons("@PID.5.1^DOE", more="DSC|further|I"), ("AE", "AE", "DSC^1^1")),
        (persons("@PID.5.1^DOE").replace("|1^RD", "|-1^RD"), ("AE", "AE", "RCP^1^2")),
    ],
)
async def test_errors_name_the_place(closed: Reception, asked: str, expected: tuple[str, str, str]) -> None:
    await sent(closed, fed("1", "A1^^^ALPHA||DOE^JANE||19800101|F"))
    assert outcome(await sent(closed, asked)) == expected


async def test_each_domain_that_is_not_known_is_an_error(closed: Reception) -> None:
    await sent(closed, fed("1", "A1^^^ALPHA||DOE^JANE||19800101|F"))
    answer = await sent(closed, cross("A1^^^ALPHA", "^^^NOWHERE~^^^BETA~^^^ELSEWHERE"))
    errors = [each.text(2, 4) for each in answer.segments if each.name == "ERR"]
    assert errors == ["1", "3"]


async def test_a_query_is_cancelled(closed: Reception) -> None:
    done = await sent(closed, f"{head('QCN^J01^QCN_J01', 'c1')}\nQID|T2|IHE PDQ Query")
    assert (done.text("MSH-9.1"), done.text("MSA-1"), done.text("MSA-2")) == ("ACK", "AA", "c1")
    nothing = await sent(closed, f"{head('QCN^J01^QCN_J01', 'c2')}\nQID||IHE PDQ Query")
    assert (nothing.text("MSA-1"), nothing.text("ERR-2")) == ("AE", "QID")


async def test_persons_are_found_by_what_is_known_of_them(closed: Reception) -> None:
    await sent(closed, fed("1", "A1^^^ALPHA||DOE^JANE^ANN^^^^L|ROE^MARY|19800101|F|||1 High St^^LEEDS||555"))
    await sent(closed, fed("2", "A2^^^ALPHA||DOE^JOHN||19790202|M"))
    answer = await sent(closed, persons("@PID.5.1^doe~@PID.8^F~@PID.7^1980"))
    assert answer.text("MSH-9.2") == "K22"
    assert outcome(answer) == ("AA", "OK", "")
    assert (answer.text("PID-5.1"), answer.text("PID-5.2"), answer.text("PID-5.3")) == ("DOE", "JANE", "ANN")
    assert (answer.text("PID-6.1"), answer.text("PID-7"), answer.text("PID-11.3")) == (
        "ROE",
        "19800101",
        "LEEDS",
    )
    for asked in ("@PID.5.2^JAN*", "@PID.3.1^A1~@PID.3.4.1^ALPHA", "@PID.11.3^LEEDS"):
        assert "A1" in numbers(await sent(closed, persons(asked))), asked
    assert outcome(await sent(closed, persons("@PID.5.1^DO")))[1] == "NF"


async def test_answers_go_on_where_they_stopped(closed: Reception) -> None:
    for number in "123":
        await sent(closed, fed(number, f"A{number}^^^ALPHA||DOE^J{number}||198{number}|F"))
    seen: list[str] = []
    more = ""
    for _ in range(3):
        answer = await sent(closed, persons("@PID.5.1^DOE", more=more))
        assert answer.text("QAK-4") == "3"
        seen += [each for each in numbers(answer) if re.fullmatch(r"A\d", each)]
        start = answer.first("DSC")
        more = f"DSC|{start.text(1)}|I" if start is not None else ""
    assert sorted(seen) == ["A1", "A2", "A3"]
    assert more == ""


async def test_only_listed_domains_and_their_assigners(closed: Reception) -> None:
    for control, pid, sender in (
        ("1", "A1||DOE^JANE", "LABS"),
        ("2", "A1^^^NOWHERE||DOE^JANE", "LABS"),
        ("3", "A1^^^ALPHA||DOE^JANE", "WARD"),
        ("4", "A1^^^&1.2.9.9.9&ISO~A1^^^ALPHA||DOE^JANE", "LABS"),
    ):
        answer = await sent(closed, fed(control, pid, sender))
        assert answer.text("MSA-1") == "AE", pid
    both = await sent(closed, fed("5", "B1^^^BETA~A1^^^ALPHA||DOE^JANE", "WARD"))
    assert both.text("MSA-1") == "AA"
    merge = fed("6", "B1^^^BETA||DOE^JANE", "WARD", "A40", "MRG|A1^^^ALPHA")
    assert (await sent(closed, merge)).text("MSA-1") == "AE"


async def identity(reception: Reception, number: str) -> frozenset[str]:
    return frozenset(numbers(await sent(reception, cross(f"{number}^^^F1"))))


async def test_a_merge_gives_up_what_is_registered(closed: Reception, reception: Reception) -> None:
    """Where domains are listed; elsewhere it may come before the feed of what it gives up."""
    merge = fed("2", "A1^^^ALPHA||DOE^JANE", event="A40", more="MRG|A2^^^ALPHA")
    assert (await sent(closed, fed("1", "A1^^^ALPHA||DOE^JANE||19800101|F"))).text("MSA-1") == "AA"
    refused = await sent(closed, merge)
    assert (refused.text("MSA-1"), refused.text("ERR-3"), refused.text("ERR-2")) == ("AE", "204", "MRG")
    assert (await sent(closed, fed("3", "A2^^^ALPHA||DOE^J||19800101|F"))).text("MSA-1") == "AA"
    assert (await sent(closed, merge.replace("|2|P|", "|4|P|"))).text("MSA-1") == "AA"
    assert (await sent(reception, merge.replace("|2|P|", "|5|P|"))).text("MSA-1") == "AA"


async def test_a_hospital_declares_two_records_one_and_takes_it_back(reception: Reception) -> None:
    one, two = "1^^^F1||DOE^JANE||19800101|F", "2^^^F1||ROE^ANN||19900101|F"
    await sent(reception, fed("1", one))
    await sent(reception, fed("2", two))
    assert "2" not in await identity(reception, "1")
    linked = await sent(reception, fed("3", one, event="A24", more=f"PID|||{two}"))
    assert linked.text("MSA-1") == "AA"
    assert {"1", "2"} <= await identity(reception, "1")
    parted = await sent(reception, fed("4", one, event="A37", more=f"PID|||{two}"))
    assert outcome(parted) == ("AA", "", "")
    assert "2" not in await identity(reception, "1")
    kept = await reception.hub.pool.fetch(
        "SELECT actor, reason FROM mpi_do_not_link WHERE recorded_to IS NULL"
    )
    assert len(kept) == 1


async def test_a_merged_number_answers_no_more(reception: Reception) -> None:
    await sent(reception, fed("1", "1^^^F1||DOE^JANE||19800101|F"))
    await sent(reception, fed("2", "2^^^F1||DOE^JANE||19800101|F"))
    await sent(reception, fed("3", "1^^^F1||DOE^JANE", event="A40", more="MRG|2^^^F1"))
    assert outcome(await sent(reception, cross("2^^^F1"))) == ("AE", "AE", "QPD^1^3^1^1")
    assert "2" not in numbers(await sent(reception, cross("1^^^F1")))


async def test_a_merge_turned_round_leaves_its_survivor_in_use(reception: Reception) -> None:
    """A clerk merged the wrong way, and merges the other way."""
    for number in "12":
        await sent(reception, fed(number, f"{number}^^^F1||DOE^JANE||19800101|F"))
    await sent(reception, fed("3", "1^^^F1||DOE^JANE", event="A40", more="MRG|2^^^F1"))
    await sent(reception, fed("4", "2^^^F1||DOE^JANE", event="A40", more="MRG|1^^^F1"))
    assert "2" in numbers(await sent(reception, cross("2^^^F1")))
    assert outcome(await sent(reception, cross("1^^^F1"))) == ("AE", "AE", "QPD^1^3^1^1")
    assert "2" in numbers(await sent(reception, persons("@PID.3.1^2~@PID.3.4.1^F1")))


async def test_a_deleted_person_that_is_added_again_is_in_use(reception: Reception) -> None:
    one = "1^^^F1||DOE^JANE||19800101|F"
    await sent(reception, fed("1", one))
    await sent(reception, fed("2", one, event="A29"))
    assert outcome(await sent(reception, persons("@PID.3.1^1~@PID.3.4.1^F1")))[1] == "NF"
    await sent(reception, fed("3", one))
    assert "1" in numbers(await sent(reception, persons("@PID.3.1^1~@PID.3.4.1^F1")))


async def test_queries_are_not_kept_and_not_answered_unasked(
    reception: Reception, monkeypatch: pytest.MonkeyPatch
) -> None:
    await sent(reception, cross("1^^^F1"))
    assert await reception.hub.pool.fetchval("SELECT count(*) FROM inbox") == 0
    shut: Any = replace(
        reception.hub, settings=reception.hub.settings.model_copy(update={"mllp_queries": False})
    )
    monkeypatch.setattr(reception, "hub", shut)
    assert (await sent(reception, cross("1^^^F1"))).text("MSA-1") == "AR"
    assert (await sent(reception, cross("1^^^F1"), "http")).text("MSA-1") == "AE"


def test_a_wrong_file_of_domains_is_told(tmp_path: Path) -> None:
    for wrong in ("domains: [{name: A}]", "domains: [{name: A, oid: x}]", "domains: [{nom: A}]"):
        file = tmp_path / "domains.yaml"
        file.write_text(wrong, "utf-8")
        with pytest.raises(MapError):
            load_domains(file, "https://base.example")


async def test_another_hospital_is_asked_for_by_its_name(reception: Reception) -> None:
    citizen = "11010519491231002X^^^&2.16.156.10011.1.3&ISO^NI"
    for control, hospital in (("1", "WEST"), ("2", "EAST")):
        told = fed(control, f"{control}00^^^{hospital}^MR~{citizen}||DOE^JANE||19491231|F")
        assert (await sent(reception, told.replace("|F1|", f"|{hospital}|"))).text("MSA-1") == "AA"
    asked = cross("100^^^WEST", "^^^EAST").replace("|F1|", "|WEST|")
    assert numbers(await sent(reception, asked)) == {"200"}
    other = cross("200^^^EAST", "^^^WEST").replace("|F1|", "|WEST|")
    assert numbers(await sent(reception, other)) == {"100"}
    nobody = cross("100^^^WEST", "^^^NORTH").replace("|F1|", "|WEST|")
    assert outcome(await sent(reception, nobody)) == ("AE", "AE", "QPD^1^4^1")


async def test_a_domain_is_its_authority_whatever_type_the_numbers_have(reception: Reception) -> None:
    citizen = "11010519491231002X^^^&2.16.156.10011.1.3&ISO^NI"
    for control, hospital in (("1", "WEST"), ("2", "EAST")):
        told = fed(control, f"{control}00^^^{hospital}^PI~{citizen}||DOE^JANE||19491231|F")
        assert (await sent(reception, told.replace("|F1|", f"|{hospital}|"))).text("MSA-1") == "AA"
    for number in ("100^^^WEST", "100^^^WEST^PI", "100^^^WEST^MR", "100"):
        answer = await sent(reception, cross(number, "^^^EAST").replace("|F1|", "|WEST|"))
        assert numbers(answer) == {"200"}, number
    assert answer.text("PID-3.4.1") == "east"
    own = await sent(reception, cross("100^^^WEST", "^^^WEST").replace("|F1|", "|WEST|"))
    assert numbers(own) == {"100"}
    asked = persons("@PID.3.1^100~@PID.3.4.1^WEST").replace("|F1|", "|WEST|")
    assert "100" in numbers(await sent(reception, asked))


async def test_a_number_of_several_persons_is_told_from_one_of_nobody(reception: Reception) -> None:
    citizen = "11010519491231002X^^^&2.16.156.10011.1.3&ISO^NI"
    await sent(reception, fed("1", f"1^^^F1~{citizen}||王^伟||19491231|M"))
    await sent(reception, fed("2", f"2^^^F1~{citizen}||李^娜||19900101|F"))
    several = await sent(reception, cross("11010519491231002X^^^&2.16.156.10011.1.3&ISO"))
    nobody = await sent(reception, cross("9^^^F1"))
    assert several.text("ERR-7").startswith("several persons")
    assert nobody.text("ERR-7") == "nobody has this number"


async def test_a_query_of_another_event_is_told_which_there_are(reception: Reception) -> None:
    for kind, places in (
        ("QBP^ZV1^QBP_Q21", "MSH-9.2"),
        ("QCN^J02^QCN_J01", "MSH-9.2"),
        ("ZZZ^Z01", "MSH-9.1"),
    ):
        answer = await sent(reception, f"{head(kind, kind[:7])}\nQPD|x|T1|1")
        code = "201" if places == "MSH-9.2" else "200"
        assert (answer.text("MSA-1"), answer.text("ERR-3")) == ("AR", code)


async def test_where_domains_are_listed_a_hospital_removes_its_patient_too(closed: Reception) -> None:
    await sent(closed, fed("1", "A1^^^ALPHA~771234^^^STATE||DOE^JANE||19800101|F"))
    own = {
        "identifier": [
            {"system": "urn:x:beta", "value": "B9"},
            {"system": "urn:oid:1.2.3.4.9", "value": "771234"},
        ]
    }
    told = {"resourceType": "Patient", "name": [{"text": "JANE DOE"}], "birthDate": "1980-01-01"} | own
    async with client_of(closed.hub, "system/*.cruds", "ward") as ward:
        by = {"identifier": "urn:x:beta|B9"}
        assert (await ward.put("Patient", params=by, json=told)).status_code == 201
        assert "B9" in numbers(await sent(closed, cross("A1^^^ALPHA")))
        assert (await ward.delete("Patient", params=by)).status_code == 204
    assert "B9" not in numbers(await sent(closed, cross("A1^^^ALPHA")))
