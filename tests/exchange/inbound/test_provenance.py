"""The Provenance of a message says all that MSH says of the message itself."""

from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from adapters.hospitals.hospital import Hospitals
from exchange.inbound.envelope import sealed
from exchange.inbound.provenance import provenance
from profiles.definitions import definitions
from profiles.structure import compile_structure
from tests.exchange.inbound.senders import message

BASE = "https://base.example"
RECEIVED = datetime(2024, 1, 2, 3, 4, 5, 678901, tzinfo=UTC)
CHECK = compile_structure(definitions())


def test_what_it_says() -> None:
    envelope = sealed(message("77", f7="202401011200"), "mllp", None, Hospitals(BASE))
    made = provenance(envelope, RECEIVED, [("Organization", "o1"), ("Patient", "p1")], BASE)
    assert made == provenance(envelope, RECEIVED, [("Organization", "o1"), ("Patient", "p1")], BASE)
    assert made["recorded"] == "2024-01-02T03:04:05.678Z"
    assert made["occurredDateTime"] == "2024-01-01T12:00:00+08:00"
    assert [target["reference"] for target in made["target"]] == ["Organization/o1", "Patient/p1"]
    assert made["agent"][0]["who"] == {"reference": "Organization/o1", "display": "H1"}
    assert made["agent"][1]["who"] == {"type": "Device", "display": "HIS"}
    assert [coding["code"] for coding in made["activity"]["coding"]] == ["A04", "ADT"]
    assert [entity["what"]["identifier"] for entity in made["entity"]] == [
        {"system": f"{BASE}/sid/hl7v2-message", "value": envelope.sha256.hex()},
        {"system": f"{BASE}/sid/h1/message-control-id", "value": "77"},
    ]
    assert not CHECK(made)


def test_another_sender_or_control_id_is_another_one() -> None:
    made = {
        provenance(sealed(raw, "mllp", None, Hospitals(BASE)), RECEIVED, [("Patient", "p1")], BASE)["id"]
        for raw in (message("1"), message("2"), message("1", f4="H2"), message("1", name="李"), message("1"))
    }
    assert len(made) == 4


@given(st.text("\x01\x0b 张^~&\\ .", max_size=9), st.text("0129+- \x02", max_size=14))
def test_whatever_msh_says_it_is_valid(text: str, moment: str) -> None:
    raw = message(text, f3=text, f4=text, f7=moment)
    envelope = sealed(raw, "mllp", None, Hospitals(BASE))
    made = provenance(envelope, RECEIVED, [("Patient", "p1")], BASE)
    assert [issue for issue in CHECK(made) if issue.severity in ("error", "fatal")] == []
