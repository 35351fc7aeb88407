"""The constraints that a StructureDefinition adds. https://hl7.org/fhir/R4/conformance-rules.html#constraints"""

from collections.abc import Iterator, Mapping
from typing import Any

from profiles.definitions import Definitions
from profiles.fhirpath import FhirPathError, compile_expression
from profiles.validator.context import Context
from terminology.issue import Issue

Element = Mapping[str, Any]


def differential_constraints(value: Element, base: Element | None, context: Context) -> Iterator[Issue]:
    """Each is this definition's own, and a key means one expression only."""
    known = _expressions(base)
    for one, at in _constraints(value, "differential"):
        key, expression, source = one.get("key", ""), one.get("expression"), one.get("source")
        if expression is None:
            continue
        if source is not None and source.partition("|")[0] != value.get("url"):
            text = f"The constraint {key} stands here, and cannot have the source {source}"
            yield context.issue("error", "invalid", text, "structure-constraint-source", at)
        elif known.setdefault(key, expression) != expression:
            text = f"The constraint {key} has another expression elsewhere: {known[key]}"
            yield context.issue("error", "invalid", text, "structure-constraint-key", at)


def snapshot_constraints(value: Element, context: Context) -> Iterator[Issue]:
    """That they can be evaluated, if they are this definition's own."""
    definitions = context.run.validator.definitions
    types = {one.get("path"): one for one in value.get("snapshot", {}).get("element", ())}
    for one, at in _constraints(value, "snapshot"):
        expression, source = one.get("expression"), one.get("source")
        if expression is None or (source is not None and source != value.get("url")):
            continue
        path = _path_at(value, at)
        try:
            compile_expression(expression, definitions, _context(path, types.get(path, {}), definitions))
        except FhirPathError as error:
            text = f"The expression of the constraint {one.get('key')} is none: {error}"
            yield context.issue("error", "invalid", text, "structure-constraint", at)


def _context(path: str, element: Element, definitions: Definitions) -> str | None:
    """What an expression is evaluated on, as far as R4 knows it."""
    if (
        definitions.element(path) is not None
        or path in definitions.resource_types | definitions.complex_types
    ):
        return path
    codes = [kind.get("code") for kind in element.get("type", ())]
    return codes[0] if len(codes) == 1 and codes[0] in definitions.complex_types else None


def _constraints(value: Element, part: str) -> Iterator[tuple[Element, str]]:
    for index, element in enumerate(value.get(part, {}).get("element", ())):
        for number, one in enumerate(element.get("constraint", ())):
            yield one, f".{part}.element[{index}].constraint[{number}]"


def _path_at(value: Element, at: str) -> str:
    index = int(at.partition("[")[2].partition("]")[0])
    return str(value["snapshot"]["element"][index].get("path", ""))


def _expressions(base: Element | None) -> dict[str, str]:
    elements = (base or {}).get("snapshot", {}).get("element", ())
    return {
        one.get("key", ""): one["expression"]
        for element in elements
        for one in element.get("constraint", ())
        if "expression" in one
    }
