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
