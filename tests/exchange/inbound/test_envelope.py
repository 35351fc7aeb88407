"""What is known of bytes at once."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.hl7v2.parse import parse
from adapters.hospitals.hospital import Hospital, Hospitals
from exchange.inbound.envelope import Envelope, refusal, sealed

_NOW = datetime(2024, 1, 1, tzinfo=UTC)
HOSPITALS = Hospitals(
    "https://base.example", [Hospital("first", "第一医院", "", "GB18030", facilities=("H1",))]
)


def envelope(text: str, codec: str = "utf-8", charset: str | None = None) -> Envelope:
    return sealed(text.encode(codec), "mllp", charset, HOSPITALS)


def msh(**fields: str) -> str:
    sent = {
        "3": "HIS",
        "4": "H9",
        "5": "HUB",
        "6": "",
        "7": "2024",
        "8": "",
        "9": "ADT^A01",
        "10": "7",
        "11": "P",
        "12": "2.5",
    }
    sent |= {name.removeprefix("f"): value for name, value in fields.items()}
    values = [sent.get(str(number), "") for number in range(3, 19)]
    return "MSH|^~\\&|" + "|".join(values).rstrip("|") + "\rPID|1||5^^^H9\r"


def test_who_sent_what() -> None:
    sent = envelope(msh())
    assert (sent.sender, sent.control_id, sent.message_type) == ("HIS|H9", "7", "ADT^A01")
    assert sent.hospital.id == "h9"
    assert sent.message is not None
    assert not sent.faults


@pytest.mark.parametrize(
    ("fields", "code", "address", "answer"),
    [
        ({"f9": ""}, "101", "MSH-9", "AE"),
        ({"f10": ""}, "101", "MSH-10", "AE"),
        ({"f12": ""}, "101", "MSH-12", "AE"),
        ({"f9": "XYZ^A01"}, "200", "MSH-9.1", "AR"),
        ({"f9": "QRY^A19"}, "200", "MSH-9.1", "AR"),
        ({"f9": "ADT^A99"}, "201", "MSH-9.2", "AR"),
        ({"f9": "ORU"}, "201", "MSH-9.2", "AR"),
        ({"f12": "3.0"}, "203", "MSH-12", "AR"),
        ({"f11": "X"}, "202", "MSH-11", "AR"),
    ],
)
def test_what_of_msh_forbids_processing(fields: dict[str, str], code: str, address: str, answer: str) -> None:
    sent = envelope(msh(**fields))
    assert [(fault.code, fault.address) for fault in sent.faults] == [(code, address)]
    assert refusal(sent.faults) == answer


@pytest.mark.parametrize("processing", ["", "P", "T", "D"])
def test_processing_ids(processing: str) -> None:
    assert not envelope(msh(f11=processing)).faults


def test_the_hospitals_charset_wins_over_msh_18_and_the_channels_over_both() -> None:
    assert envelope(msh(f4="H1", f18="UNICODE UTF-8"), "gb18030").codec == "gb18030"
    assert envelope(msh(f4="H1", f3="影像"), "gb18030").sender == "影像|H1"
    assert envelope(msh(f4="H1"), "utf-8", "UTF-8").codec == "utf-8"


def test_a_facility_is_known_by_its_text() -> None:
    assert envelope(msh(f4="H\\X31\\")).hospital.id == "first"
    assert envelope(msh(f4="^H1^L")).hospital.id == "first"
    assert envelope(msh(f3="H1", f4="")).hospital.id == "h1"


def test_undecodable_bytes_still_have_a_sender() -> None:
    sent = sealed(msh().encode() + b"NTE|1||\xff\xfe\r", "mllp", None, HOSPITALS)
    assert (sent.sender, sent.control_id) == ("HIS|H9", "7")
    assert [fault.code for fault in sent.faults] == ["102"]
    assert sent.message is None
    answered = parse(sent.answer("AE", _NOW, sent.faults).decode())
    assert answered.text("MSA-2") == "7"


@pytest.mark.parametrize(
    ("accept", "application", "wanted"),
    [
        ("", "", (False, False, True, True)),
        ("AL", "NE", (True, True, False, False)),
        ("NE", "AL", (False, False, True, True)),
        ("ER", "SU", (False, True, True, False)),
        ("SU", "ER", (True, False, False, True)),
        ("", "AL", (False, False, True, True)),
        ("AL", "", (True, True, False, False)),
    ],
)
def test_what_the_sender_wants_to_be_told(
    accept: str, application: str, wanted: tuple[bool, bool, bool, bool]
) -> None:
    sent = envelope(msh(f15=accept, f16=application))
    assert wanted == (
        sent.wants_accept(True),
        sent.wants_accept(False),
        sent.wants_application(True),
        sent.wants_application(False),
    )


def test_acknowledgements_are_known_as_such() -> None:
    assert envelope(msh(f9="ACK^A01^ACK")).is_acknowledgement
    assert not envelope(msh()).is_acknowledgement


def test_answers_are_the_same_for_the_same_bytes() -> None:
    sent = envelope(msh(f4="人民医院", f18="GB 18030-2000"), "gb18030")
    answer = sent.answer("CA", _NOW)
    assert answer == envelope(msh(f4="人民医院", f18="GB 18030-2000"), "gb18030").answer("CA", _NOW)
    assert "|HIS|人民医院|" in answer.decode("gb18030")


def test_keys_fit_an_index() -> None:
    sent = envelope(msh(f3="x" * 100_000, f10="y" * 100_000))
    other = envelope(msh(f3="x" * 100_000, f10="y" * 99_999))
    assert len(sent.sender) < 300 > len(sent.control_id)
    assert sent.control_id != other.control_id


@given(
    st.binary(max_size=300), st.sampled_from(["", "MSH|", "MSH|^~\\&|", msh(), "BHS|^~\\&|\r", "\ufeffMSH"])
)
def test_any_bytes_have_an_envelope_that_can_be_answered(tail: bytes, start: str) -> None:
    sent = sealed(start.encode() + tail, "mllp", None, HOSPITALS)
    assert sent.message is None or not any(fault.code == "100" for fault in sent.faults)
    answer = sent.answer(refusal(sent.faults), _NOW, sent.faults)
    assert b"MSA" in answer.replace(b"\0", b"")  # who sends UTF-16 is answered in UTF-16
    assert "\0" not in sent.sender + sent.control_id + sent.message_type
