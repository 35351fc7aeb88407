"""Patient queries: what a QPD asks, and the RSP that answers. Pure.

https://profiles.ihe.net/ITI/TF/Volume2/ITI-9.html (QBP^Q23) and ITI-21.html (QBP^Q22); HL7 v2.5 chapter 5.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from adapters.hl7v2.acknowledge import Code, Fault, acknowledgement
from adapters.hl7v2.fault import DATA_TYPE_ERROR, REQUIRED_FIELD_MISSING
from adapters.hl7v2.parse import Message

QUERIES: Final = frozenset(("Q22", "Q23"))
ANSWERS: Final = {"Q22": ("K22", "RSP_K21"), "Q23": ("K23", "RSP_K23")}
# What may be asked of a person, each as its field and component.
ASKABLE: Final = frozenset(
    (
        *("3.1", "3.4", "3.4.1", "3.4.2", "3.4.3", "3.5", "5", "5.1", "5.1.1", "5.2", "5.3"),
        *("6", "6.1", "6.1.1", "6.2", "7", "7.1", "8", "11.1", "11.1.1", "11.3", "11.4", "11.5", "11.6"),
        *("13", "13.1", "13.7", "14", "14.1", "14.7", "18.1", "19", "21.1", "21.4", "21.4.1", "21.4.2"),
        *("21.4.3", "21.5"),
    )
)
_PARAMETER: Final = re.compile(r"@?PID\.([0-9.]{1,12})", re.ASCII)
# A time as far as it is known, and since or until when.
_BORN: Final = re.compile(r"(?:ge|le)?[0-9]{4}(?:[0-9]{2}){0,5}(?:\.[0-9]+)?(?:[+-][0-9]{4})?", re.ASCII)
_COUNT: Final = re.compile(r"[0-9]{1,7}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Number:
    """A CX as it is asked for: the number, and how its authority is named."""

    value: str
    namespace: str
    universal: str
    kind: str
    type: str = ""


@dataclass(frozen=True, slots=True)
class Query:
    """`asked` are the parameters of a Q22: (`5.1`, value, its repetition in QPD-3), beside which a person
    must have each of the `numbers`; `source` is whom a Q23 asks about. `domains` are the authorities whose
    numbers are wanted. At most `most` persons are told, from number `start` on."""

    event: str
    tag: str
    asked: tuple[tuple[str, str, int], ...]
    source: Number | None
    algorithm: str
    domains: tuple[Number, ...]
    most: int | None
    start: int
    numbers: tuple[Number, ...] = ()


def query_from_message(message: Message) -> tuple[Query | None, list[Fault]]:
    """What is asked; or why it cannot be."""
    event = message.header.text(9, 2)
    qpd = message.first("QPD")
    if qpd is None:
        return None, [Fault(REQUIRED_FIELD_MISSING, "the message has no QPD segment", "QPD")]
    pixing = event == "Q23"
    at = 4 if pixing else 8
    source = _number(message, "QPD", 3, 1) if pixing else None
    asked, faults = ((), []) if pixing else _asked(message)
    if pixing and (source is None or not source.value):
        faults = [Fault(REQUIRED_FIELD_MISSING, "no number is asked about", "QPD-3[1].1")]
    domains = tuple(
        number for n in range(1, len(qpd.field(at)) + 1) if (number := _number(message, "QPD", at, n))
    )
    most, start = _count(message, "RCP", 2, faults), _count(message, "DSC", 1, faults)
    made = Query(
        event,
        qpd.text(2),
        asked,
        source,
        "" if pixing else qpd.text(5).casefold(),
        domains,
        most,
        start or 0,
    )
    return made, faults


def _count(message: Message, name: str, field: int, faults: list[Fault]) -> int | None:
    """A number that a segment gives: whoever is not understood would be sent the first page for ever."""
    segment = message.first(name)
    text = segment.text(field).strip() if segment is not None else ""
    if _COUNT.fullmatch(text):
        return int(text)
    if text:
        faults.append(Fault(DATA_TYPE_ERROR, "this is no number of up to 7 digits", f"{name}-{field}"))
    return None


def _asked(message: Message) -> tuple[tuple[tuple[str, str, int], ...], list[Fault]]:
    qpd = message.first("QPD")
    assert qpd is not None
    made: list[tuple[str, str, int]] = []
    faults: list[Fault] = []
    for number in range(1, len(qpd.field(3)) + 1):
        found = _PARAMETER.fullmatch(qpd.text(3, 1, 1, number).strip())
        value = qpd.text(3, 2, 1, number).strip()
        if found is None or found[1] not in ASKABLE:
            faults.append(
                Fault(DATA_TYPE_ERROR, "nothing can be asked by this parameter", f"QPD-3[{number}].1")
            )
        elif value and found[1].partition(".")[0] == "7" and not _BORN.fullmatch(value):
            faults.append(Fault(DATA_TYPE_ERROR, "this is no date", f"QPD-3[{number}].2"))
        elif value:
            made.append((found[1], value, number))
    if not made and not faults:
        faults.append(Fault(REQUIRED_FIELD_MISSING, "nothing is asked", "QPD-3"))
    return tuple(made), faults


def _number(message: Message, segment: str, field: int, repetition: int) -> Number | None:
    found = message.first(segment)
    if found is None or repetition > len(found.field(field)):
        return None
    of = found.field(field)[repetition - 1]
    made = Number(
        of.component(1).strip(),
        of.component(4, 1).strip(),
        of.component(4, 2).strip(),
        of.component(4, 3).strip(),
        of.component(5).strip(),
    )
    return made if made.value or made.namespace or made.universal else None


@dataclass(frozen=True, slots=True)
class Answer:
    """`status` as Table 0208 has it (OK, NF, AE, AR); `persons` are PID fields from PID-1 on, not escaped yet
    for what joins them; `more` is where to go on."""

    code: Code
    status: str
    persons: Sequence[Sequence[str]]
    faults: Sequence[Fault] = ()
    total: int = 0
    more: int | None = None


def response(message: Message, answer: Answer, control_id: str, instant: datetime) -> str:
    """The RSP: MSH, MSA, ERR, QAK, QPD as asked, and a PID for each person."""
    event = message.header.text(9, 2)
    told = acknowledgement(message.header.fields(), answer.code, control_id, instant, answer.faults)
    of = message.delimiters
    lines = told.rstrip("\r").split("\r")
    head = lines[0].split(of.field)
    head[8] = of.component.join(("RSP", *ANSWERS.get(event, ("K22", "RSP_K21"))))
    qpd = message.first("QPD")
    sent = [*qpd.fields(), "", ""] if qpd is not None else ["QPD", "", ""]
    qak = ["QAK", sent[2], answer.status, sent[1]]
    if answer.status in ("OK", "NF"):
        qak += [str(answer.total), str(len(answer.persons)), str(answer.total - len(answer.persons))]
    made = [of.field.join(head), *lines[1:], of.field.join(qak)]
    if qpd is not None:
        made.append(of.field.join(qpd.fields()))
    made += [of.field.join(["PID", *person]).rstrip(of.field) for person in answer.persons]
    if answer.more is not None:
        made.append(of.field.join(["DSC", str(answer.more), "I"]))
    return "\r".join(made) + "\r"
