"""Whether the types that a profile gives an element are among those that its base allows.

https://hl7.org/fhir/R4/profiling.html#limitations
"""

from collections.abc import Iterator

from profiles.snapshots.error import SnapshotIssue
from profiles.snapshots.node import Element
from profiles.snapshots.world import SYSTEM, World

VALUES = ("fixed", "pattern")


def mistyped(base: Element, told: Element, expression: str, world: World) -> Iterator[SnapshotIssue]:
    """Types that are not allowed, and values of such."""
    allowed = [world.code(one) for one in base.get("type", ())]
    for one in told.get("type", ()):
        if not _is_allowed(one, allowed, base, world):
            listed = ", ".join(allowed) or "none"
            problem = f"the type {one.get('code')} is not of {listed}"
            yield SnapshotIssue("error", "business-rule", problem, expression)
    types = [world.code(one) for one in told.get("type", ())] or allowed
    for name in told:
        code = next((name.removeprefix(stem) for stem in VALUES if name.startswith(stem)), "")
        if code and types and not any(code.lower() == one.lower() for one in types):
            yield SnapshotIssue(
                "error", "business-rule", f"{name} is no value of {', '.join(types)}", expression
            )


def _is_allowed(one: Element, allowed: list[str], base: Element, world: World) -> bool:
    code = world.code(one)
    if not allowed:
        return "contentReference" in base or ("." not in base["path"] and code == base["path"])
    if any(other in (code, "Element", "*") for other in allowed):
        return _profiles_fit(one, code, world)
    if any(x.get("code", "").startswith(SYSTEM) for x in base["type"]):
        return world.is_kind_of(code, "string") or world.is_kind_of(code, "uri")
    return any(world.is_kind_of(code, other) for other in allowed)


def _profiles_fit(one: Element, code: str, world: World) -> bool:
    """Whether the profiles of a type are profiles on it; those that are not at hand may be.

    A profile on a kind of resource is for an element of that type, not of the type Resource.
    """
    known = (world.resolve(profile) for profile in one.get("profile", ()))
    return all(
        structure["type"] == code
        or (structure.get("kind") != "resource" and world.is_kind_of(structure["type"], code))
        for structure in known
        if structure
    )
