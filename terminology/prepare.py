"""Whether the rules of a value set can be followed at all, before anything is asked of it.

https://hl7.org/fhir/R4/valueset.html#compositions
"""

from collections.abc import Hashable

from terminology.algebra import filtered
from terminology.checks import TxIssue
from terminology.scope import Scope
from terminology.texts import found
from terminology.value_set import Part, ValueSet


def prepare(scope: Scope, value_set: ValueSet) -> TxIssue | None:
    """The finding that an included value set is not known.

    Raises Refusal: the rules are cyclic, or a filter has no meaning.
    """
    if value_set.is_internal:
        return None
    key: Hashable = ("prepared", value_set, scope.options.versions, tuple(scope.supplements))
    if scope.supplements:
        return _prepared(scope, value_set)
    return scope.library.remembered(key, lambda: _prepared(scope, value_set))


def _prepared(scope: Scope, value_set: ValueSet) -> TxIssue | None:
    if ("prepared", value_set) in scope.runs:
        return None
    with scope.entered(value_set):
        for part in (*value_set.included, *value_set.excluded):
            for canonical in part.value_sets:
                other = scope.value_set(canonical, value_set)
                if other is None:
                    id_, named = "Unable_to_resolve_value_Set_", {"value_set": scope.pinned(canonical)}
                    return found("error", "not-found", "not-found", id_, **named)
                if missing := _prepared(scope, other):
                    return missing
            _try_filters(scope, value_set, part)
    scope.runs["prepared", value_set] = None
    return None


def _try_filters(scope: Scope, value_set: ValueSet, part: Part) -> None:
    system = scope.code_system(part.system, part.version) if part.system else None
    if system is not None:
        for n, each in enumerate(part.filters):
            filtered(value_set, part, system, each, n)
