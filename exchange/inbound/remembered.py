"""A check that does not judge the same value twice: what a translation remembers stands in many resources.

A resource is right if its properties may stand together and each of them is right. Which properties stand
together is remembered by their names, an object by being the very same one: codes, units, ranges and
references of a translation are made once and never changed. What is not known yet is judged
alone, and what has a fault by the full check, whose findings are told.
"""

from collections.abc import Callable
from typing import Any, Final

from terminology.issue import Issue

Resource = dict[str, Any]
Check = Callable[[Resource], list[Issue]]
_MOST: Final = 16384
_LONGEST: Final = 32


def remembering(check: Check) -> Check:
    """The same findings as `check` has, of resources whose parts nobody changes."""
    objects: dict[tuple[str, str, int], Any] = {}
    texts: set[tuple[str, str, str]] = set()
    shapes: set[tuple[str, tuple[str, ...]]] = set()

    def is_known(kind: str, name: str, value: Any) -> bool:
        if type(value) is str:
            return (kind, name, value) in texts
        if type(value) is dict:
            return objects.get((kind, name, id(value))) is value
        return type(value) is list and bool(value) and all(is_known(kind, name, item) for item in value)

    def remember(kind: str, name: str, value: Any) -> None:
        if type(value) is str and name != "id" and len(value) < _LONGEST:
            texts.add((kind, name, value))
        elif type(value) is dict:
            objects[kind, name, id(value)] = value
        elif type(value) is list:
            for item in value:
                remember(kind, name, item)

    def judge(resource: Resource, kind: str, unknown: Resource) -> list[Issue]:
        whole = len(unknown) == len(resource)
        found = check(resource if whole else {"resourceType": kind, **unknown})
        if found and not whole:
            told = [issue for issue in found if not _is_there(issue, resource)]
            found = check(resource) if told else []
        if not found:
            if max(len(objects), len(texts), len(shapes)) > _MOST:
                objects.clear()
                texts.clear()
                shapes.clear()
            for name, value in unknown.items():
                remember(kind, name, value)
            shapes.add((kind, tuple(resource)))
        return found

    def judged(resource: Resource) -> list[Issue]:
        kind = resource.get("resourceType")
        names = tuple(resource)
        if type(kind) is not str or (kind, names) not in shapes or any(name[0] == "_" for name in names):
            return judge(resource, str(kind), resource)
        unknown = {name: value for name, value in resource.items() if not is_known(kind, name, value)}
        return judge(resource, kind, unknown)

    return judged


def _is_there(issue: Issue, resource: Resource) -> bool:
    """Whether what is missing from a part is a property that the whole has."""
    return issue.code == "required" and issue.expression.count(".") == 1
