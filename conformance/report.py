"""What a suite found: a verdict for each case, and how that differs from what is known."""

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Literal

BASELINES: Final = Path(__file__).parent / "baselines"
Outcome = Literal["passed", "failed", "skipped"]


class Refused(Exception):
    """The engine refuses what it is given. Any other exception is the engine's fault."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """`found` is what came of the case, or why it was skipped."""

    name: str
    outcome: Outcome
    found: str


@dataclass(frozen=True, slots=True)
class Report:
    """`baseline` names the cases that are known to fail, with the reason; `notes` are figures beside them."""

    verdicts: tuple[Verdict, ...]
    baseline: Mapping[str, str]
    notes: tuple[str, ...] = field(default=(), kw_only=True)

    @property
    def unexpected(self) -> list[str]:
        return beside_baseline(self.verdicts, self.baseline)

    @property
    def totals(self) -> str:
        return totals_of(self.verdicts)

    def as_json(self) -> dict[str, Any]:
        return {
            "totals": dict(Counter(verdict.outcome for verdict in self.verdicts)),
            "unexpected": self.unexpected,
            "notes": list(self.notes),
            "cases": [
                {
                    "name": one.name,
                    "outcome": one.outcome,
                    "found": one.found,
                    **({"known": self.baseline[one.name]} if one.name in self.baseline else {}),
                }
                for one in self.verdicts
            ],
        }


def beside_baseline(verdicts: Iterable[Verdict], baseline: Mapping[str, str]) -> list[str]:
    """Cases that fail and are not in the baseline, or are there and pass."""
    judged = {verdict.name: verdict.outcome for verdict in verdicts}
    failed = {name for name, outcome in judged.items() if outcome == "failed"}
    mended = {name for name in baseline if judged.get(name) == "passed"}
    return sorted((failed - baseline.keys()) | mended)


def totals_of(verdicts: Iterable[Verdict]) -> str:
    counts = Counter(verdict.outcome for verdict in verdicts)
    return f"{counts['passed']} passed, {counts['failed']} failed, {counts['skipped']} skipped"


def floor(name: str) -> Mapping[str, Sequence[int]]:
    """The committed counts of a suite, by the name of what was counted."""
    found: dict[str, list[int]] = json.loads((BASELINES / f"{name}.json").read_text("utf-8"))
    return found


def baseline(name: str) -> Mapping[str, str]:
    """The committed one of a suite: names of the cases that fail, with the reason."""
    found: dict[str, str] = json.loads((BASELINES / f"{name}.json").read_text("utf-8"))
    return found
