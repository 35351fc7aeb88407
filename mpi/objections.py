"""Whether what speaks against a record's belonging to a person stands, heard the whole person.

Numbers and human decisions are never outvoted. A name, a sex or a birth date that one record of a person has
wrong is, by those more that share evidence with the record and object to nothing.
"""

from collections.abc import Iterable, Sequence
from typing import Final, Protocol

# What a clerical error in one record of many can feign.
_OUTVOTED: Final = frozenset(
    (
        "different-sex",
        "different-name-and-birth-date",
        "borrowed-citizen-id",
        "card-of-another",
        "different-name",
    )
)
# A person who changed the name is known by both: one record with the other name speaks for it.
_RENAMED: Final = ("different-name",)
_LINKING: Final = frozenset(("citizen-id", "card", "demographics"))


class Heard(Protocol):
    """What one member shares with the record, and what conflicts."""

    @property
    def evidence(self) -> tuple[str, ...]: ...

    @property
    def conflicts(self) -> tuple[str, ...]: ...


def stands(findings: Sequence[Heard]) -> bool:
    """Whether an objection among the findings about one cluster stands."""
    against = [finding for finding in findings if finding.conflicts]
    if not against:
        return False
    if spoken := spoken_for(findings):
        against = [finding for finding in against if finding.conflicts != _RENAMED]
    if not all(_OUTVOTED.issuperset(finding.conflicts) for finding in against):
        return True
    return spoken <= len(against)


def spoken_for(findings: Iterable[Heard]) -> int:
    """How many members share evidence that links, and object to nothing."""
    return sum(not found.conflicts and not _LINKING.isdisjoint(found.evidence) for found in findings)
