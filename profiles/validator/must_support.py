"""Which elements that a profile marks as must-support a resource has, and which it has not.

https://hl7.org/fhir/R4/profiling.html#mustsupport
"""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from profiles.validator.at import root
from profiles.validator.profile_tree import Node
from profiles.validator.run import Run
from profiles.validator.selection import Found, Part, selection
from profiles.validator.slicing import Slicing

if TYPE_CHECKING:
    from profiles.validator.validator import Validator


class Supported(NamedTuple):
    """An element by its id in the profile (`Patient.identifier:mrn.system`), and how often it is there;
    `owners` says how often the element that it is in is there."""

    element: str
    found: int
    owners: int


def must_support(canonical: str, resource: Mapping[str, Any], validator: "Validator") -> list[Supported]:
    """Every must-support element of a profile, in its order; none, if the profile is not known."""
    node = validator.tree(canonical)
    if node is None:
        return []
    kind = str(resource.get("resourceType"))
    run = Run(validator)
    run.enter(resource, root(kind))
    return list(_below(node, [Found(resource, kind)], run, canonical))


def _below(node: Node, owners: list[Found], run: Run, profile: str) -> Iterator[Supported]:
    for child in node.children.values():
        select = selection([Part(child.name, None)], run.validator.definitions)
        values = select(owners, run)
        yield from _of(child, values, len(owners), run, profile)
        for slice_ in child.slices:
            inside = [
                one for owner in owners for one in _sliced(child, slice_, select([owner], run), run, profile)
            ]
            yield from _of(slice_, inside, len(owners), run, profile)


def _of(node: Node, values: list[Found], owners: int, run: Run, profile: str) -> Iterator[Supported]:
    if node.definition.get("mustSupport"):
        yield Supported(node.label, len(values), owners)
    yield from _below(node, values, run, profile)


def _sliced(child: Node, slice_: Node, values: list[Found], run: Run, profile: str) -> list[Found]:
    slicing = Slicing(child, profile, lambda node: None, run.validator)
    return [one for one in values if slicing.slice_of(one, run) is slice_]
