"""What is known of a message as soon as its bytes are here: who sent it, and can it be read? Pure.

HL7 v2.8 chapter 2, 2.9.2 Message response; Table 0155 (when to acknowledge), Table 0357 (errors).
"""

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from adapters.hl7v2.acknowledge import Code, Fault, acknowledgement
from adapters.hl7v2.charset import codec, header, text_by
from adapters.hl7v2.events import SUPPORTED
from adapters.hl7v2.fault import (
    REQUIRED_FIELD_MISSING,
    UNSUPPORTED_EVENT_CODE,
    UNSUPPORTED_MESSAGE_TYPE,
    UNSUPPORTED_PROCESSING_ID,
    UNSUPPORTED_VERSION_ID,
    MessageError,
)
from adapters.hl7v2.parse import Message, Segment, parse
from adapters.hl7v2.query import QUERIES
from adapters.hl7v2.speaking import charset_for, said_by
from adapters.hospitals.hospital import Hospital, Hospitals
from exchange.inbound.sent import Sent

# Longer than any sender's name; what is longer is cut and told apart by its hash.
_LONGEST = 200
_VERSION = re.compile(r"2\.[1-9](\.\d)?")
_ASKING = {"QBP": ", ".join(sorted(QUERIES)), "QCN": "J01"}
_PROCESSING = frozenset({"", "P", "T", "D"})


@dataclass(frozen=True, slots=True)
class Envelope:
    """A message as received, and its MSH (`header`: element n is MSH-n as sent).

    `message` is None, or `faults` say why, where it cannot be processed. `charset` is the channel's, which
    overrides MSH-18 and what the hospital's file says of it; `codec` is the one the message (or at least its
    MSH) was read with. `written` is when a document says that it was written, as sent; `expected` the MSA-4
    of its answers.
    """

    raw: bytes
    sha256: bytes
    channel: str
    charset: str | None
    codec: str
    header: Sequence[str]
    sender: str
    control_id: str
    message_type: str
    hospital: Hospital
    message: Message | Sent | None
    faults: Sequence[Fault] = ()
    written: str = ""
    expected: str = ""

    def wants_accept(self, accepted: bool) -> bool:
        """Does MSH-15 ask to be told that the message is safely kept (or refused)?"""
        return _asks(_field(self.header, 15).strip(), accepted)

    def wants_application(self, succeeded: bool) -> bool:
        """Does MSH-16 ask for the result? In the original mode (MSH-15 and -16 empty) everybody does."""
        accept, application = _field(self.header, 15).strip(), _field(self.header, 16).strip()
        return not (accept or application) or _asks(application, succeeded)

    @property
    def is_acknowledgement(self) -> bool:
        """An acknowledgement is never acknowledged."""
        return self.message_type.startswith(("ACK", "MCF"))

    def answer(self, code: Code, instant: datetime, faults: Sequence[Fault] = ()) -> bytes:
        """An acknowledgement of this message, in its character set. Its control id follows from the bytes."""
        control_id = code[0] + self.sha256.hex()[:19]
        text = acknowledgement(self.header, code, control_id, instant, faults, self.expected)
        return text.encode(self.codec, "replace")


def sealed(raw: bytes, channel: str, charset: str | None, hospitals: Hospitals) -> Envelope:
    """The envelope of some bytes, whatever they are. `charset` is the channel's."""
    name, fields = header(raw)
    facility, universal, *_ = _components(fields, 4)
    hospital = hospitals.for_facility(facility or universal, _components(fields, 3)[0])
    hospital = _through(hospital, fields, channel)
    told = charset or charset_for(raw, hospital)
    message: Message | None = None
    faults: Sequence[Fault] = ()
    try:
        name = codec(raw, told)
        message = parse(text_by(name, raw), name)
        sent = message.header
        fields = sent.fields()
        hospital = hospitals.for_facility(sent.text(4) or sent.text(4, 2), sent.text(3))
        hospital = _through(hospital, fields, channel)
        faults = _faults(message)
    except MessageError as error:
        faults = (Fault(error.code, error.diagnostics, error.address),)
    return Envelope(
        raw=raw,
        sha256=hashlib.sha256(raw).digest(),
        channel=channel,
        charset=charset,
        codec=name,
        header=fields,
        sender=bounded(f"{_field(fields, 3)}|{_field(fields, 4)}"),
        control_id=bounded(_field(fields, 10)),
        message_type=bounded("^".join(_components(fields, 9)[:2]).rstrip("^")),
        hospital=hospital,
        message=message,
        faults=faults,
    )


def _through(hospital: Hospital, fields: Sequence[str], channel: str) -> Hospital:
    """The hospital through the interface that a message with these fields comes by, if it has several."""
    return hospital.speaking(said_by(fields, channel)) if hospital.interfaces else hospital


def refusal(faults: Sequence[Fault]) -> Code:
    """AR for what the hub does not support (Table 0357: 200 to 203), AE for what is wrong in a message."""
    return "AR" if faults and faults[0].code in ("200", "201", "202", "203") else "AE"


def _faults(message: Message) -> list[Fault]:
    """What of MSH forbids processing. A blank MSH-11 counts as production."""
    sent = message.header
    missing = [f"MSH-{number}" for number in (9, 10, 12) if not sent.text(number)]
    if missing:
        return [Fault(REQUIRED_FIELD_MISSING, f"{field} is required", field) for field in missing]
    kind, event = sent.text(9), sent.text(9, 2)
    if (kind == "QBP" and event in QUERIES) or (kind == "QCN" and event == "J01"):
        return _version_faults(sent)
    if kind in _ASKING:
        return [Fault(UNSUPPORTED_EVENT_CODE, f"supported events of {kind}: {_ASKING[kind]}", "MSH-9.2")]
    if kind not in SUPPORTED:
        told = f"supported: {', '.join((*SUPPORTED, *_ASKING))}"
        return [Fault(UNSUPPORTED_MESSAGE_TYPE, told, "MSH-9.1")]
    if event not in SUPPORTED[kind]:
        told = f"supported events of {kind}: {', '.join(sorted(SUPPORTED[kind]))}"
        return [Fault(UNSUPPORTED_EVENT_CODE, told, "MSH-9.2")]
    return _version_faults(sent)


def _version_faults(sent: Segment) -> list[Fault]:
    if not _VERSION.fullmatch(sent.text(12)):
        return [Fault(UNSUPPORTED_VERSION_ID, "supported: 2.1 to 2.9", "MSH-12")]
    if sent.text(11) not in _PROCESSING:
        return [Fault(UNSUPPORTED_PROCESSING_ID, "supported: P, T, D", "MSH-11")]
    return []


def _components(fields: Sequence[str], number: int) -> list[str]:
    """At least two, still escaped."""
    return [*_field(fields, number).split(_field(fields, 2)[:1] or "^"), ""]


def _field(fields: Sequence[str], number: int) -> str:
    return fields[number] if number < len(fields) else ""


def _asks(condition: str, succeeded: bool) -> bool:
    return condition == "AL" or condition == ("SU" if succeeded else "ER")


def bounded(text: str) -> str:
    """As a key: no U+0000, which PostgreSQL does not take, and not longer than an index entry may be."""
    text = text.replace("\0", "\ufffd")
    if len(text) <= _LONGEST:
        return text
    mark = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]
    return f"{text[:_LONGEST]}#{mark}"
