"""What was processed before is translated once, as long as its hospital is what it was."""

from datetime import UTC, datetime

from adapters.hl7v2.parse import Message
from adapters.hospitals.hospital import Hospital, Hospitals
from adapters.translation import Translation
from exchange.inbound.inbox import Pending
from exchange.inbound.rereading import MOST, Rereading
from tests.exchange.inbound.senders import message, translate_simply

NOW = datetime(2024, 3, 1, tzinfo=UTC)


class Counted(list[str]):
    """Whose messages were translated."""

    def __call__(self, sent: Message, hospital: Hospital, received: datetime) -> Translation:
        self.append(hospital.name)
        return translate_simply(sent, hospital, received)


def test_the_latest_are_remembered() -> None:
    translate = Counted()
    reread = Rereading(Hospitals("https://base.example"), translate)
    for number in (*range(MOST), *range(MOST), MOST, 0):
        assert reread(Pending(number, NOW, "mllp", None, message(str(number)))).id == number
    assert len(translate) == MOST + 2


def test_a_hospital_that_changed_is_asked_again() -> None:
    translate = Counted()
    for name in ("before", "before", "after"):
        hospitals = Hospitals("https://base.example", [Hospital("h1", name, "")])
        if name == "before" and not translate:
            reread = Rereading(hospitals, translate)
        reread._hospitals = hospitals
        reread(Pending(1, NOW, "mllp", None, message("1")))
    assert translate == ["before", "after"]
