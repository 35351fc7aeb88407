"""The rules that a structure is made of, each a closure over what it must know.

A rule gives back nothing when all is well, so that a valid resource costs no allocation but the list of each
object. https://hl7.org/fhir/R4/json.html
"""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from profiles.finding import (
    MOST,
    NOTHING,
    Finding,
    Findings,
    Rule,
    below,
    not_an_array,
    not_an_object,
    not_primitive,
    unknown_property,
)
from profiles.primitives import Valid, uri


class Choice(NamedTuple):
    """The JSON names of a choice of types, siblings included."""

    name: str
    names: frozenset[str]
    min: int


class Members(NamedTuple):
    """The properties of a type: a rule for each, the check alone of each that is one primitive value, and the
    rule of one item of each list of objects.

    Filled after the rule of the type is made, for types contain themselves.
    """

    rules: dict[str, Rule]
    scalars: dict[str, Valid]
    items: dict[str, Rule]


def primitive(valid: Valid, expected: str) -> Rule:
    def check(value: Any, owner: dict[str, Any]) -> Findings:
        return NOTHING if valid(value) else (not_primitive(value, expected),)

    return check


def primitives(name: str, valid: Valid, explain: Rule) -> Rule:
    """An array of primitive values; null stands where the sibling array has an extension instead."""

    def check(values: Any, owner: dict[str, Any]) -> Findings:
        if type(values) is not list or not values:
            return not_an_array(values)
        if all(map(valid, values)):
            return NOTHING
        extended = _places(owner.get(f"_{name}"))
        found: list[Finding] = []
        for index, value in enumerate(values):
            if value is not None or index not in extended:
                found += below(f"[{index}]", explain(value, owner))
            if len(found) >= MOST:
                break
        return found

    return check


def _places(siblings: Any) -> frozenset[int]:
    """Where the array of siblings has something."""
    beside = enumerate(siblings) if isinstance(siblings, list) else ()
    return frozenset(index for index, value in beside if value is not None)


def sibling(name: str, element: Rule) -> Rule:
    """`_name`: the id and the extensions of a primitive value."""

    def check(value: Any, owner: dict[str, Any]) -> Findings:
        return element(value, owner) or (NOTHING if name in owner else valueless(value))

    return check


def siblings(name: str, element: Rule) -> Rule:
    """`_name` beside an array: one place for each place there."""

    def check(values: Any, owner: dict[str, Any]) -> Findings:
        if type(values) is not list or not values:
            return not_an_array(values)
        primary = owner.get(name)
        beside = primary if isinstance(primary, list) else [None] * len(values)
        if len(beside) != len(values):
            return (Finding("structure", f"{name} and _{name} must have the same number of places"),)
        found: list[Finding] = []
        for index, (value, main) in enumerate(zip(values, beside, strict=True)):
            problems = element(value, owner) if value is not None else NOTHING
            if main is None:
                problems = problems or valueless(value)
            found += below(f"[{index}]", problems)
            if len(found) >= MOST:
                break
        return found

    return check


def valueless(value: dict[str, Any] | None) -> Findings:
    """What stands for a primitive without a value must have an extension."""
    if value is None or "extension" not in value:
        return (Finding("invariant", "ele-1: There is neither a value nor an extension"),)
    return NOTHING


def repeated(item: Rule) -> Rule:
    def check(values: Any, owner: dict[str, Any]) -> Findings:
        if type(values) is not list or not values:
            return not_an_array(values)
        found: list[Finding] = []
        for index, value in enumerate(values):
            if problems := item(value, owner):
                found += below(f"[{index}]", problems)
                if len(found) >= MOST:
                    break
        return found

    return check


def both(first: Rule, second: Rule) -> Rule:
    """The second is asked only if the first finds nothing."""

    def check(value: Any, owner: dict[str, Any]) -> Findings:
        return first(value, owner) or second(value, owner)

    return check


def members_of(name: str, members: Members, required: frozenset[str], choices: Sequence[Choice]) -> Rule:
    """An object: its properties known and right, none missing, of each choice at most one."""
    rules, scalars, _ = members
    scalar = scalars.get

    def check(value: Any, owner: dict[str, Any]) -> Findings:
        if not isinstance(value, dict) or not value:
            return not_an_object(value)
        found: list[Finding] = []
        for key, item in value.items():
            valid = scalar(key)
            if valid is not None and valid(item):
                continue
            rule = rules.get(key)
            if rule is None:
                found.append(unknown_property(name, key, rules))
            elif problems := rule(item, value):
                found += below("." + key.removeprefix("_"), problems)
            else:
                continue
            if len(found) >= MOST:
                return found
        if required and not required <= value.keys():
            found += missing(name, required, value)
        for choice in choices:
            present = choice.names.intersection(value)
            if len(present) > 1 or (choice.min and not present):
                found += chosen(choice, present)
        if len(value) == 1 and "id" in value and name != "Element":  # that is the sibling of a primitive
            found.append(Finding("invariant", "ele-1: An element has more than an id"))
        return found

    return check


def extension(members: Members, value_choice: Choice) -> Rule:
    def either(value: dict[str, Any], owner: dict[str, Any]) -> Findings:
        present = value_choice.names.intersection(value)
        if len(present) > 1 and (found := chosen(value_choice, present)):
            return found
        if bool(present) == ("extension" in value):
            return (Finding("invariant", "ext-1: An extension has either a value or extensions"),)
        return NOTHING

    return both(members_of("Extension", members, frozenset(("url",)), ()), either)


def absolute(value: Any) -> bool:
    return uri(value) and ":" in value


def dispatched(value: Any, owner: dict[str, Any]) -> Findings:
    """`resourceType`, which has led to the rule of its type already."""
    return NOTHING


def not_nested(value: dict[str, Any], owner: dict[str, Any]) -> Findings:
    if "contained" in value:
        return (Finding("invariant", "dom-2: A contained resource must not contain others", ".contained"),)
    return NOTHING


def missing(name: str, required: frozenset[str], value: Mapping[str, Any]) -> Findings:
    """The required properties that are there neither as a value nor as a sibling."""
    return [
        Finding("required", f"{name}.{key} is required", f".{key}")
        for key in sorted(required - value.keys())
        if f"_{key}" not in value
    ]


def chosen(choice: Choice, present: frozenset[str]) -> Findings:
    """What is wrong with the names that stand for one choice: not one, and yet perhaps `_x` beside `x`."""
    properties = sorted({key.removeprefix("_") for key in present})
    stem = choice.name.removesuffix("[x]")
    if not properties and choice.min:
        return (Finding("required", f"{choice.name} is required", f".{stem}"),)
    if len(properties) > 1:
        return (Finding("structure", f"Only one of {', '.join(properties)} may be given", f".{stem}"),)
    return NOTHING
