"""What an HL7 v3 message is: its id, sender, interaction and the service it asks for; pure.

WS/T 846-2024 (draft parts 2 to 9). One root serves many services: the service is told by its name where the
envelope has one, else by the interaction and what the message is about.
"""

import re
from dataclasses import dataclass
from typing import Final

from adapters.trees.element import Element

NAMESPACE: Final = "urn:hl7-org:v3"
# What HL7 names its interactions by; WS/T 846 has an OID of its own.
HL7_INTERACTIONS: Final = "2.16.840.1.113883.1.6"
_INTERACTION = re.compile(
    r"(?:PRPA|PRPM|PRVS|RCMR|POOR|QUMT|QUQI|MCCI|POLB|PORR|PORX|PRSC|REPC|FIAB|COMT)_IN\d{6}[A-Z]{2}"
    r"\d{0,2}(?:_Cancel)?"
)
# Query → what its answer is called.
QUERIES: Final = {
    "PRPA_IN201305UV02": "PRPA_IN201306UV02",
    "PRPA_IN201309UV02": "PRPA_IN201310UV02",
    "PRPM_IN406010UV01": "PRPM_IN406110UV01",
    "PRPM_IN306010UV01": "PRPM_IN306011UV01",
    "PRVS_IN000003UV01": "PRVS_IN000004UV01",
    "RCMR_IN000029UV01": "RCMR_IN000030UV01",
    "RCMR_IN000031UV01": "RCMR_IN000032UV01",
    "PRPA_IN900300UV": "PRPA_IN900350UV",
    "QUMT_IN020030UV01": "QUMT_IN020031UV01",
    "QUMT_IN020030PL": "QUMT_IN020031UV01",
}
# The next page of an answer, and that no other is wanted.
CONTINUATIONS: Final = ("QUQI_IN000003UV01", "QUQI_IN000003UV01_Cancel")
# Interaction → kind of change; the noun follows from what is inside.
_CHANGES: Final = {
    "PRPA_IN201301UV02": "Register",
    "PRPA_IN201302UV02": "Update",
    "PRPA_IN201311UV02": "Register",
    "PRPA_IN201314UV02": "Update",
    "PRPA_IN201304UV02": "Merge",
    "PRPM_IN401030UV01": "Register",
    "PRPM_IN403010UV01": "Update",
    "PRPM_IN301010UV01": "Register",
    "PRPM_IN303010UV01": "Update",
    "PRVS_IN000001UV01": "Register",
    "PRVS_IN000002UV01": "Update",
    "RCMR_IN000002UV02": "Register",
    "PRPA_IN400001UV": "Add",
    "PRPA_IN400002UV": "Update",
    "PRPA_IN400003UV": "Add",
    "PRPA_IN302011UV": "Add",
    "PRPA_IN302012UV": "Update",
    "POOR_IN200901UV": "Add",
    "POOR_IN200902UV": "Update",
    "PRPA_IN410001UV": "Add",
    "PRPA_IN410002UV": "Update",
    "PRSC_IN010101UV01": "Add",
    "PRSC_IN010201UV01": "Update",
    "PRSC_IN030101UV": "Add",
    "PRSC_IN030102UV": "Update",
    "POLB_IN224000UV01": "Update",
}


@dataclass(frozen=True, slots=True)
class Interaction:
    """The transmission wrapper. `message_id` is root and extension, `sender` and `receiver` device ids, in
    `devices` as root and extension each. `is_international`: it is answered as HL7 and IHE write messages,
    not as WS/T 846 does."""

    name: str
    message_id: tuple[str, str]
    sender: str
    receiver: str
    change: str
    is_query: bool
    is_international: bool = False
    devices: tuple[tuple[str, str], tuple[str, str]] = (("", ""), ("", ""))

    @property
    def is_acknowledgement(self) -> bool:
        return self.name.startswith("MCCI_IN")


def is_interaction(name: str) -> bool:
    """Whether a root's name is one of a v3 message."""
    return _INTERACTION.fullmatch(name) is not None


def interaction_of(root: Element) -> Interaction:
    """Reads the wrapper of a normalised tree."""
    kind = root.first("interactionId")
    return Interaction(
        name=root.name,
        message_id=_number(root.first("id")),
        sender=_device(root.first("sender", "device")),
        receiver=_device(root.first("receiver", "device")),
        change=_CHANGES.get(root.name, ""),
        is_query=root.name in (*QUERIES, *CONTINUATIONS)
        or root.first("controlActProcess", "queryByParameter") is not None,
        is_international=kind is not None and kind.peek("root") == HL7_INTERACTIONS and not _has_items(root),
        devices=(
            _number(root.first("sender", "device", "id")),
            _number(root.first("receiver", "device", "id")),
        ),
    )


def is_complete(root: Element) -> str:
    """What a message lacks to be processed; "" if nothing."""
    if root.first("controlActProcess") is None:
        return "controlActProcess"
    number = root.first("id")
    return "" if number is not None and (number.peek("extension") or number.peek("root")) else "id"


def _has_items(root: Element) -> bool:
    """Whether lists are written as ISO 21090 has them, whatever the interaction is named by."""
    return any("item" in each.called.split("/") for each in root.walk())


def _number(number: Element | None) -> tuple[str, str]:
    return (number.peek("root"), number.peek("extension")) if number is not None else ("", "")


def _device(device: Element | None) -> str:
    number = device.first("id") if device is not None else None
    return (number.peek("extension") or number.peek("root")) if number is not None else ""
