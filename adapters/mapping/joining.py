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
                made[name] = value
        elif isinstance(known, list) and isinstance(value, list):
            made[name] = [*known, *(item for item in value if item not in known)]
        elif isinstance(known, dict) and isinstance(value, dict):
            made[name] = joined(known, value)
    return made
