"""Every value set at hand: how many members it has, and whether each validates, or why it does not expand.

https://hl7.org/fhir/R4/valueset-operations.html
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from terminology.algebra import runs_of
from terminology.checks import CodeOf
from terminology.compile_code_system import UnusableDefinition
from terminology.library import Entry, Library
from terminology.options import Options
from terminology.scope import Scope
from terminology.texts import Refusal
from terminology.validation import validate
from terminology.value_set import ValueSet, value_set_of

NO_RULES: Final = "it has no rules"


@dataclass(frozen=True, slots=True)
class Surveyed:
    """`reason` says why it does not expand; `wrong` are members (system and code) that do not validate."""

    canonical: str
    members: int
    reason: str = ""
    wrong: tuple[str, ...] = ()


def survey(library: Library, most: int = 0) -> Iterator[Surveyed]:
    """Each once, by its URL; of each so many members are validated, of 0 all."""
    entries = {(each.url, each.version): each for each in reversed(library.entries("ValueSet"))}
    for _, entry in sorted(entries.items()):
        yield surveyed(library, entry, most)


def surveyed(library: Library, entry: Entry, most: int = 0) -> Surveyed:
    canonical = f"{entry.url}|{entry.version}" if entry.version else entry.url
    try:
        value_set = entry.compiled(value_set_of)
        if not value_set.included:
            return Surveyed(canonical, 0, NO_RULES)
        return _expanded(library, value_set, canonical, most)
    except Refusal as refusal:
        return Surveyed(canonical, 0, "; ".join(issue.text for issue in refusal.issues))
    except UnusableDefinition as error:
        return Surveyed(canonical, 0, str(error))


def _expanded(library: Library, value_set: ValueSet, canonical: str, most: int) -> Surveyed:
    """Members validate as they are told: with their code as the value set writes it."""
    runs = runs_of(Scope(library, Options()), value_set, lambda *_: None)
    count = sum(len(run.numbers) for run in runs)
    wrong, left = [], most or count
    for run in runs:
        for number in run.listed(0, min(left, len(run.numbers))):
            coding = CodeOf(run.system.url, run.system.codes[number], run.system.version)
            if not validate(Scope(library, Options()), value_set, "Coding", (coding,)).result:
                wrong.append(f"{coding.system}#{coding.code}")
        left = max(left - len(run.numbers), 0)
    return Surveyed(canonical, count, "", tuple(wrong))
