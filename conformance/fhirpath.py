"""Judges a FHIRPath engine by HL7's suite, a black box that is given texts and files.

https://github.com/FHIR/fhir-test-cases/tree/master/r4/fhirpath
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Final

from lxml import etree

from conformance.report import Outcome, Refused, Report, Verdict

SUITE: Final = "tests-fhir-r4.xml"
_NUMBERS: Final = frozenset(("decimal", "integer", None))


@dataclass(frozen=True, slots=True)
class Answer:
    """One item of a result: the name of its type, and its text, of a date or time without `@`."""

    type: str
    text: str


@dataclass(frozen=True, slots=True)
class Case:
    """`input` is the file of the resource, if there is one; `invalid` the kind of error that is expected."""

    name: str
    expression: str
    input: Path | None
    invalid: str
    outputs: tuple[tuple[str | None, str], ...]
    is_predicate: bool
    is_strict: bool
    is_ordered: bool


Evaluate = Callable[[str, Path | None], Sequence[Answer]]


def cases(folder: Path) -> list[Case]:
    """The suite somewhere under a folder; a name that stands twice in a group is counted on."""
    suite = folder if folder.is_file() else next(iter(sorted(folder.rglob(SUITE))), None)
    if suite is None:
        raise FileNotFoundError(f"no {SUITE} under {folder}")
    found: list[Case] = []
    names: Counter[str] = Counter()
    root = etree.parse(suite, etree.XMLParser(resolve_entities=False, no_network=True)).getroot()
    for group in root.iter("{*}group"):
        for test in group.iter("{*}test"):
            name = f"{group.get('name')}/{test.get('name')}"
            names[name] += 1
            found.append(_case(f"{name}#{names[name]}" if names[name] > 1 else name, test, suite.parents[1]))
    return found


def judge(suite: Sequence[Case], evaluate: Evaluate, strict: Evaluate, baseline: Mapping[str, str]) -> Report:
    """`strict` is the engine as it is where a case asks for strictness."""
    verdicts = (_verdict(case, strict if case.is_strict else evaluate) for case in suite)
    return Report(tuple(verdicts), baseline)


def _case(name: str, test: etree._Element, inputs: Path) -> Case:
    expression = test.find("{*}expression")
    assert expression is not None
    file = test.get("inputfile")
    return Case(
        name=name,
        expression=expression.text or "",
        input=inputs / file if file else None,
        invalid=expression.get("invalid", ""),
        outputs=tuple((output.get("type"), output.text or "") for output in test.findall("{*}output")),
        is_predicate=test.get("predicate") == "true",
        is_strict=test.get("mode") == "strict",
        is_ordered=test.get("ordered") != "false",
    )


def _verdict(case: Case, evaluate: Evaluate) -> Verdict:
    if case.input is not None and not case.input.exists():
        return Verdict(case.name, "skipped", f"{case.input.name} is not there")
    try:
        answers = evaluate(case.expression, case.input)
    except Refused as error:
        return Verdict(case.name, "passed" if case.invalid else "failed", f"refused: {error}")
    except Exception as error:
        return Verdict(case.name, "failed", f"{type(error).__name__}: {error}")
    found = ", ".join(f"{answer.type} {answer.text}" for answer in answers) or "nothing"
    passed = not case.invalid and _as_expected(case, answers)
    outcome: Outcome = "passed" if passed else "failed"
    return Verdict(case.name, outcome, found)


def _as_expected(case: Case, answers: Sequence[Answer]) -> bool:
    if case.is_predicate:
        truth = bool(answers) and not (len(answers) == 1 and answers[0].text == "false")
        return [text for _, text in case.outputs] == ["true" if truth else "false"]
    if len(answers) != len(case.outputs):
        return False
    expected = list(case.outputs)
    for answer in answers:
        at = next((at for at, output in enumerate(expected) if _same(answer, *output)), None)
        if at is None or (case.is_ordered and at != 0):
            return False
        del expected[at]
    return True


def _same(answer: Answer, type_: str | None, text: str) -> bool:
    if type_ is not None and type_.lower() != answer.type.lower():
        return False
    wanted = text.removeprefix("@").removeprefix("T") if text.startswith("@") else text
    if wanted == answer.text:
        return True
    try:
        return type_ in _NUMBERS and Decimal(wanted) == Decimal(answer.text)
    except InvalidOperation:
        return False
