"""Ids from business identifiers: UUID version 5, so the same thing in two messages has the same id.

https://www.rfc-editor.org/rfc/rfc9562#section-5.5
"""

from collections.abc import Iterable
from functools import lru_cache
from uuid import UUID, uuid5

NAMESPACE = UUID("6e0b4f5e-3c0c-5e0a-9a63-7a1f5d0c2b18")


def key(*parts: str) -> str:
    """Parts joined so that two different lists never give the same key."""
    return "|".join(_escaped(parts))


def _escaped(parts: Iterable[str]) -> Iterable[str]:
    return (
        part.replace("\\", "\\\\").replace("|", "\\|") if "|" in part or "\\" in part else part
        for part in parts
    )


@lru_cache(maxsize=16384)
def resource_id(resource_type: str, hospital: str, business_key: str) -> str:
    """The id of what a hospital calls `business_key` (system and value, see `key`).

    The hospital is part of it: the same citizen id at two hospitals is two Patients, linked by the index.
    """
    return str(uuid5(NAMESPACE, f"{resource_type}|{hospital}|{business_key}"))
