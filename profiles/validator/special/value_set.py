"""What a ValueSet is composed of. https://hl7.org/fhir/R4/valueset.html#compositions"""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from profiles.validator.context import Context
from profiles.validator.special.included import included_concepts, included_system
from profiles.validator.special.properties import STANDARD, operators_of, property_type
from terminology.code_check import CodeCheck
from terminology.issue import Issue

Element = Mapping[str, Any]
_SNOMED: Final = "http://snomed.info/sct"
_SNOMED_OPS: Final = ("=", "in")
_HIERARCHY: Final = frozenset(("is-a", "descendent-of", "is-not-a", "generalizes", "="))


def value_set(value: Element, context: Context) -> Iterator[Issue]:
    compose = value.get("compose", {})
    for name in ("include", "exclude"):
        for index, part in enumerate(compose.get(name, ())):
            at = f".compose.{name}[{index}]"
            yield from included_system(value, part, at, context)
            yield from included_concepts(part, at, context)
            for number, one in enumerate(part.get("filter", ())):
                yield from _filter(part.get("system", ""), one, f"{at}.filter[{number}]", context)


def _filter(system: str, one: Element, at: str, context: Context) -> Iterator[Issue]:
    name, operation, value = one.get("property", ""), one.get("op", ""), one.get("value", "")
    if system == _SNOMED and name.isdigit() and operation not in _SNOMED_OPS:
        text = f"The operation {operation!r} is not allowed for property {name!r}: {', '.join(_SNOMED_OPS)}"
        yield context.issue("error", "invalid", text, "value-set-filter-op", at)
        return
    if name == "concept" and operation in _HIERARCHY:
        yield from _code(system, value, name, at, context)
        return
    allowed = operators_of(context.definition(system), name)
    if allowed and operation not in allowed:
        text = f"The operation {operation!r} is not allowed for {name!r}: {', '.join(allowed)}"
        yield context.issue("error", "invalid", text, "value-set-filter-op", at)
        return
    kind = property_type(context.definition(system), name)
    if kind is None and _is_complete(context.definition(system)):
        text = f"The property {name!r} is not known for the system {system!r}"
        yield context.issue("warning", "invalid", text, "value-set-filter-property", at)
    elif operation in ("=", "in", "not-in"):
        values = value.split(",") if operation != "=" else [value]
        for each in values:
            yield from _typed(system, name, kind, each.strip(), at, context)


def _typed(
    system: str, name: str, kind: str | None, value: str, at: str, context: Context
) -> Iterator[Issue]:
    if kind == "boolean" and value not in ("true", "false"):
        text = f"The value for a filter based on property {name!r} is true or false, not {value!r}"
        yield context.issue("error", "invalid", text, "value-set-filter-value", at)
    elif kind == "code" and name not in STANDARD:
        yield from _code(system, value, name, at, context)
    elif kind == "Coding":
        other, separator, code = value.partition("#")
        if not separator:
            text = (
                f"The value for a filter based on property {name!r} is system(|version)#code, not {value!r}"
            )
            yield context.issue("error", "invalid", text, "value-set-filter-value", at)
        else:
            yield from _code(other.partition("|")[0], code, name, at, context)


def _code(system: str, code: str, name: str, at: str, context: Context) -> Iterator[Issue]:
    if not system or not code:
        return
    (told,) = context.ask([CodeCheck("Coding", {"system": system, "code": code})])
    if told.result is False or any(issue.severity == "error" for issue in told.issues):
        text = f"The value for a filter based on property {name!r} is no code of {system}: {code!r}"
        yield context.issue("error", "invalid", text, "value-set-filter-code", at)


def _is_complete(system: Element | None) -> bool:
    return system is not None and system.get("content") == "complete"
