"""The demonstration's world is the same for the same seed, and true to the standards it speaks."""

from collections import Counter
from functools import cache

import pytest

from adapters.hl7v2.charset import decode
from exchange.demo.world import World, world
from mpi.normalisation.citizen_id import citizen_id


@cache
def city() -> World:
    return world(1, 12, 120)


def texts() -> list[tuple[str, list[str]]]:
    """Every message with its hospital's code, decoded as its channel is configured, in segments."""
    made = city()
    return [
        (one.code, decode(raw, one.codec).split("\r"))
        for one in made.hospitals
        for raw in made.messages[one.code]
    ]


def test_same_seed_same_bytes() -> None:
    assert world(7, 5, 20).messages == world(7, 5, 20).messages
    assert world(7, 5, 20).messages != world(8, 5, 20).messages


def test_it_stops_at_the_messages_asked_for() -> None:
    made = world(1, 3, 400, messages=40)
    assert 40 <= made.size < 80


def test_citizen_ids_are_valid_and_say_birth_and_sex() -> None:
    people = world(1, 3, 300).residents
    for person in people:
        parsed = citizen_id(person.citizen_id)
        assert parsed is not None
        assert parsed.birth_date == person.born
        assert (parsed.sex == "male") is person.male
        assert len(person.health_card) == 64
    assert len({person.citizen_id for person in people}) == len(people)
    assert len({person.health_card for person in people}) == len(people)


def test_names_are_of_every_kind() -> None:
    names = {(person.family, person.given) for person in world(1, 3, 1000).residents}
    assert any(len(family) == 2 for family, _ in names)
    assert any("·" in given for _, given in names)
    assert all(given for _, given in names)


def test_every_message_decodes_to_its_resident_in_its_charset() -> None:
    made = city()
    names = {text for one in made.residents for text in (f"{one.family}^{one.given}", one.name)}
    hospitals = {one.code: one.name for one in made.hospitals}
    for code, segments in texts():
        pid = next(line for line in segments if line.startswith("PID"))
        assert pid.split("|")[5] in names
        assert hospitals[code] in segments[0]


def test_where_the_charset_is_declared_it_is_true() -> None:
    made = city()
    blank = [one for one in made.hospitals if not one.charset]
    assert blank
    assert {one.codec for one in blank} == {"gb18030"}
    for one in made.hospitals:
        for raw in made.messages[one.code]:
            if one.charset:
                assert decode(raw) == decode(raw, one.codec)


def test_some_gb18030_bytes_look_like_delimiters() -> None:
    """Else the demonstration would not show that they do no harm."""
    made = city()
    gb18030 = [raw for one in made.hospitals if one.codec == "gb18030" for raw in made.messages[one.code]]
    for delimiter in ("|", "\\"):
        assert any(
            raw.count(delimiter.encode()) > raw.decode("gb18030").count(delimiter) for raw in gb18030
        ), delimiter


def test_control_ids_are_unique_per_sender() -> None:
    for sent in city().messages.values():
        identifiers = [raw.split(b"|")[9] for raw in sent]
        assert len(set(identifiers)) == len(identifiers)


def test_all_events_and_versions_occur() -> None:
    made = world()
    events = Counter(
        b"^".join(raw.split(b"|")[8].split(b"^")[:2]) for sent in made.messages.values() for raw in sent
    )
    admissions = {b"ADT^A" + number for number in b"01 03 04 08 11 28 31 40".split()}
    assert events.keys() == {b"ORU^R01", *admissions}
    assert {one.version for one in made.hospitals} == {"2.3.1", "2.4", "2.5", "2.5.1"}
    assert sum(one.codec == "gb18030" for one in made.hospitals) == 19
    assert sum(len(codes) >= 3 for codes in made.visited.values()) > 50


@pytest.mark.parametrize(("segment", "field", "of"), [("PV1", 19, "visit"), ("OBR", 2, "order")])
def test_numbers_given_by_a_hospital_are_its_own(segment: str, field: int, of: str) -> None:
    """One visit number is one patient's, one order number one report's."""
    holders: dict[tuple[str, str], set[str]] = {}
    for code, segments in texts():
        lines = {line[:3]: line.split("|") for line in segments if line}
        if segment in lines and len(lines[segment]) > field:
            holder = lines["PID"][3].split("^")[0] if of == "visit" else segments[0]
            holders.setdefault((code, lines[segment][field]), set()).add(holder)
    assert len(holders) > 50
    assert all(len(found) == 1 for found in holders.values())


def test_results_have_two_to_twelve_lines_with_both_codes() -> None:
    for _, segments in texts():
        obx = [line.split("|") for line in segments if line.startswith("OBX")]
        if not segments[0].split("|")[8].startswith("ORU"):
            assert not obx
            continue
        assert 2 <= len(obx) <= 12
        for fields in obx:
            local, _, _, loinc, _, system = fields[3].split("^")
            assert local.endswith(loinc.replace("-", ""))
            assert system == "LN"
            assert fields[8] in {"N", "L", "H", "A"}
