"""Invariants: the constraints of elements, compiled once.

https://hl7.org/fhir/R4/conformance-rules.html#constraints
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final, NamedTuple

from profiles.definitions import Definitions
from profiles.fhirpath import Expression, FhirPathError, compile_expression
from profiles.fhirpath.errata import corrected
from profiles.fhirpath.parser import parse
from profiles.fhirpath.types import model
from profiles.validator.at import At
from profiles.validator.guard import Names, guard
from profiles.validator.native import NATIVE
from profiles.validator.run import Run

Check = Callable[[Any, At, Run], None]
BEST_PRACTICE: Final = "http://hl7.org/fhir/StructureDefinition/elementdefinition-bestpractice"

# What the structure check has found already, and what the walk of a resource looks at itself.
STRUCTURAL: Final = frozenset(("ele-1", "ext-1", "dom-2", "dom-3", "dom-4", "dom-5"))


class Guarded(NamedTuple):
    """A check that needs to be made only if one of the names is there; None: always."""

    names: Names
    check: Check


def compile_invariants(
    constraints: Iterable[Mapping[str, Any]], path: str, definitions: Definitions
) -> list[Guarded]:
    """Of the element at a path; constraints that cannot be compiled are passed over here, and told where the
    profile itself is validated."""
    different = {one.get("expression"): one for one in reversed([*constraints])}
    made = (_compiled(one, path, definitions) for one in different.values() if one["key"] not in STRUCTURAL)
    return [one for one in made if one]


def _compiled(constraint: Mapping[str, Any], path: str, definitions: Definitions) -> Guarded | None:
    text = corrected(constraint["key"], constraint.get("expression") or "")
    if not text:
        return None
    try:
        expression = compile_expression(text, definitions, path)
        types = model(definitions)
        names = guard(parse(text), types.at(path))
    except (FhirPathError, KeyError):
        return None
    broken = NATIVE.get(text)
    return Guarded(names, _native(broken, constraint) if broken else _evaluated(expression, constraint))


def _evaluated(expression: Expression, constraint: Mapping[str, Any]) -> Check:
    truth, broken = expression.of_type, _telling(constraint)

    def check(value: Any, at: At, run: Run) -> None:
        try:
            if truth(value, run.scope.environment) is False:  # type: ignore[union-attr]
                broken(at, run)
        except FhirPathError as error:
            _tell_failure(constraint, error, at, run)

    return check


def _native(broken: Callable[[Any], bool], constraint: Mapping[str, Any]) -> Check:
    told = _telling(constraint)

    def check(value: Any, at: At, run: Run) -> None:
        if broken(value):
            told(at, run)

    return check


def _telling(constraint: Mapping[str, Any]) -> Callable[[At, Run], None]:
    """A broken constraint, as grave as it says; a best practice as the options say."""
    key, grave = constraint["key"], "warning" if constraint.get("severity") == "warning" else "error"
    text = f"{key}: {constraint.get('human') or constraint.get('expression')}"
    is_practice = any(one["url"] == BEST_PRACTICE for one in constraint.get("extension", ()))

    def told(at: At, run: Run) -> None:
        severity: Any = run.options.best_practice if is_practice else grave
        if severity != "ignore":
            run.report(severity, "invariant", text, at, key)

    return told


def _tell_failure(constraint: Mapping[str, Any], error: FhirPathError, at: At, run: Run) -> None:
    key = constraint["key"]
    if error.kind == "limit":
        run.report("error", "too-costly", f"{key} cannot be evaluated: {error}", at, "invariant-limit")
    else:
        run.report("warning", "processing", f"{key} cannot be evaluated: {error}", at, "invariant-failure")
