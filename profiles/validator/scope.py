"""The resource that a check stands in, and what that resource stands in.

https://hl7.org/fhir/R4/references.html and https://hl7.org/fhir/R4/bundle.html#references
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Literal, NamedTuple

from profiles.fhirpath import Environment
from profiles.fhirpath.frame import Services
from profiles.validator.at import CONTAINED, ENTRY_RESOURCE, PARAMETER, PART, At, Step
from profiles.validator.bundle_index import BundleIndex

Resource = Mapping[str, Any]
ResolveReference = Callable[[str], Resource | None]
"""The resource that a reference to elsewhere leads to, relative or absolute; None if there is none."""

Place = Literal["contained", "bundled", "elsewhere"]


class Resolved(NamedTuple):
    """What a reference leads to. `at` is None elsewhere; `scope` is the target's own."""

    resource: Resource
    place: Place
    at: At | None
    scope: "Scope"


class Scope:
    """`root` is the resource that contains `resource`, or `resource` itself; `bundle` the entries among which
    it stands, and `full_url` its own."""

    __slots__ = (
        "at",
        "bundle",
        "contained",
        "environment",
        "full_url",
        "parameters",
        "parent",
        "resource",
        "root",
    )

    def __init__(self, resource: Resource, at: At, parent: "Scope | None", services: Services) -> None:
        contains = parent is not None and at[1].path == "contained"
        self.resource = resource
        self.at = at
        self.parent = parent
        self.root: Resource = parent.root if parent is not None and contains else resource
        self.contained: dict[str, tuple[Resource, At]] | None = None
        self.bundle: BundleIndex | None = None
        self.parameters: dict[str, tuple[Resource, At]] | None = None
        self.full_url = ""
        if parent is not None:
            self.bundle, self.full_url = parent.bundle, parent.full_url
            if not contains and parent.resource.get("resourceType") == "Bundle":
                self._enter(parent, at)
        self.environment = Environment(resource, self.root, services=services)

    def _enter(self, bundle: "Scope", at: At) -> None:
        """An entry of a Bundle sees the other entries."""
        self.bundle = bundle.entries()
        entry = at[0]
        if entry is not None and entry[1].path == "entry" and entry[2] is not None:
            self.full_url = self.bundle.entries[entry[2]].full_url

    def entries(self) -> BundleIndex:
        """Of a Bundle, its own entries."""
        if self.bundle is None or self.bundle.bundle is not self.resource:
            self.bundle = BundleIndex(self.resource, self.at)
        return self.bundle

    def contained_resource(self, id_: str) -> tuple[Resource, At] | None:
        """By id, of those of `root`."""
        container = self.container
        if container.contained is None:
            container.contained = contained_resources(container.resource, container.at)
        return container.contained.get(id_)

    def parameter_resource(self, reference: str) -> tuple[Resource, At] | None:
        """By type and id, of the resources that stand in the same Parameters."""
        scope: Scope | None = self
        while scope is not None and scope.resource.get("resourceType") != "Parameters":
            scope = scope.parent
        if scope is None or scope is self:
            return None
        if scope.parameters is None:
            scope.parameters = dict(
                _parameter_resources(scope.resource.get("parameter", ()), PARAMETER, scope.at)
            )
        return scope.parameters.get(reference)

    @property
    def container(self) -> "Scope":
        """The scope of `root`."""
        scope = self
        while scope.parent is not None and scope.resource is not scope.root:
            scope = scope.parent
        return scope


def _parameter_resources(
    parameters: Sequence[Resource], step: Step, at: At
) -> Iterator[tuple[str, tuple[Resource, At]]]:
    for index, one in enumerate(parameters):
        here = (at, step, index)
        resource = one.get("resource")
        if resource and "id" in resource:
            yield f"{resource.get('resourceType')}/{resource['id']}", (resource, (here, ENTRY_RESOURCE, None))
        yield from _parameter_resources(one.get("part", ()), PART, here)


def contained_resources(resource: Resource, at: At) -> dict[str, tuple[Resource, At]]:

    found: dict[str, tuple[Resource, At]] = {}
    for index, one in enumerate(resource.get("contained", ())):
        found[one.get("id", "")] = (one, (at, CONTAINED, index))
    return found
