"""Two mentions of the same thing in one source joined: what the first said stays, what it left open is
filled."""

from typing import Any

Json = dict[str, Any]


def joined(first: Json, second: Json) -> Json:
    """Fills `first` from `second`, in place: elements it lacks, and list items it does not have."""
    for name, value in second.items():
        known = first.get(name)
        if known is None:
            if not _chosen_otherwise(first, name):
                first[name] = value
        elif isinstance(known, list) and isinstance(value, list):
            known.extend(item for item in value if item not in known)
        elif isinstance(known, dict) and isinstance(value, dict):
            joined(known, value)
    return first


def _chosen_otherwise(resource: Json, name: str) -> bool:
    """A primitive's sibling `_x` belongs to the value it came with."""
    return name.startswith("_") and name[1:] in resource
