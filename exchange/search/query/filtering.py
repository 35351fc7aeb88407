"""From the tree of a `_filter` to the criteria of a search.

A test becomes what the same parameter would be with the modifier or prefix that means the operator, so that
it is searched for in the same way. What is equal or not is told without regard to case.

https://hl7.org/fhir/R4/search_filter.html
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Final, Literal

from exchange.search.criteria import Asked, Search
from exchange.search.definition.leading import TypeParameters
from exchange.search.definition.source import Parameter
from exchange.search.query.conditions import Comparison, LeadingDate, Ranges, Strings, Updated
from exchange.search.query.criterion import AllOf, AnyOf, Criterion, Not
from exchange.search.query.filter import Both, Either, Filter, Negated, Predicate, Step, filter_of, wrong
from exchange.search.query.links import MAX_DEPTH, any_criterion, follow
from exchange.search.query.query import SearchError
from exchange.search.query.tree import changed
from exchange.search.query.words import PATHS

# What each operator is called for each type of parameter: the modifier, and the prefix of the value.
_PREFIXES: Final = {name: ("", name) for name in ("eq", "ne", "gt", "lt", "ge", "le", "ap")}
_KIN: Final = {"ss": ("above", ""), "sb": ("below", "")}
_OPERATORS: Final[Mapping[str, Mapping[str, tuple[str, str]]]] = {
    "date": {**_PREFIXES, "sa": ("", "sa"), "eb": ("", "eb"), "po": ("", "eq")},
    "number": _PREFIXES,
    "quantity": {**_PREFIXES, "sa": ("", "sa"), "eb": ("", "eb")},
    "string": {"eq": ("", ""), "co": ("contains", ""), "sw": ("", ""), "ew": ("contains", "")},
    "token": {"eq": ("", ""), **_KIN, "in": ("in", ""), "ni": ("not-in", "")},
    "reference": {"eq": ("", ""), "re": ("", "")},
    "uri": {"eq": ("", ""), **_KIN},
    "composite": {"eq": ("", "")},
    "special": {"eq": ("", ""), "co": ("", "")},
}
_STRINGS: Final[Mapping[str, Literal["equal", "ends"]]] = {"eq": "equal", "ew": "ends"}


def filter_criteria(search: Search, of: TypeParameters, text: str) -> tuple[Criterion, ...]:
    """The criteria, all of which must hold. Raises SearchError that tells the place in the text."""
    tree = filter_of(text)
    parts = tree.filters if isinstance(tree, Both) else (tree,)
    return tuple(_criterion(search, of, part, 0) for part in parts)


def _criterion(search: Search, of: TypeParameters, tree: Filter, depth: int) -> Criterion:
    match tree:
        case Both(filters):
            return AllOf(tuple(_criterion(search, of, each, depth) for each in filters))
        case Either(filters):
            return AnyOf(tuple(_criterion(search, of, each, depth) for each in filters))
        case Negated(inner):
            return Not(_criterion(search, of, inner, depth))
        case Predicate():
            try:
                return _test(search, of, tree, depth)
            except SearchError as error:
                if error.issue.expression == "_filter":
                    raise
                raise wrong(tree.at, error.issue.diagnostics, error.issue.code) from None


def _test(search: Search, of: TypeParameters, test: Predicate, depth: int) -> Criterion:
    step, *rest = test.path
    if not rest:
        return _compared(search, of, step.name, test)
    parameter = of.parameters.get(step.name)
    if parameter is not None and parameter.type == "composite" and step.filter is not None and len(rest) == 1:
        return _composite(search, of, parameter, step, rest[0], test)
    if depth >= MAX_DEPTH:
        raise wrong(test.at, f"A chain may be {MAX_DEPTH} references long.", "too-costly")
    following = replace(test, path=tuple(rest))

    def within(target: TypeParameters) -> tuple[Criterion, ...]:
        besides = () if step.filter is None else (_criterion(search, target, step.filter, depth + 1),)
        return (*besides, _test(search, target, following, depth + 1))

    needed = {rest[0].name, *(() if step.filter is None else _names(step.filter))}
    return follow(search, of, step.name, Asked(step.name, "", ""), needed, within)


def _names(tree: Filter) -> Iterator[str]:
    """The parameters that the filter asks of a resource itself."""
    match tree:
        case Both(filters) | Either(filters):
            for each in filters:
                yield from _names(each)
        case Negated(inner):
            yield from _names(inner)
        case Predicate(path):
            yield path[0].name


def _compared(search: Search, of: TypeParameters, code: str, test: Predicate) -> Criterion:
    parameter = of.parameters.get(code)
    if parameter is None:
        raise wrong(test.at, f"{of.resource_type} has no search parameter {code}.", "not-supported")
    if test.operator == "pr":
        if test.value not in ("true", "false"):
            raise wrong(test.at, "pr is followed by true or false.")
        return any_criterion(search, of, f"{code}:missing", "false" if test.value == "true" else "true")
    known = _OPERATORS["special" if code in PATHS else parameter.type]
    if test.operator == "ne" and "ne" not in known:
        # An item that is unequal: where there can be several, the hash of none tells of the others.
        equal = _compared(search, of, code, replace(test, operator="eq"))
        if code == "_id":
            return Not(equal)
        return AllOf((any_criterion(search, of, f"{code}:missing", "false"), Not(equal)))
    if test.operator not in known:
        diagnostics = f"{test.operator} is not defined for {code}, a {parameter.type}."
        raise wrong(test.at, diagnostics, "not-supported")
    modifier, prefix = known[test.operator]
    name = f"{code}:{modifier}" if modifier else code
    found = any_criterion(search, of, name, prefix + _escaped(test.value))
    return changed(found, lambda leaf: _leaf(leaf, test.operator))


def _leaf(leaf: Criterion, operator: str) -> Criterion:
    """What no prefix and no modifier says: equal and ending strings, periods that overlap."""
    if isinstance(leaf, Strings) and operator in _STRINGS:
        return replace(leaf, how=_STRINGS[operator])
    if operator == "po" and isinstance(leaf, LeadingDate | Ranges | Updated):
        overlapping = tuple(Comparison("ap", each.low, each.high) for each in leaf.comparisons)
        return replace(leaf, comparisons=overlapping)
    return leaf


def _composite(
    search: Search, of: TypeParameters, parameter: Parameter, step: Step, last: Step, test: Predicate
) -> Criterion:
    """`code-value-quantity[code eq 8480-6].value-quantity gt 140`: parts of one element, by their names."""
    if parameter.refusal:
        raise wrong(test.at, parameter.refusal, "not-supported")
    tests = step.filter.filters if isinstance(step.filter, Both) else (step.filter,)
    values: dict[str, str] = {}
    for each in (*tests, replace(test, path=(last,))):
        if not isinstance(each, Predicate) or len(each.path) != 1:
            raise wrong(test.at, f"The parts of {parameter.code} are compared, and no more.", "not-supported")
        part = of.parameters.get(each.path[0].name)
        known = _OPERATORS[part.type] if part is not None else {}
        if each.operator not in known or known[each.operator][0] or each.operator in ("po", "ew"):
            diagnostics = f"{each.operator} is not supported within {parameter.code}."
            raise wrong(each.at, diagnostics, "not-supported")
        values[each.path[0].name] = known[each.operator][1] + _escaped(each.value)
    order = [_part_name(of, {s.key for s in part}, values) for part in parameter.composites[0].parts]
    if set(order) != set(values):
        raise wrong(test.at, f"{parameter.code} is not made of {' and '.join(values)}.")
    return any_criterion(search, of, parameter.code, "$".join(values[name] for name in order))


def _part_name(of: TypeParameters, keys: set[str], names: Mapping[str, str]) -> str:
    return next((name for name in names if of.parameters[name].keys >= keys), "")


def _escaped(value: str) -> str:
    """As a URL's parameter writes it; a bar keeps its meaning."""
    return value.replace("\\", "\\\\").replace(",", "\\,").replace("$", "\\$")
