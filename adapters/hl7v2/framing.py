"""MLLP frames (`0x0B … 0x1C 0x0D`) out of a byte stream, however it is chunked. Pure.

HL7 Transport Specification: MLLP, Release 1 (Minimal Lower Layer Protocol).
"""

import re
from dataclasses import dataclass

START = b"\x0b"
END = b"\x1c\r"
# Some senders end a frame with 0x1C 0x0A, others begin the next one without the 0x0D.
_END = re.compile(rb"\x1c(?:[\r\n]|(?=\x0bMSH))")
_BEGUN = (b"\x1c\x0bMS", b"\x1c\x0bM", b"\x1c\x0b", b"\x1c")
_HEAD = 4096


@dataclass(frozen=True, slots=True)
class Oversized:
    """A frame longer than the limit, told as soon as it is; `head` is how it began. The rest is skipped."""

    head: bytes


def frame(payload: bytes) -> bytes:
    return START + payload + END


class Decoder:
    """Takes bytes as they arrive, gives frames as they are complete.

    Bytes between frames are skipped and counted (`junk`; line ends are not junk). So is a frame that was
    never finished before another `0x0B MSH` began.
    """

    __slots__ = ("_buffer", "_inside", "_limit", "_searched", "_skipping", "junk")

    def __init__(self, limit: int) -> None:
        self.junk = 0
        self._buffer = bytearray()
        self._limit = limit
        self._inside = False
        self._skipping = False
        self._searched = 0

    @property
    def partial(self) -> bool:
        """Has a frame begun that has not ended?"""
        return self._inside

    @property
    def buffered(self) -> int:
        """Bytes that are held of a frame that has not ended."""
        return len(self._buffer)

    def feed(self, data: bytes) -> list[bytes | Oversized]:
        """The frames that `data` completes, in order, without their framing bytes."""
        self._buffer += data
        found: list[bytes | Oversized] = []
        while (event := self._next()) is not None:
            found.append(event)
        return found

    def _next(self) -> bytes | Oversized | None:
        while True:
            if not self._inside and not self._enter():
                return None
            end = _END.search(self._buffer, self._searched)
            length = self._length() if end is None else end.start()
            if not self._skipping and length > self._limit:
                self._skipping = True
                return Oversized(bytes(self._buffer[:_HEAD]))
            if end is None:
                self._wait()
                return None
            payload = bytes(self._buffer[: end.start()])
            del self._buffer[: end.end()]
            self._inside, self._searched = False, 0
            if self._skipping:
                self._skipping = False
                continue
            begun_again = payload.rfind(START + b"MSH")
            self.junk += begun_again + 1
            return payload[begun_again + 1 :]

    def _enter(self) -> bool:
        """Drops what stands before the next start block; is there one?"""
        start = self._buffer.find(START)
        outside = self._buffer if start < 0 else self._buffer[:start]
        self.junk += len(outside) - outside.count(b"\r") - outside.count(b"\n")
        del self._buffer[: len(self._buffer) if start < 0 else start + 1]
        self._inside, self._searched = start >= 0, 0
        return start >= 0

    def _length(self) -> int:
        """Of a frame without an end; what may be the beginning of one is not counted."""
        begun = next((each for each in _BEGUN if self._buffer.endswith(each)), b"")
        return len(self._buffer) - len(begun)

    def _wait(self) -> None:
        """No end yet: do not search these bytes again, nor keep them if they are skipped."""
        if self._skipping:
            del self._buffer[: -len(_BEGUN)]
        self._searched = max(0, len(self._buffer) - len(_BEGUN))
