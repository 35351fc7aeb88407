"""A MeasureReport, held against its Measure. https://hl7.org/fhir/R4/measurereport.html"""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from profiles.validator.context import Context
from terminology.issue import Issue

Element = Mapping[str, Any]
_SCORED: Final = frozenset(("proportion", "ratio", "continuous-variable"))
_COLLECTION: Final = "data-collection"


def measure_report(value: Element, context: Context) -> Iterator[Issue]:
    canonical = value.get("measure", "")
    measure = context.definition(canonical)
    if measure is None or measure.get("resourceType") != "Measure":
        text = f"The measure {canonical!r} could not be resolved, so the report is not checked against it"
        yield context.issue("warning", "not-found", text, "report-measure-unknown")
        return
    groups = value.get("group", ())
    if value.get("type") == _COLLECTION:
        if groups:
            text = "A report of data collection has no groups"
            yield context.issue("error", "business-rule", text, "report-group", ".group[0]")
        return
    yield from _groups(groups, measure, value.get("status") == "complete", context)


def _groups(groups: Any, measure: Element, is_complete: bool, context: Context) -> Iterator[Issue]:
    """Of a single group on both sides no code is needed."""
    defined = measure.get("group", ())
    for index, group in enumerate(groups):
        at = f".group[{index}]"
        if len(groups) == 1 and len(defined) == 1:
            match: Element | None = defined[0]
        else:
            match = _matching(group.get("code"), defined)
        if match is None:
            text = "Group should have a code that matches the group definition in the measure"
            yield context.issue("error", "business-rule", text, "report-group-code", at)
            continue
        yield from _score(group, measure, is_complete, at, context)
        yield from _stratifiers(group, match, at, context)


def _score(group: Element, measure: Element, is_complete: bool, at: str, context: Context) -> Iterator[Issue]:
    codes = {coding.get("code") for coding in measure.get("scoring", {}).get("coding", ())}
    if "cohort" in codes and "measureScore" in group:
        text = "There is no measureScore when the scoring of the measure is 'cohort'"
        yield context.issue("error", "business-rule", text, "report-score", f"{at}.measureScore")
    elif codes & _SCORED and is_complete and "measureScore" not in group:
        text = f"A measureScore is required when the scoring of the measure is {', '.join(codes & _SCORED)!r}"
        yield context.issue("error", "business-rule", text, "report-score", at)


def _stratifiers(group: Element, defined: Element, at: str, context: Context) -> Iterator[Issue]:
    wanted = list(defined.get("stratifier", ()))
    left = list(wanted)
    for index, stratifier in enumerate(group.get("stratifier", ())):
        codes = stratifier.get("code", ())
        match = next((one for code in codes if (one := _matching(code, wanted))), None)
        if match is None:
            text = "The stratifier should have a code that matches one of the group in the measure"
            below = f"{at}.stratifier[{index}]"
            yield context.issue("error", "business-rule", text, "report-stratifier-code", below)
        elif match in left:
            left.remove(match)
    for one in left:
        text = f"The report does not include the stratifier {one.get('id') or _shown(one.get('code'))!r}"
        yield context.issue("error", "business-rule", text, "report-stratifier-missing", at)


def _matching(code: Element | None, defined: Any) -> Element | None:
    """The first with the same text, or a coding in common."""
    if not code:
        return None
    found: Element
    for found in defined:
        other = found.get("code", {})
        if "text" in code and code["text"] == other.get("text"):
            return found
        if _codings(code) & _codings(other):
            return found
    return None


def _codings(code: Element) -> set[tuple[Any, Any]]:
    return {(one.get("system"), one.get("code")) for one in code.get("coding", ())}


def _shown(code: Element | None) -> str:
    return ", ".join(str(one[1]) for one in _codings(code or {}))
