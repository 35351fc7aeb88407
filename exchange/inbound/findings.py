"""Issues of a translation or of a resource, as errors of Table 0357. Pure.

https://www.hl7.org/fhir/R4/v2/0357/index.html
"""

from collections.abc import Iterable, Iterator
from typing import Final

from adapters.hl7v2 import fault
from adapters.hl7v2.acknowledge import Fault
from adapters.hl7v2.parse import Message, split_address
from exchange.inbound.sent import Sent
from terminology.issue import Issue

_CODES: Final = {
    "required": fault.REQUIRED_FIELD_MISSING,
    "structure": fault.SEGMENT_SEQUENCE_ERROR,
    "value": fault.DATA_TYPE_ERROR,
    "code-invalid": fault.TABLE_VALUE_NOT_FOUND,
    "not-found": fault.UNKNOWN_KEY_IDENTIFIER,
    "duplicate": fault.DUPLICATE_KEY_IDENTIFIER,
    "lock-error": fault.APPLICATION_RECORD_LOCKED,
    "exception": fault.APPLICATION_INTERNAL_ERROR,
}
# Events that are about two patients: which segments name them, and how many of each.
_MERGING: Final = ("A18", "A30", *(f"A{number}" for number in (*range(34, 37), *range(39, 52))))
_PAIRS: Final = {**dict.fromkeys(_MERGING, ("MRG", 1)), **dict.fromkeys(("A24", "A37"), ("PID", 2))}
_FORBIDDING: Final = frozenset({"error", "fatal"})
INTERNAL: Final = (Fault(fault.APPLICATION_INTERNAL_ERROR, "the hub could not process this message"),)
# Who is refused with 207 and AR, CR or CE, not AE, is to send the same again: nothing is wrong with it.
UNAVAILABLE: Final = (
    Fault(fault.APPLICATION_INTERNAL_ERROR, "the message was not stored: send it again later"),
)
UNSETTLED: Final = (
    Fault(
        fault.APPLICATION_INTERNAL_ERROR,
        "the message is kept and has no result yet: send it again to hear of it",
    ),
)


def translation_faults(issues: Iterable[Issue], message: Message | Sent) -> list[Fault]:
    """What forbids storing the translation. An issue's expression is an address in the message.

    A merge whose PID and MRG are out of order may pair the wrong patients: it is refused. So is an event
    about two patients that names one, for its sender believes that they are one now.
    """
    merges = message.first("MRG") is not None
    return [
        *(
            _fault(issue)
            for issue in issues
            if issue.severity in _FORBIDDING or (merges and _is_disorder(issue))
        ),
        *(() if isinstance(message, Sent) else _missing(message)),
    ]


def _missing(message: Message) -> Iterator[Fault]:
    event = message.header.text(9, 2)
    if message.header.text(9) != "ADT" or event not in _PAIRS:
        return
    name, wanted = _PAIRS[event]
    if len(message.all(name)) < wanted:
        yield Fault(fault.SEGMENT_SEQUENCE_ERROR, f"{event} needs {wanted} {name}", name)


def resource_faults(issues: Iterable[Issue]) -> list[Fault]:
    """What forbids storing a resource that the message made: a value that FHIR cannot hold."""
    return [
        Fault(fault.DATA_TYPE_ERROR, f"{issue.expression}: {issue.diagnostics}")
        for issue in issues
        if issue.severity in _FORBIDDING
    ]


def _is_disorder(issue: Issue) -> bool:
    return issue.code == "structure" and issue.expression.startswith(("PID", "MRG"))


def _fault(issue: Issue) -> Fault:
    code = _CODES.get(issue.code, fault.DATA_TYPE_ERROR)
    if issue.code == "not-supported":
        event = issue.expression.startswith("MSH-9.2")
        code = fault.UNSUPPORTED_EVENT_CODE if event else fault.UNSUPPORTED_MESSAGE_TYPE
    return Fault(code, issue.diagnostics, _address(issue.expression))


def _address(expression: str) -> str:
    try:
        split_address(expression)
    except ValueError:
        return ""
    return expression
