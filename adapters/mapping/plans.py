"""Which written function a map has for the nodes of a plan.

A plan is written when it has come again, the next ones less and less readily: a sender whose messages never
look the same makes no work, and what was written is bounded.
"""

from collections.abc import Callable, Sequence
from typing import Any, Final

from adapters.mapping.compiled import CompiledMap
from adapters.mapping.draft import Scope
from adapters.mapping.whole import Whole, seen_of, write_whole
from adapters.mapping.written import Identify, Run, Written, write, write_identity

_WRITTEN: Final = 256
_SEEN: Final = 4096
_RUNS: Final = 2048
_PATIENCE: Final = 16
_DIALECTS: Final = 64


def planned(each: CompiledMap, dialect: str, node: Any, scope: Scope, fresh: bool) -> Run | None:
    """The function, once the plan has come often enough."""
    of = each.plans
    code = _written(each, (node.plan, fresh), lambda: write(each, node, scope, fresh))
    if code is None:
        return None
    if sum(len(first) + len(other) for first, other in of.runs.values()) >= _RUNS:
        of.runs.clear()
    run: Run = code.run(dialect)
    of.runs.setdefault(dialect, ({}, {}))[fresh][node.plan] = run
    return run


def wholly(
    each: CompiledMap, dialect: str, node: Any, scope: Scope, others: Sequence[str], shapes: Sequence[bytes]
) -> Whole | None:
    """The function that does all, once the plan of the node and the others has come often enough."""
    key = (node.plan, scope.name, others, seen_of(each, others, shapes))
    code = _written(each, key, lambda: write_whole(each, node, scope, others, shapes))
    return None if code is None else code.run(dialect)


def identifying(each: CompiledMap, dialect: str) -> Identify:
    """The function that finds the business key of a map's node."""
    of = each.plans
    if of.identity is None:
        of.identity = write_identity(each)
    if len(of.identify) >= _DIALECTS:
        of.identify.clear()
    found: Identify = of.identity.run(dialect)
    of.identify[dialect] = found
    return found


def _written(each: CompiledMap, key: Any, write_it: Callable[[], Written]) -> Written | None:
    of = each.plans
    code: Written | None = of.codes.get(key)
    if code is not None:
        return code
    seen = of.seen.get(key, 0) + 1
    if seen < 2 + of.written // _PATIENCE:
        if len(of.seen) >= _SEEN:
            of.seen.clear()
        of.seen[key] = seen
        return None
    if len(of.codes) >= _WRITTEN:
        of.codes.clear()
    of.seen.pop(key, None)
    of.written += 1
    code = of.codes[key] = write_it()
    return code
