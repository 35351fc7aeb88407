"""MCCI_IN000002UV01: the acknowledgement of an HL7 v3 message.

HL7 v3 Transmission Infrastructure. AA: accepted; AE: there is an error in it; AR: it cannot be processed.
"""

from collections.abc import Sequence
from datetime import datetime
from html import escape
from typing import Final, Literal

Code = Literal["AA", "AE", "AR"]
INTERACTION: Final = "MCCI_IN000002UV01"
_MESSAGE = "2.16.156.10011.2.5.1.1"
_INTERACTIONS = "2.16.156.10011.2.5.1.2"
_APPLICATIONS = "2.16.156.10011.2.5.1.3"


def acknowledgement(
    code: Code,
    message_id: tuple[str, str],
    sender: str,
    receiver: str,
    control_id: str,
    instant: datetime,
    details: Sequence[tuple[str, str]] = (),
    interaction: str = INTERACTION,
    content: str = "",
) -> str:
    """The answer to a message with that id, sent by `sender` to `receiver`; `details` are code and text,
    `content` the control act of a query's answer."""
    root, number = message_id
    told = "".join(_detail(*each) for each in details) or _detail("", "成功" if code == "AA" else "失败")
    return (
        '<?xml version="1.0" encoding="UTF-8"?>'
        f'<{interaction} xmlns="urn:hl7-org:v3" ITSVersion="XML_1.0"'
        ' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">'
        f'<id root="{_MESSAGE}" extension="{_said(control_id)}"/>'
        f'<creationTime value="{instant:%Y%m%d%H%M%S}"/>'
        f'<interactionId root="{_INTERACTIONS}" extension="{interaction}"/>'
        '<processingCode code="P"/><processingModeCode/><acceptAckCode code="NE"/>'
        f"{_device('receiver', 'RCV', sender)}{_device('sender', 'SND', receiver)}"
        f'<acknowledgement typeCode="{code}"><targetMessage>'
        f'<id root="{_said(root or _MESSAGE)}" extension="{_said(number)}"/></targetMessage>{told}'
        f"</acknowledgement>{content}</{interaction}>"
    )


def _detail(code: str, text: str) -> str:
    coded = f'<code code="{_said(code)}"/>' if code else ""
    return f'<acknowledgementDetail>{coded}<text value="{_said(text)}"/></acknowledgementDetail>'


def _device(name: str, kind: str, number: str) -> str:
    item = f'<item root="{_APPLICATIONS}" extension="{_said(number)}"/>'
    return (
        f'<{name} typeCode="{kind}"><device classCode="DEV" determinerCode="INSTANCE">'
        f"<id>{item}</id></device></{name}>"
    )


def _said(text: str) -> str:
    return escape("".join(sign for sign in text if sign >= " "))
