"""Judges a translator of HL7 v2 by messages and the resources that others expect of them.

https://build.fhir.org/ig/HL7/v2-to-fhir/. A case fails for what is wrong in itself: a resource that is not
R4, a reference to nothing, an exception, another Bundle the second time. Where others expect something
else, the difference is counted by element and kind and looked up in the committed judgements.
"""

import json
import statistics
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Protocol

from conformance.report import Report, Verdict
from conformance.v2_differences import Difference, Judgements, differences, judgements
from conformance.v2_survival import dangling, tangible
from conformance.v2_values import strict_share

Json = dict[str, Any]
BLANK: Final = "a patient has no number: refused, and measured as it would be"


@dataclass(frozen=True, slots=True)
class Translated:
    """What a translator made: resources, why nothing may be stored (if so), every leaf of the source, and how
    many of them were mapped, left out on purpose, or left over."""

    resources: Sequence[Json]
    refused: Sequence[str]
    leaves: Sequence[tuple[str, str]]
    mapped: int
    ignored: int
    residue: Sequence[str]


class Engine(Protocol):
    """`invalid` are the findings of every judge of R4 that is at hand."""

    def translate(self, raw: bytes) -> Translated: ...
    def invalid(self, resource: Json) -> Sequence[str]: ...


@dataclass(frozen=True, slots=True)
class Case:
    """`kind` is MSH-9 as `ADT_A01`; `expected` are the resources that `source` expects."""

    name: str
    source: str
    kind: str
    raw: bytes
    expected: Sequence[Json]


@dataclass(frozen=True, slots=True)
class Measured:
    """A case's figures."""

    case: Case
    problems: Sequence[str]
    refused: bool
    survives: float
    theirs: float
    counts: tuple[int, int, int]
    residue: Sequence[str]
    agreed: int
    differences: Sequence[Difference]


def cases(folder: Path) -> list[Case]:
    """The pairs that every `pairs.json` below a folder tells of."""
    found = [case for file in sorted(folder.rglob("pairs.json")) for case in _pairs(file)]
    if not found:
        raise FileNotFoundError(f"there is no pairs.json with HL7 v2 messages under {folder}")
    return found


def judge(suite: Sequence[Case], engine: Engine, baseline: Mapping[str, str]) -> Report:
    measured = [_measured(case, engine) for case in suite]
    verdicts = tuple(
        Verdict(each.case.name, "failed" if each.problems else "passed", _told(each)) for each in measured
    )
    return Report(verdicts, baseline, notes=tuple(_notes(measured)))


def _pairs(file: Path) -> Iterator[Case]:
    source = file.parent.name
    for pair in json.loads(file.read_text("utf-8")):
        message, expected = _file(file.parent, pair, "input"), _file(file.parent, pair, "expected")
        if message is None or expected is None or message.suffix != ".hl7":
            continue
        bundle = json.loads(expected.read_text("utf-8-sig"))
        resources = [entry["resource"] for entry in bundle.get("entry", ()) if "resource" in entry]
        raw = message.read_bytes()
        yield Case(f"{source}/{message.relative_to(file.parent)}", source, kind_of(raw), raw, resources)


def _file(folder: Path, pair: Json, name: str) -> Path | None:
    """A pair names its files from its folder, or from the one of its kind."""
    kind = str(pair.get("kind", "")).lower()
    paths = (folder / pair[name], folder / kind / name / pair[name])
    return next((path for path in paths if path.is_file()), None)


def kind_of(raw: bytes) -> str:
    """MSH-9's first two components."""
    line = raw.lstrip(b"\xef\xbb\xbf\r\n ").replace(b"\n", b"\r").split(b"\r")[0].decode("latin-1")
    fields = [*line.split(line[3:4] or "|"), *[""] * 9]
    return "_".join(part for part in fields[8].split("^")[:2] if part)


def _measured(case: Case, engine: Engine) -> Measured:
    try:
        made = engine.translate(case.raw)
    except Exception as error:
        return Measured(case, [f"{type(error).__name__}: {error}"], False, 0, 0, (0, 0, 0), (), 0, ())
    problems = [
        f"{one['resourceType']}: {finding}" for one in made.resources for finding in engine.invalid(one)
    ]
    problems += dangling(made.resources)
    if made.resources != engine.translate(case.raw).resources:
        problems.append("another Bundle the second time")
    values = [value for _, value in made.leaves if tangible(value)]
    agreed, different = differences(made.resources, case.expected)
    return Measured(
        case,
        problems,
        bool(made.refused),
        strict_share(values, made.resources),
        strict_share(values, case.expected),
        (made.mapped, made.ignored, len(made.residue)),
        made.residue,
        agreed,
        different,
    )


def _told(each: Measured) -> str:
    figures = (
        f"{each.survives:.3f} survives (theirs {each.theirs:.3f}), {each.agreed} expected elements agree"
    )
    told = [
        figures,
        f"{len(each.differences)} do not",
        *([BLANK] if each.refused else []),
        *each.problems[:9],
    ]
    return "; ".join([*told, *([f"residue: {' '.join(each.residue[:12])}"] if each.residue else [])])


def _notes(measured: Sequence[Measured]) -> Iterator[str]:
    for source in sorted({each.case.source for each in measured}):
        own = [each for each in measured if each.case.source == source]
        yield from _figures(source, own)
        yield from _judged(own, judgements(f"v2-{source.partition('-')[0]}"))


def _figures(source: str, own: Sequence[Measured]) -> Iterator[str]:
    mapped, ignored, residue = (sum(each.counts[at] for each in own) for at in range(3))
    leaves = (mapped + ignored + residue) or 1
    problems = sum(len(each.problems) for each in own)
    yield (
        f"{source}: {len(own)} messages, {sum(each.refused for each in own)} of them would be refused; "
        f"{problems} problems; values of 4 characters and more that survive as values: median "
        f"{statistics.median(each.survives for each in own):.3f}, least "
        f"{min(each.survives for each in own):.3f} (theirs "
        f"{statistics.median(each.theirs for each in own):.3f}); leaves: {mapped} mapped, {ignored} ignored, "
        f"{residue} residue ({residue / leaves:.2%})"
    )
    by_kind: dict[str, list[Measured]] = {}
    for each in own:
        by_kind.setdefault(each.case.kind, []).append(each)
    told = (f"{kind} {_agreement(these)}" for kind, these in sorted(by_kind.items()))
    yield f"{source}: expected elements that agree: {_agreement(own)}; {', '.join(told)}"


def _agreement(these: Collection[Measured]) -> str:
    agreed = sum(each.agreed for each in these)
    every = agreed + sum(len(each.differences) for each in these)
    return f"{agreed}/{every}"


def _judged(own: Sequence[Measured], known: Judgements) -> Iterator[str]:
    counts: Counter[str] = Counter()
    unjudged: Counter[tuple[str, str]] = Counter()
    for each in own:
        for difference in each.differences:
            verdict = known.of(difference)
            counts[verdict or "not judged"] += 1
            if not verdict:
                unjudged[difference.path, difference.kind] += 1
    yield f"differences: {', '.join(f'{name} {count}' for name, count in counts.most_common())}"
    for (path, kind), count in unjudged.most_common(60):
        yield f"  not judged: {path} {kind} ({count})"
