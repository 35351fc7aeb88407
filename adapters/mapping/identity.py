"""Ids from business identifiers: UUID version 5, so the same thing in two messages has the same id.

https://www.rfc-editor.org/rfc/rfc9562#section-5.5
"""

import hashlib
from uuid import UUID

NAMESPACE = UUID("6e0b4f5e-3c0c-5e0a-9a63-7a1f5d0c2b18")
_SPACE = hashlib.sha1(NAMESPACE.bytes, usedforsecurity=False)


def key(*parts: str) -> str:
    """Parts joined so that two different lists never give the same key."""
    text = "|".join(parts)
    if text.count("|") < len(parts) and "\\" not in text:
        return text
    return "|".join([escaped(part) for part in parts])


def escaped(part: str) -> str:
    """A part as it stands in a key of several."""
    if "|" not in part and "\\" not in part:
        return part
    return part.replace("\\", "\\\\").replace("|", "\\|")


def resource_id(resource_type: str, hospital: str, business_key: str) -> str:
    """The id of what a hospital calls `business_key` (system and value, see `key`): `uuid5` of them, by hand
    because it is made for every resource.

    The hospital is part of it: the same citizen id at two hospitals is two Patients, linked by the index.
    """
    digest = _SPACE.copy()
    digest.update(f"{resource_type}|{hospital}|{business_key}".encode("utf-8", "surrogatepass"))
    text = digest.hexdigest()
    variant = "89ab"[int(text[16], 16) & 3]
    return f"{text[:8]}-{text[8:12]}-5{text[13:16]}-{variant}{text[17:20]}-{text[20:32]}"
