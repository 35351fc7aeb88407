"""The bytes of a corrected copy, in the character set of its original. Pure."""

from collections.abc import Sequence

from adapters.hl7v2.correcting import NoSuchPlace, corrected
from adapters.hl7v2.fault import MessageError
from adapters.hospitals.hospital import Hospitals
from exchange.inbound.documents import CHANNELS
from exchange.inbound.envelope import sealed
from exchange.inbound.quarantine import Kept, Undecidable


def with_values(kept: Kept, values: Sequence[tuple[str, str]], hospitals: Hospitals) -> bytes:
    """A message of HL7 v2 with other values at some addresses. Raises Undecidable."""
    if kept.channel in CHANNELS:
        raise Undecidable("only HL7 v2 has addresses: correct the whole document")
    codec = sealed(kept.raw, kept.channel, kept.charset, hospitals).codec
    try:
        text = kept.raw.decode(codec)
        for address, value in values:
            text = corrected(text, address, value, codec)
        return text.encode(codec)
    except NoSuchPlace as error:
        raise Undecidable(str(error)) from error
    except MessageError as error:
        raise Undecidable(f"the message cannot be split: {error.diagnostics}") from error
    except UnicodeError as error:
        raise Undecidable(f"the message cannot be written in {codec}") from error
