"""What is no HL7 v2 message, as it was sent."""

from dataclasses import dataclass

from adapters.hl7v2.parse import Segment


@dataclass(frozen=True, slots=True)
class Sent:
    """A document as it was sent; translated from its bytes, as often as it must be."""

    raw: bytes
    form: str
    charset: str | None
    channel: str = ""

    def first(self, name: str) -> Segment | None:
        """A document has no segments."""
        return None
