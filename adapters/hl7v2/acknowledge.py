"""Acknowledgements: MSH turned round, MSA, and an ERR for each fault.

HL7 v2.8 chapter 2, 2.9 Message processing rules; Table 0008 (acknowledgement code), Table 0357 (error).
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from adapters.hl7v2.escape import Delimiters
from adapters.hl7v2.fault import CONDITIONS, MessageError
from adapters.hl7v2.parse import delimiters_from_header, split_address

Code = Literal["AA", "AE", "AR", "CA", "CE", "CR"]
_MOST_FAULTS = 50


@dataclass(frozen=True, slots=True)
class Fault:
    """One ERR: a code of Table 0357, where (`PID-3[2].4.1`, or ""), and what a person should know.

    `severity` is of Table 0516. `diagnostics` must not quote the message.
    """

    code: str
    diagnostics: str
    address: str = ""
    severity: Literal["E", "W", "I"] = "E"


def acknowledgement(
    header: Sequence[str],
    code: Code,
    control_id: str,
    instant: datetime,
    faults: Sequence[Fault] = (),
    expected: str = "",
) -> str:
    """The acknowledgement of the message whose MSH is `header`: element n is MSH-n as sent; none: unreadable.

    It keeps the sender's separators, version and character set. Before 2.5 faults stand in ERR-1 and MSA-3.
    `expected` is MSA-4, the expected sequence number.
    """
    sent = [*header, *[""] * (19 - len(header))]
    delimiters = _delimiters(sent)
    version = _version(sent[12])
    moment = instant.strftime("%Y%m%d%H%M%S%z")
    fields = [
        sent[5],
        sent[6],
        sent[3],
        sent[4],
        moment,
        "",
        _message_type(sent, delimiters, version),
        control_id,
    ]
    fields += [sent[11] or "P", sent[12] or "2.5.1", "", "", "", "", "", sent[18]]
    mark = delimiters.field
    encoding = delimiters.encoding
    told = delimiters.escaped(faults[0].diagnostics) if faults and version < (2, 5) else ""
    accepted = ["MSA", code, sent[10], *([told, expected] if expected else [told] if told else [])]
    lines = [f"MSH{mark}{encoding}{mark}{mark.join(fields).rstrip(mark)}", mark.join(accepted)]
    if faults and version < (2, 5):
        locations = (_location_and_code(fault, delimiters) for fault in faults[:_MOST_FAULTS])
        lines.append(f"ERR{mark}{delimiters.repetition.join(locations)}")
    else:
        lines += [_error(fault, delimiters) for fault in faults[:_MOST_FAULTS]]
    return "\r".join(lines) + "\r"


def location(address: str) -> list[str]:
    """The components of an ERL (ERR-2): `PID-3[2].4.1` → PID, 1, 3, 2, 4, 1."""
    if not address:
        return []
    name, *numbers = split_address(address)
    while numbers and not numbers[-1]:
        numbers.pop()
    return [name, *(str(number or 1) for number in numbers)]


def _error(fault: Fault, delimiters: Delimiters) -> str:
    """ERR as of 2.5: ERR-2 location, -3 code, -4 severity, -7 diagnostics, -8 text for the user."""
    join = delimiters.component.join
    condition = CONDITIONS.get(fault.code, "")
    text = f"{condition}: {fault.address}" if fault.address else condition
    fields = [
        join(location(fault.address)),
        join([fault.code, condition, "HL70357"]),
        fault.severity,
        "",
        "",
        delimiters.escaped(fault.diagnostics),
        delimiters.escaped(text),
    ]
    return delimiters.field.join(["ERR", "", *fields])


def _location_and_code(fault: Fault, delimiters: Delimiters) -> str:
    """An ELD (ERR-1 before 2.5): segment, sequence, field, code."""
    place = [*location(fault.address), "", "", ""][:3]
    condition = CONDITIONS.get(fault.code, "")
    separator = delimiters.subcomponent if delimiters.subcomponent != "\0" else " "
    return delimiters.component.join([*place, separator.join([fault.code, condition, "HL70357"])])


def _delimiters(sent: Sequence[str]) -> Delimiters:
    try:
        return delimiters_from_header(f"MSH{sent[1]}{sent[2]}{sent[1]}")
    except MessageError:
        return Delimiters()


def _message_type(sent: Sequence[str], delimiters: Delimiters, version: tuple[int, ...]) -> str:
    event = [*sent[9].split(delimiters.component), ""][1]
    if version < (2, 3) or not event:
        return "ACK"
    return delimiters.component.join(["ACK", event] if version < (2, 4) else ["ACK", event, "ACK"])


def _version(sent: str) -> tuple[int, ...]:
    """MSH-12 as numbers; what cannot be read counts as 2.5.1."""
    found = re.match(r"(\d{1,2})\.(\d{1,2})(?:\.(\d{1,2}))?", sent)
    return tuple(int(part) for part in found.groups() if part) if found else (2, 5, 1)
