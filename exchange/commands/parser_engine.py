"""Our parser of HL7 v2, as the judge of parsers takes it."""

from collections.abc import Sequence

from adapters.hl7v2.batch import messages_of
from adapters.hl7v2.charset import codec, decode
from adapters.hl7v2.fault import MessageError
from adapters.hl7v2.framing import Decoder, Oversized
from adapters.hl7v2.parse import Message, parse
from conformance.parser import Parsed

LIMIT = 100_000


class ParserEngine:
    """Bytes to values, as every channel of the hub takes them."""

    def messages(self, raw: bytes) -> Sequence[bytes]:
        return messages_of(raw)

    def frames(self, stream: Sequence[bytes]) -> Sequence[bytes]:
        decoder = Decoder(LIMIT)
        found = [event for chunk in stream for event in decoder.feed(chunk)]
        return [each for each in found if not isinstance(each, Oversized)]

    def parse(self, raw: bytes) -> Parsed:
        try:
            message = _message(raw)
        except MessageError as error:
            return Parsed(error.code)
        return Parsed(
            "",
            [segment.name for segment in message.segments],
            [value for _, value in message.leaves()],
        )

    def value(self, raw: bytes, address: str) -> str:
        return _message(raw).text(address)


def _message(raw: bytes) -> Message:
    return parse(decode(raw), codec(raw))
