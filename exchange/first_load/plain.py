"""Patients as most hospitals send them, whose structure is seen to be right while they are read.

https://hl7.org/fhir/R4/patient.html. What is not known here is checked rule by rule (`profiles.structure`),
which takes ten times as long; nothing that fails there is known here.
"""

from datetime import date
from typing import Annotated, Final, Literal

import msgspec

_Id = Annotated[str, msgspec.Meta(pattern=r"\A[A-Za-z0-9.-]{1,64}\Z")]
# No space, for all is printable.
_Word = Annotated[str, msgspec.Meta(pattern=r"\A[^ ]+\Z")]

# Far below what a text may have.
_LONGEST: Final = 65536


class _Known(msgspec.Struct, forbid_unknown_fields=True):
    pass


class _Coding(_Known):
    system: _Word = "-"
    code: _Word = "-"
    display: str = ""


class _Concept(_Known):
    coding: Annotated[list[_Coding], msgspec.Meta(min_length=1)] = []
    text: str = ""


class _Identifier(_Known):
    use: Literal["usual", "official", "temp", "secondary", "old"] = "usual"
    type: _Concept | msgspec.UnsetType = msgspec.UNSET
    system: _Word = "-"
    value: str = ""


class _HumanName(_Known):
    use: Literal["usual", "official", "temp", "nickname", "anonymous", "old", "maiden"] = "usual"
    text: str = ""
    family: str = ""
    given: Annotated[list[str], msgspec.Meta(min_length=1)] = []


class _ContactPoint(_Known):
    system: Literal["phone", "fax", "email", "pager", "url", "sms", "other"] = "phone"
    value: str = ""
    use: Literal["home", "work", "temp", "old", "mobile"] = "home"


class _Address(_Known):
    use: Literal["home", "work", "temp", "old", "billing"] = "home"
    type: Literal["postal", "physical", "both"] = "both"
    text: str = ""
    line: Annotated[list[str], msgspec.Meta(min_length=1)] = []
    city: str = ""
    district: str = ""
    state: str = ""
    postalCode: str = ""
    country: str = ""


class _Patient(_Known):
    resourceType: Literal["Patient"]
    id: _Id
    identifier: Annotated[list[_Identifier], msgspec.Meta(min_length=1)] = []
    active: bool = True
    name: Annotated[list[_HumanName], msgspec.Meta(min_length=1)] = []
    telecom: Annotated[list[_ContactPoint], msgspec.Meta(min_length=1)] = []
    gender: Literal["male", "female", "other", "unknown"] = "unknown"
    birthDate: date = date.min
    address: Annotated[list[_Address], msgspec.Meta(min_length=1)] = []


_DECODER: Final = msgspec.json.Decoder(_Patient)


def is_plain(text: bytes) -> bool:
    """Whether JSON that has been read is a Patient with an id that the structure check passes. False says
    nothing."""
    # Escapes; empty objects and texts; a text that begins with a space.
    if b"\\" in text or b"{}" in text or b'""' in text or b'" ' in text or len(text) > _LONGEST:
        return False
    if not text.decode().isprintable():
        return False
    try:
        _DECODER.decode(text)
    except msgspec.ValidationError:
        return False
    return True
