"""A message's place: by the time that it was recorded, then by what tells equals apart."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.hospitals.hospital import Hospital, Hospitals
from exchange.inbound.documents import sealed_document
from exchange.inbound.envelope import sealed
from exchange.inbound.place import AHEAD, place_of
from tests.adapters.v3.messages import registration
from tests.exchange.inbound.conftest import HOSPITALS
from tests.exchange.inbound.senders import message

NOW = datetime(2024, 3, 2, tzinfo=UTC)
EVENING = "20240301200000"


def place(raw: bytes, number: int = 1, received: datetime = NOW, hospitals: Hospitals = HOSPITALS) -> bytes:
    return place_of(sealed(raw, "test", None, hospitals), received, number)


def told(msh_7: str = EVENING, control_id: str = "1", rest: str = "", **msh: str) -> bytes:
    return message(control_id, f7=msh_7, **msh) + rest.encode()


@pytest.mark.parametrize(
    ("earlier", "later"),
    [
        (told("20240301080000"), told("20240301080001")),
        (told("202403010800"), told("20240301080001")),
        (told("20240301100000+0800"), told("20240301090000+0000")),
        (told(rest="EVN|A04|20240301080000\r"), told("20240301070000", rest="EVN|A04|20240301090000\r")),
        # what happened earlier may be recorded later
        (
            told(rest="EVN|A04|20240301080000\r"),
            told(rest="EVN|A04|20240301090000||||20240201000000\r"),
        ),
        # a day tells too little
        (
            told("20240301080000", rest="EVN|A04|20240301\r"),
            told("20240301090000", rest="EVN|A04|20240229\r"),
        ),
        # a message without a time came when it came
        (told("20240301200000"), told("")),
        # equals: reported later, more final, numbered by the sender
        (told(rest=f"OBR|1{'|' * 21}20240301070000\r"), told(rest=f"OBR|1{'|' * 21}20240301080000\r")),
        (told(rest=f"OBR|1{'|' * 24}P\r"), told(rest=f"OBR|1{'|' * 24}F\r")),
        (told(rest=f"OBR|1{'|' * 24}F\r"), told(rest=f"OBR|1{'|' * 24}C\r")),
        (told(f13="9"), told(f13="10")),
        (told(control_id="99999"), told(control_id="100000")),
    ],
)
def test_what_stands_later(earlier: bytes, later: bytes) -> None:
    assert place(earlier, 2) < place(later, 1)


@pytest.mark.parametrize(
    ("one", "other"),
    [(told(control_id="9"), told(control_id="10")), (told(control_id="B00001"), told(control_id="A00001"))],
)
def test_what_else_is_equal_stands_as_it_came(one: bytes, other: bytes) -> None:
    assert place(one, 1) < place(other, 2)
    assert place(other, 1) < place(one, 2)


def test_a_clock_that_is_wrong_keeps_nobody_out() -> None:
    ahead = (NOW + AHEAD + timedelta(days=3650)).strftime("%Y%m%d%H%M%S+0000")
    assert place(told(ahead), 1) < place(told("20240302120000+0000"), 2, NOW + timedelta(days=1))
    assert place(told("99991231235959"), 1) == place(told(""), 1)


def test_a_hospital_says_what_its_messages_are_ordered_by() -> None:
    hospital = Hospital("h1", "H1", "", order_by=("OBR-22.1", "MSH-7.1"))
    by_report = Hospitals("https://base.example", [hospital])
    older = told("20240301210000", rest=f"OBR|1{'|' * 21}20240301070000\r")
    newer = told("20240301200000", rest=f"OBR|1{'|' * 21}20240301080000\r")
    assert place(older, hospitals=by_report) < place(newer, hospitals=by_report)
    assert place(newer) < place(older)


def test_documents_and_v3_messages_say_when_they_were_written() -> None:
    one = sealed_document(registration(), "v3", None, HOSPITALS)
    other = sealed_document(
        registration().replace(b"20240305101500", b"20240304101500"), "v3", None, HOSPITALS
    )
    late = datetime(2024, 4, 1, tzinfo=UTC)
    assert place_of(other, late, 2) < place_of(one, late, 1)


@given(st.text(max_size=30), st.text(max_size=20), st.text(max_size=10))
def test_whatever_stands_there(time: str, control_id: str, number: str) -> None:
    raw = told(time, control_id, f13=number)
    assert len(place(raw)) == len(place(told()))
