"""The HL7 v2 messages in a file: one or many, bare, in a batch (FHS, BHS), or as captured with MLLP framing.

HL7 v2.8 chapter 2, 2.10.3 Batch protocol. In bytes: no multi-byte charset has line ends inside a character.
"""

import re

from adapters.hl7v2.framing import START, Decoder, Oversized

_SEGMENT = re.compile(rb"[\r\n]+")
_ENVELOPES = (b"FHS", b"BHS", b"BTS", b"FTS")
_WIDE = (b"\xff\xfe", b"\xfe\xff", b"M\0S\0H\0", b"\0M\0S\0H")


def messages_of(raw: bytes) -> list[bytes]:
    """Each message's bytes. What stands before the first MSH is a message too, which cannot be read."""
    if START in raw:
        frames = Decoder(len(raw)).feed(raw)
        return [one for one in frames if not isinstance(one, Oversized)] or [raw]
    if raw.startswith(_WIDE):
        return [raw]
    messages: list[list[bytes]] = []
    for segment in _SEGMENT.split(raw):
        if not segment.strip() or segment.startswith(_ENVELOPES):
            continue
        if segment.removeprefix(b"\xef\xbb\xbf").lstrip().startswith(b"MSH") or not messages:
            messages.append([])
        messages[-1].append(segment)
    return [b"\r".join(segments) + b"\r" for segments in messages] or [raw]


def is_batch(raw: bytes) -> bool:
    """Whether bytes begin with a file's or a batch's header, and have a message."""
    return b"MSH" in raw and raw.removeprefix(b"\xef\xbb\xbf").lstrip().startswith((b"FHS", b"BHS"))


def batch_acknowledgement(raw: bytes, answers: list[bytes], moment: str) -> bytes:
    """The answers of a batch's messages as a batch, with the header of the one they answer turned round."""
    line = _SEGMENT.split(raw.removeprefix(b"\xef\xbb\xbf").lstrip(), maxsplit=1)[0]
    mark = line[3:4] or b"|"
    sent = [*line.split(mark), *[b""] * 12][:12]
    turned = [b"BHS", sent[1], sent[4], sent[5], sent[2], sent[3], moment.encode()]
    header = mark.join([*turned, b"", b"", b"", b"", sent[10]]).rstrip(mark)
    told = [answer.rstrip(b"\r") for answer in answers]
    return b"\r".join([header, *told, b"BTS|%d" % len(told), b""])
