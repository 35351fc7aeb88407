"""Contained resources: what they may not have, and that something refers to them.

https://hl7.org/fhir/R4/references.html#contained
"""

from collections.abc import Iterator, Mapping
from typing import Any

from profiles.validator.at import CONTAINED, At
from profiles.validator.run import Run

_REFERRING = ("reference", "url", "uri")


def check_contained(resource: Mapping[str, Any], at: At, run: Run) -> None:
    """dom-2 stands in the structure; here dom-3, dom-4 and dom-5."""
    used = set(_fragments(resource))
    for index, one in enumerate(resource["contained"]):
        here = (at, CONTAINED, index)
        meta = one.get("meta", {})
        if "versionId" in meta or "lastUpdated" in meta:
            run.report("error", "invariant", "dom-4: A contained resource has no version", at, "dom-4")
        if "security" in meta:
            run.report("error", "invariant", "dom-5: A contained resource has no security label", at, "dom-5")
        if f"#{one.get('id')}" not in used and "#" not in set(_fragments(one)):
            text = f"dom-3: Nothing refers to the contained resource {one.get('id', 'without id')}"
            run.report("error", "invariant", text, here, "dom-3")


def _fragments(value: Any) -> Iterator[str]:
    """Every text of a resource that can refer to what is contained."""
    left = [value]
    while left:
        one = left.pop()
        if isinstance(one, dict):
            left.extend(one.values())
        elif type(one) is list:
            left.extend(one)
        elif type(one) is str and one[:1] == "#":
            yield one
