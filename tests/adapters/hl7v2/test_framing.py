"""An MLLP stream survives any chunking."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.hl7v2.framing import Decoder, Oversized, frame

PAYLOAD = st.binary(max_size=40).filter(
    lambda data: not any(each in data for each in (b"\x1c\r", b"\x1c\n", b"\x0bMSH"))
)
JUNK = st.binary(max_size=6).filter(lambda data: b"\x0b" not in data)


def chunks(stream: bytes, cuts: list[int]) -> list[bytes]:
    edges = [0, *sorted(cut % (len(stream) + 1) for cut in cuts), len(stream)]
    return [stream[start:end] for start, end in pairwise(edges)]


@given(st.lists(st.tuples(JUNK, PAYLOAD)), st.lists(st.integers(min_value=0)))
def test_any_chunking_gives_the_same_frames(parts: list[tuple[bytes, bytes]], cuts: list[int]) -> None:
    stream = b"".join(junk + frame(payload) for junk, payload in parts)
    decoder = Decoder(limit=1000)
    found = [event for chunk in chunks(stream, cuts) for event in decoder.feed(chunk)]
    assert found == [payload for _, payload in parts]
    assert not decoder.partial


@given(st.binary(max_size=300), st.lists(st.integers(min_value=0)), st.integers(0, 50))
def test_any_bytes_in_any_chunks_give_the_same_events(stream: bytes, cuts: list[int], limit: int) -> None:
    stream = stream.replace(b"\x01", b"\x0b").replace(b"\x02", b"\x1c\r").replace(b"\x03", b"\x0bMSH")
    stream = stream.replace(b"\x04", b"\x1c\x0bMSH").replace(b"\x05", b"\x1c\n")
    whole, cut = Decoder(limit), Decoder(limit)
    expected = whole.feed(stream)
    events = [event for chunk in chunks(stream, cuts) for event in cut.feed(chunk)]
    assert [event for event in events if isinstance(event, bytes)] == [
        event for event in expected if isinstance(event, bytes)
    ]
    assert [type(event) for event in events] == [type(event) for event in expected]
    assert whole.junk == cut.junk
    assert whole.partial == cut.partial


def test_several_frames_in_one_read_and_byte_by_byte() -> None:
    stream = b"\r\n" + frame(b"MSH|a") + b"noise\r\n" + frame(b"MSH|b\x1cc\x0bd")
    decoder = Decoder(limit=100)
    assert decoder.feed(stream) == [b"MSH|a", b"MSH|b\x1cc\x0bd"]
    assert decoder.junk == 5
    slow = Decoder(limit=100)
    assert [event for byte in stream for event in slow.feed(bytes([byte]))] == [b"MSH|a", b"MSH|b\x1cc\x0bd"]


@pytest.mark.parametrize("end", [b"\x1c\r", b"\x1c\n", b"\x1c"])
def test_the_ways_a_frame_ends(end: bytes) -> None:
    stream = b"\x0bMSH|a" + end + b"\x0bMSH|b\x1c\x0bc" + end + frame(b"MSH|c")
    slow = Decoder(limit=100)
    found = [event for byte in stream for event in slow.feed(bytes([byte]))]
    assert found == Decoder(limit=100).feed(stream) == [b"MSH|a", b"MSH|b\x1c\x0bc", b"MSH|c"]


def test_a_frame_begun_again_gives_the_second() -> None:
    decoder = Decoder(limit=100)
    assert decoder.feed(b"\x0bMSH|half" + frame(b"MSH|whole")) == [b"MSH|whole"]
    assert decoder.junk == 9


@pytest.mark.parametrize("size", [10, 11, 12, 5000])
def test_the_limit(size: int) -> None:
    decoder = Decoder(limit=10)
    events = [event for byte in frame(b"x" * size) + frame(b"next") for event in decoder.feed(bytes([byte]))]
    assert events[-1] == b"next"
    assert len(events) == 2
    assert events[0] == b"x" * 10 if size == 10 else isinstance(events[0], Oversized)


def test_an_endless_frame_is_told_at_once_and_not_kept() -> None:
    decoder = Decoder(limit=1000)
    events = decoder.feed(b"\x0bMSH|")
    for _ in range(100):
        events += decoder.feed(b"x" * 1000)
    assert [type(event) for event in events] == [Oversized]
    assert decoder.partial
    assert len(decoder._buffer) <= 4
