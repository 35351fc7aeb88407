"""What hospitals' codes may mean: proposals against the code system or value set that a reviewer names.

https://hl7.org/fhir/R4/valueset.html
"""

from collections.abc import Iterable, Iterator, Sequence

from exchange.local_codes.sheet import PROPOSED
from exchange.local_codes.sighting import Companion
from exchange.local_codes.store import LocalCode
from terminology.algebra import runs_of
from terminology.canonical import split
from terminology.code_system import CodeSystem
from terminology.filters import Bits
from terminology.library import Library
from terminology.options import Options
from terminology.proposals import Proposal, proposals
from terminology.scope import Scope

SENT_BESIDE = "the hospital sent it beside"


class UnknownTarget(LookupError):
    """There is no code system or value set of this name here."""

    def __str__(self) -> str:
        return f"{self.args[0]}: {self.__doc__}"


def targets_of(library: Library, canonical: str) -> list[tuple[CodeSystem, Bits]]:
    """The concepts that may be proposed; none without a name. Raises UnknownTarget, or terminology's own."""
    if not canonical:
        return []
    scope = Scope(library, Options())
    value_set = scope.value_set(canonical)
    if value_set is not None:
        return [(run.system, run.numbers) for run in runs_of(scope, value_set, lambda _, of: None)]
    system = scope.code_system(*split(canonical))
    if system is None or not system.is_enumerable:
        raise UnknownTarget(canonical)
    return [(system, system.all)]


def proposed(
    targets: Sequence[tuple[CodeSystem, Bits]], code: str, display: str, companion: Companion, count: int
) -> list[Proposal]:
    """What the hospital itself has sent beside it goes first."""
    found = proposals(targets, code, display, count) if targets else []
    if not companion.code or not companion.system:
        return found
    told = (round(1.0, 3), (SENT_BESIDE,))
    beside = Proposal(companion.system, companion.code, companion.display, *told)
    others = (each for each in found if (each.system, each.code) != companion[:2])
    return [beside, *others][:count]


def lines(codes: Iterable[LocalCode], targets: Sequence[tuple[CodeSystem, Bits]]) -> Iterator[list[str]]:
    """Of a sheet: what is told of each code, room for the reviewer, and proposals."""
    for each in codes:
        told = each.sighting
        moments = [f"{at:%Y-%m-%d}" for at in (told.first, told.last)]
        facts = [*told.key, told.display, str(told.seen), *moments, each.state, " ".join(told.places)]
        line = [*facts, told.example, "", "", "", "", "", ""]
        for one in proposed(targets, told.key.code, told.display, told.companion, PROPOSED):
            line += [f"{one.system}|{one.code} {one.display}", f"{one.score:.2f}", "; ".join(one.reasons)]
        yield line
