"""A reviewed sheet line by line: what it maps, what it leaves out, and what in it cannot be. Pure.

https://hl7.org/fhir/R4/valueset-concept-map-equivalence.html
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from exchange.local_codes.sheet import Row
from exchange.local_codes.sighting import Key
from exchange.local_codes.systems import Systems

EQUIVALENCES: Final = frozenset(
    (
        *("relatedto", "equivalent", "equal", "wider", "subsumes", "narrower", "specializes", "inexact"),
        *("unmatched", "disjoint"),
    )
)
DECISIONS: Final = frozenset(("", "map", "unmatched", "ignore", "open"))
# The display of a code; None if there is no such code. Raises LookupError for a system that is not known.
Display = Callable[[str, str], str | None]


@dataclass(frozen=True, slots=True)
class Target:
    """What a code is mapped to; without a code it is said that it has no counterpart."""

    system: str
    code: str
    display: str
    equivalence: str
    comment: str = ""


@dataclass(frozen=True, slots=True)
class Fault:
    """Why a line cannot be used (`error`), or what is strange in it."""

    row: int
    column: str
    text: str
    severity: str = "error"


@dataclass(slots=True)
class Review:
    """`mapped` has what a code is mapped to; `decided` the codes that are `ignored` (with the reason) or
    `open` again."""

    mapped: dict[Key, list[Target]] = field(default_factory=dict)
    decided: dict[Key, tuple[str, str]] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)

    @property
    def is_sound(self) -> bool:
        return not any(fault.severity == "error" for fault in self.faults)

    @property
    def systems(self) -> list[str]:
        return sorted({key.system for key in self.mapped})


def reviewed(rows: Iterable[Row], known: Mapping[Key, object], systems: Systems, display: Display) -> Review:
    """`known` are the codes that were met. Lines that say nothing are left out."""
    review = Review()
    lines: dict[Key, int] = {}
    for row in rows:
        key = Key(row.text("system"), row.text("code"))
        fault = _unusable(row, key, known, systems)
        if fault:
            review.faults.append(fault)
        elif said := _said(row, review, display):
            first = lines.setdefault(key, row.number)
            if isinstance(said, Target):
                _map(review, row, key, said, first)
            elif first != row.number:
                review.faults.append(Fault(row.number, "code", f"line {first} says something else of it"))
            else:
                review.decided[key] = said
    return review


def _map(review: Review, row: Row, key: Key, target: Target, first: int) -> None:
    """A code may have several lines, each with a target of its own."""
    there = review.mapped.setdefault(key, [])
    same = any((each.system, each.code) == (target.system, target.code) for each in there)
    if key in review.decided or same or (there and not (target.code and there[0].code)):
        review.faults.append(Fault(row.number, "code", f"line {first} says something of it already"))
    else:
        there.append(target)


def _unusable(row: Row, key: Key, known: Mapping[Key, object], systems: Systems) -> Fault | None:
    if not key.system or not key.code:
        return Fault(row.number, "code" if key.system else "system", "it is missing")
    if not systems.is_local(key.system):
        return Fault(row.number, "system", f"{key.system[:100]} is no hospital's own system here")
    if key not in known:
        return Fault(row.number, "code", f"{key.code[:100]} was never met in {key.system}")
    if row.text("decision") not in DECISIONS:
        return Fault(row.number, "decision", f"it is one of {', '.join(sorted(DECISIONS - {''}))}, or empty")
    return None


def _said(row: Row, review: Review, display: Display) -> Target | tuple[str, str] | None:
    decision, comment = row.text("decision"), row.text("comment")
    if decision == "ignore":
        if comment:
            return "ignored", comment
        review.faults.append(Fault(row.number, "comment", "why it is ignored is told here"))
        return None
    if decision == "open":
        return "open", ""
    if decision == "unmatched":
        return Target("", "", "", "unmatched", comment)
    if not (row.text("target_system") or row.text("target_code")):
        if decision == "map":
            review.faults.append(Fault(row.number, "target_code", "what it is mapped to is missing"))
        return None
    return _target(row, review, display)


def _target(row: Row, review: Review, display: Display) -> Target | None:
    system, code = row.text("target_system"), row.text("target_code")
    equivalence = row.text("equivalence") or "equivalent"
    if not system or not code:
        column = "target_code" if system else "target_system"
        review.faults.append(Fault(row.number, column, "it is missing"))
        return None
    if equivalence not in EQUIVALENCES - {"unmatched", "disjoint"}:
        review.faults.append(Fault(row.number, "equivalence", f"{equivalence[:40]} is none for a target"))
        return None
    if equivalence in ("narrower", "inexact") and not row.text("comment"):
        review.faults.append(
            Fault(row.number, "comment", f"FHIR wants to know here what {equivalence} means")
        )
        return None
    try:
        called = display(system, code)
    except LookupError:
        text = f"the code system {system[:200]} is not known here, so the code was not looked for"
        review.faults.append(Fault(row.number, "target_system", text, "warning"))
        called = row.text("target_display")
    if called is None:
        review.faults.append(Fault(row.number, "target_code", f"{system} has no code {code[:100]}"))
        return None
    if row.text("target_display") not in ("", called):
        text = f"{code} is called {called}, not {row.text('target_display')[:100]}"
        review.faults.append(Fault(row.number, "target_display", text, "warning"))
    return Target(system, code, called, equivalence, row.text("comment"))
