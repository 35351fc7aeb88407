"""Which written function a map has for the nodes of a plan.

A plan is written when it has come again, the next ones less and less readily: a sender whose messages never
look the same makes no work, and what was written is bounded.
"""

from typing import Any, Final

from adapters.mapping.compiled import CompiledMap
from adapters.mapping.draft import Scope
from adapters.mapping.written import Identify, Run, Written, write, write_identity

_WRITTEN: Final = 256
_SEEN: Final = 4096
_RUNS: Final = 2048
_PATIENCE: Final = 16
_DIALECTS: Final = 64


def planned(each: CompiledMap, dialect: str, node: Any, scope: Scope, fresh: bool) -> Run | None:
    """The function, once the plan has come often enough."""
    of = each.plans
    key = (node.plan, fresh)
    code: Written | None = of.codes.get(key)
    if code is None:
        code = _written(each, key, node, scope)
        if code is None:
            return None
    if sum(len(first) + len(other) for first, other in of.runs.values()) >= _RUNS:
        of.runs.clear()
    run: Run = code.run(dialect)
    of.runs.setdefault(dialect, ({}, {}))[fresh][node.plan] = run
    return run


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


def _written(each: CompiledMap, key: tuple[Any, bool], node: Any, scope: Scope) -> Written | None:
    of = each.plans
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
    code = of.codes[key] = write(each, node, scope, key[1])
    return code
