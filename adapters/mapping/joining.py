"""Two mentions of the same thing in one source as one."""

from typing import Any

Json = dict[str, Any]


def joined(first: Json, second: Json) -> Json:
    """What the first said stays, what it left open is filled from the second; list items add up.

    Neither is changed: both may be remembered results.
    """
    made = dict(first)
    for name, value in second.items():
        known = made.get(name)
        if known is None:
            if not (name.startswith("_") and name[1:] in first):  # `_x` belongs to the `x` it came with
                made[name] = list(value) if isinstance(value, list) else value
        elif isinstance(known, list) and isinstance(value, list):
            made[name] = _united(known, value)
        elif isinstance(known, dict) and isinstance(value, dict):
            made[name] = joined(known, value)
    return made


def _united(first: list[Any], second: list[Any]) -> list[Any]:
    """The items of both; of two that say the same, one of them more, only that."""
    made = list(first)
    for item in second:
        place = next((i for i, known in enumerate(made) if _fits(item, known) or _fits(known, item)), None)
        if place is None:
            made.append(item)
        elif _fits(made[place], item):
            made[place] = item
    return made


def _fits(less: Any, more: Any) -> bool:
    """Whether one says nothing that the other does not say alike."""
    if isinstance(less, dict) and isinstance(more, dict):
        return all(name in more and more[name] == value for name, value in less.items())
    return bool(less == more)
