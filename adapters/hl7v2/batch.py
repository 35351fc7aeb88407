"""The HL7 v2 messages in a file: one or many, bare, in a batch (FHS, BHS), or as captured with MLLP framing.

HL7 v2.8 chapter 2, 2.10.3 Batch protocol. In bytes: no multi-byte charset has line ends inside a character.
"""

import re
from collections.abc import Iterator

from adapters.hl7v2.framing import START, Decoder, Oversized

_ENDS = b"\r\n"
# Where a message or an envelope begins: at the beginning of a line.
_BEGIN = re.compile(rb"(?:\A|(?<=[\r\n]))[ \t]*(?:\xef\xbb\xbf)?[ \t]*(MSH|[FB]HS|[FB]TS)(?=[^A-Za-z0-9]|\Z)")
_LINE = re.compile(rb"[^\r\n]*")
_TRAILER = re.compile(rb"(?:\A|(?<=[\r\n]))BTS[^A-Za-z0-9\r\n](\d{1,9})(?=[^0-9]|\Z)")
# What people write between the messages of a file: at its beginning, or behind a blank line.
_COMMENTS = re.compile(
    rb"(?:\A|(?<=\n\n)|(?<=\r\r)|(?<=\n\r\n))"
    rb"(?:\s*(?://[^\r\n]*|/\*(?:[^*]|\*(?!/)){0,2000}\*/)[ \t]*(?:[\r\n]|\Z))+"
)
_WIDE = (b"\xff\xfe", b"\xfe\xff", b"M\0S\0H", b"\0M\0S\0H")


def messages_of(raw: bytes) -> list[bytes]:
    """Each message's bytes, as they are. What stands before the first MSH, or behind an envelope, is one too,
    which cannot be read."""
    if START in raw:
        frames = Decoder(len(raw)).feed(raw)
        return [one for one in frames if not isinstance(one, Oversized)] or [raw]
    if raw.startswith(_WIDE):
        return [raw]
    return list(_messages(raw)) or [raw]


def _messages(raw: bytes) -> Iterator[bytes]:
    begins = list(_BEGIN.finditer(raw))
    yield from _worth(raw[: begins[0].start()] if begins else raw)
    untils = [*(begin.start() for begin in begins[1:]), len(raw)]
    for begin, until in zip(begins, untils, strict=False):
        at = begin.start()
        if begin.group(1) != b"MSH":
            line = _LINE.match(raw, at)
            at = line.end() if line else at
        yield from _worth(raw[at:until])


def _worth(chunk: bytes) -> Iterator[bytes]:
    """A message without comments; nothing, if nothing is left."""
    text = _COMMENTS.sub(b"", chunk).strip(_ENDS)
    if text.strip():
        yield text + b"\r"


def is_batch(raw: bytes) -> bool:
    """Whether bytes begin with a file's or a batch's header, and have a message."""
    return b"MSH" in raw and raw.removeprefix(b"\xef\xbb\xbf").lstrip().startswith((b"FHS", b"BHS"))


def announced(raw: bytes) -> int | None:
    """How many messages the batches' trailers say there are; None if none of them says it."""
    counts = [int(found) for found in _TRAILER.findall(raw)]
    return sum(counts) if counts else None


def batch_acknowledgement(raw: bytes, answers: list[bytes], moment: str) -> bytes:
    """The answers of a batch's messages as a batch, with the header of the one they answer turned round. A
    trailer that counted otherwise is told of in BTS-2: each message has been answered all the same."""
    line = _first_line(raw)
    mark = line[3:4] or b"|"
    sent = [*line.split(mark), *[b""] * 12][:12]
    turned = [b"BHS", sent[1], sent[4], sent[5], sent[2], sent[3], moment.encode()]
    header = mark.join([*turned, b"", b"", b"", b"", sent[10]]).rstrip(mark)
    told = [answer.rstrip(b"\r") for answer in answers]
    trailer = [b"BTS", b"%d" % len(told)]
    came, count = len(messages_of(raw)), announced(raw)
    if count is not None and count != came:
        trailer.append(b"%d messages were announced and %d came" % (count, came))
    return b"\r".join([header, *told, mark.join(trailer), b""])


def _first_line(raw: bytes) -> bytes:
    found = _LINE.match(raw.removeprefix(b"\xef\xbb\xbf").lstrip())
    return found.group() if found else b""
