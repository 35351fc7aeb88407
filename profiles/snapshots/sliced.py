"""Where the slices that a profile tells of go against what they slice.

https://hl7.org/fhir/R4/profiling.html#slicing
"""

from collections.abc import Iterator, Sequence

from profiles.snapshots.differential import Change
from profiles.snapshots.error import SnapshotIssue
from profiles.snapshots.node import Element, Node


def misfits_of_slices(
    base: Node, head: Element, slices: Sequence[Node], change: Change
) -> Iterator[SnapshotIssue]:
    """Slices that a closed slicing does not allow, that constrain nothing, or that are too many."""
    known = {one.slice_name for one in base.slices}
    for told in (one for one in change.slices if one.slice_name not in known):
        if told.element.get("sliceIsConstraining"):
            problem = f"the base has no slice {told.slice_name} to constrain"
            yield SnapshotIssue("error", "business-rule", problem, told.identity)
        if known and "/" not in told.slice_name and _is_closed(base.element):
            problem = "the base is sliced already, and its slicing is closed"
            yield SnapshotIssue("error", "business-rule", problem, told.identity)
    most = head.get("max", "*")
    needed = sum(one.element.get("min", 0) for one in slices if "/" not in one.slice_name)
    if most.isdigit() and needed > int(most) > 0:
        problem = f"its slices need {needed}, but max is {most}"
        yield SnapshotIssue("error", "business-rule", problem, change.identity)


def _is_closed(element: Element) -> bool:
    return bool(element.get("slicing", {}).get("rules") == "closed")
