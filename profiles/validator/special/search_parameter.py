"""A SearchParameter's expression, held against the types that it is for.

https://hl7.org/fhir/R4/searchparameter.html
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from profiles.fhirpath import FhirPathError, compile_expression
from profiles.validator.context import Context
from terminology.issue import Issue

Element = Mapping[str, Any]
_DERIVED: Final = ("type", "base")


def search_parameter(value: Element, context: Context) -> Iterator[Issue]:
    yield from _expression(value, context)
    yield from _from_base(value, context)


def _expression(value: Element, context: Context) -> Iterator[Issue]:
    definitions = context.run.validator.definitions
    expression = value.get("expression")
    if expression is None:
        return
    for type_ in value.get("base", ()):
        if type_ not in definitions.resource_types:
            continue
        try:
            compile_expression(expression, definitions, type_)
        except FhirPathError as error:
            text = f"The expression is none for {type_}: {error}"
            yield context.issue("error", "invalid", text, "search-parameter-expression", ".expression")
            return


def _from_base(value: Element, context: Context) -> Iterator[Issue]:
    """What is derived searches by the same, on no other types."""
    canonical = value.get("derivedFrom")
    base = context.definition(canonical) if canonical else None
    if base is None or base.get("resourceType") != "SearchParameter":
        return
    if base.get("type") != value.get("type"):
        text = f"The type is {value.get('type')}, that of {canonical} is {base.get('type')}"
        yield context.issue("error", "business-rule", text, "search-parameter-type", ".type")
    for index, type_ in enumerate(value.get("base", ())):
        if type_ not in base.get("base", ()) and not {"Resource", "DomainResource"} & {*base.get("base", ())}:
            text = f"{canonical} is not for {type_}"
            yield context.issue("error", "business-rule", text, "search-parameter-base", f".base[{index}]")
    if "expression" in base and base["expression"] != value.get("expression"):
        text = f"The expression is not that of {canonical}"
        yield context.issue("warning", "business-rule", text, "search-parameter-derived", ".expression")
