"""A SearchParameter's expression, held against the types that it is for.

https://hl7.org/fhir/R4/searchparameter.html
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from profiles.fhirpath import FhirPathError, compile_expression
from profiles.fhirpath.types import Model, Type, model
from profiles.validator.context import Context
from terminology.issue import Issue

Element = Mapping[str, Any]
_PATH: Final = re.compile(r"([A-Z][A-Za-z]*)((?:\.[a-z][A-Za-z]*)*)")
_DERIVED: Final = ("type", "base")


def search_parameter(value: Element, context: Context) -> Iterator[Issue]:
    yield from _expression(value, context)
    yield from _from_base(value, context)


def _expression(value: Element, context: Context) -> Iterator[Issue]:
    definitions = context.run.validator.definitions
    expression = value.get("expression")
    if expression is None:
        return
    types = model(definitions)
    for type_ in value.get("base", ()):
        if type_ not in definitions.resource_types or _are_paths(expression, type_, types):
            continue
        try:
            compile_expression(expression, definitions, type_)
        except FhirPathError as error:
            text = f"The expression is none for {type_}: {error}"
            yield context.issue("error", "invalid", text, "search-parameter-expression", ".expression")
            return


def _are_paths(expression: str, base: str, types: Model) -> bool:
    """Whether it is paths alone that lead to elements, as most are, and need no compiler; a path from
    another type leads nowhere."""
    type_ = types.type(base)
    paths = [_PATH.fullmatch(text) for text in expression.split(" | ")]
    return type_ is not None and all(path and _is_path(path, type_, types) for path in paths)


def _is_path(path: re.Match[str], base: Type, types: Model) -> bool:
    if path[1] not in base.ancestors:
        return types.type(path[1]) is not None
    at: Type | None = base
    for name in path[2].split(".")[1:]:
        member = at.members.get(name) if at is not None else None
        if at is not None and member is None:
            return False
        at = member.type if member is not None else None
    return True


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
