"""Judges a translator of documents: WS/T 500 and C-CDA, HL7 v3 messages, local XML beside its rendering.

A case fails for a resource that is not R4, a reference to nothing, an exception, or another Bundle
the second time. What survives of the values, what is left over, how alike the two forms of a document come
out, and which declared fields reach the output are figures beside the verdicts.
"""

import re
import statistics
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from conformance.document_expected import agreement
from conformance.document_fields import coverage_by_type
from conformance.document_pairs import compared
from conformance.report import Outcome, Report, Verdict
from conformance.v2_pairs import Engine, Translated
from conformance.v2_survival import dangling, share, tangible

Json = dict[str, Any]
_SUFFIXES: Final = (".xml", ".ccda")
# What says how a value is written or where it belongs holds no value of its own.
_STRUCTURE: Final = re.compile(
    r"@(classCode|moodCode|typeCode|determinerCode|contextControlCode|contextConductionInd|codeSystemName|xsi:type"
    r"|nullFlavor|ITSVersion|schemaLocation|styleCode|ID|operator|institutionSpecified|inversionInd|displayable"
    r"|integrityCheckAlgorithm|partType|assigningAuthorityName|use|qualifier)$"
    r"|/reference@value$"  # where in the narrative the words stand
    r"|/(templateId|typeId|realmCode|interactionId|statusCode|acceptAckCode|signatureCode)(\[\d+\])?@"
    r"|^[^/]+/(id|sender|receiver|creationTime)(/.*)?@"
)
# Systems that FHIR names otherwise, numbers' roots that mean "our own", and what systems write for nothing.
_RENAMED: Final = re.compile(
    r"2\.16\.840\.1\.(?:113883|11883)\.(?:6\.(?:1|96|88|12|59|90|103|104|8)|5\.\d+|4\.[16]|12\.\d+)"
    r"|2\.16\.156\.10011\.2\.5\.1\.\d+"
    r"|2\.16\.156\.10011\.2\.3\.3\.4|0+|-+"
)
_SCHEME: Final = re.compile(r"(?:tel|fax|mailto):\s*")
_FLAG: Final = frozenset(("true", "false"))


@dataclass(frozen=True, slots=True)
class Case:
    """One file."""

    name: str
    path: Path


def cases(folder: Path) -> list[Case]:
    """Every document below a folder, or the file itself."""
    if folder.is_file():
        return [Case(folder.name, folder)]
    paths = [path for path in sorted(folder.rglob("*")) if path.suffix in _SUFFIXES and path.is_file()]
    if not paths:
        raise FileNotFoundError(f"there is no document under {folder}")
    return [Case(str(path.relative_to(folder)), path) for path in paths]


def judge(suite: Sequence[Case], engine: Engine, folder: Path, baseline: Mapping[str, str]) -> Report:
    verdicts: list[Verdict] = []
    made: dict[Path, Translated] = {}
    survived: list[float] = []
    for case in suite:
        verdict, translated, survives = _judged(case, engine)
        verdicts.append(verdict)
        if translated is not None:
            made[case.path] = translated
            survived += [survives] * (not translated.refused)
    notes = [*_figures(made, survived), *compared(made, folder), *agreement(made)]
    notes += coverage_by_type(folder, engine)
    return Report(tuple(verdicts), baseline, notes=tuple(notes))


def _judged(case: Case, engine: Engine) -> tuple[Verdict, Translated | None, float]:
    raw = case.path.read_bytes()
    try:
        made = engine.translate(raw)
        again = engine.translate(raw)
    except Exception as error:
        return Verdict(case.name, "failed", f"{type(error).__name__}: {error}"), None, 0.0
    if not made.resources and made.refused:
        return Verdict(case.name, "skipped", made.refused[0]), None, 0.0
    problems = [f"{one['resourceType']}: {each}" for one in made.resources for each in engine.invalid(one)]
    problems += dangling(made.resources)
    if made.resources != again.resources:
        problems.append("another Bundle the second time")
    values = [_SCHEME.sub("", value, count=1) for path, value in made.leaves if _counts(path, value)]
    survives = share(values, [one for one in made.resources if one["resourceType"] != "Binary"])
    if not made.resources:
        return Verdict(case.name, "passed", "a query: nothing is made of it"), None, 1.0
    told = f"{survives:.3f} survives; {len(made.residue)} left over"
    outcome: Outcome = "failed" if problems or made.refused else "passed"
    found = "; ".join([told, *made.refused[:3], *problems[:9], *made.residue[:5]])
    return Verdict(case.name, outcome, found), made, survives


def _counts(path: str, value: str) -> bool:
    if not tangible(value) or value in _FLAG or _RENAMED.fullmatch(value):
        return False
    return not _STRUCTURE.search(path)


def _figures(made: Mapping[Path, Translated], survived: Sequence[float]) -> Iterator[str]:
    if not made or not survived:
        return
    mapped, ignored = (sum(getattr(each, name) for each in made.values()) for name in ("mapped", "ignored"))
    residue = sum(len(each.residue) for each in made.values())
    leaves = (mapped + ignored + residue) or 1
    yield (
        f"{len(survived)} documents; values of 4 characters and more that survive: median "
        f"{statistics.median(survived):.3f}, least {min(survived):.3f}; leaves: {mapped} mapped, "
        f"{ignored} ignored, {residue} residue ({residue / leaves:.2%})"
    )
