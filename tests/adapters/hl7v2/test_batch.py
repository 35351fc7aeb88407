"""The messages of a file or of a batch, byte for byte."""

import pytest

from adapters.hl7v2.batch import announced, batch_acknowledgement, messages_of

ONE, TWO = b"MSH|^~\\&|A|B\rPID|1\r", b"MSH|^~\\&|A|B\rPID|2\r"


@pytest.mark.parametrize(
    ("raw", "messages"),
    [
        (ONE, [ONE]),
        (ONE + TWO, [ONE, TWO]),
        (b"FHS|^~\\&\rBHS|^~\\&\r" + ONE + TWO + b"BTS|2\rFTS|1\r", [ONE, TWO]),
        (b"BHS|^~\\&\r" + ONE + b"BTS|1\rBHS|^~\\&\r" + TWO + b"BTS|1\r", [ONE, TWO]),
        (ONE + b"BTS|1", [ONE]),
        (b"FHS|^~\\&\r" + ONE, [ONE]),
        (b"\xef\xbb\xbf  " + ONE, [b"\xef\xbb\xbf  " + ONE]),
        (b"/* two of\r\nthem */\r\n" + ONE + b"\n\n// the second\n" + TWO, [ONE, TWO]),
        (b"\x0b" + ONE + b"\x1c\r\x0b" + TWO + b"\x1c\r", [ONE, TWO]),
        (b"PID|1\r" + ONE, [b"PID|1\r", ONE]),
        # What stands behind an envelope belongs to no message.
        (ONE + b"BHS|^~\\&\rPV1|1\r", [ONE, b"PV1|1\r"]),
        (b"MSH|^~\\&|MSH\rNTE|1||BTS\nMSHA // x\r", [b"MSH|^~\\&|MSH\rNTE|1||BTS\nMSHA // x\r"]),
        (b"", [b""]),
        (b"\r\n", [b"\r\n"]),
    ],
)
def test_messages_are_kept_apart_and_as_they_are(raw: bytes, messages: list[bytes]) -> None:
    assert messages_of(raw) == messages


def test_line_feeds_inside_a_value_stay() -> None:
    raw = b"MSH|^~\\&|A|B\rNTE|1||first\n// second\r"
    assert messages_of(raw) == [raw]


@pytest.mark.parametrize(
    ("trailers", "count"), [(b"", None), (b"BTS|2\r", 2), (b"BTS|1\rBTS|4^x\r", 5), (b"BTS\r", None)]
)
def test_what_the_trailers_announce(trailers: bytes, count: int | None) -> None:
    assert announced(b"BHS|^~\\&\r" + ONE + trailers) == count


@pytest.mark.parametrize(
    ("count", "told"),
    [(b"2", b"BTS|2"), (b"3", b"BTS|2|3 messages were announced and 2 came"), (b"", b"BTS|2")],
)
def test_a_wrong_count_is_told(count: bytes, told: bytes) -> None:
    raw = b"BHS|^~\\&|A|B|C|D|2024||||B1\r" + ONE + TWO + b"BTS|" + count + b"\r"
    answer = batch_acknowledgement(raw, [b"MSH|1\r", b"MSH|2\r"], "20240301")
    assert answer.split(b"\r")[0] == b"BHS|^~\\&|C|D|A|B|20240301|||||B1"
    assert answer.split(b"\r")[-2] == told
