"""A resource while it is being made, and the groups of the source in which labels are visible."""

from collections.abc import Callable, Iterator
from typing import Any, Literal

Json = dict[str, Any]


class Draft:
    """A resource under construction.

    `slots` holds the list elements that several rows write to, `raw` the content of the node it is made
    from, `defaults` the default rows of the maps that ran for it, with their nodes.
    """

    __slots__ = ("defaults", "deletions", "label", "mode", "raw", "reference", "resource", "slots")

    def __init__(self, resource: Json, label: str, mode: Literal["merge", "replace"], raw: Any) -> None:
        self.resource = resource
        self.reference: Json = {"reference": f"{resource['resourceType']}/{resource['id']}"}
        self.label = label
        self.mode = mode
        self.raw = raw
        self.deletions: list[str] = []
        self.slots: dict[tuple[str, str, Any], Json] = {}
        self.defaults: list[tuple[Any, Any]] = []

    @property
    def id(self) -> str:
        return str(self.resource["id"])

    def own(self) -> None:
        """What a function made is remembered: before rows write to it, it is copied as far as they change
        it."""
        self.resource = {
            name: list(value) if type(value) is list else value for name, value in self.resource.items()
        }


class Scope:
    """One group of the source: the nodes directly in it, and the labels given in it or in groups within
    it."""

    __slots__ = ("below", "labels", "links", "name", "nodes", "parent")

    def __init__(
        self, name: str, parent: "Scope | None", below: "Callable[[str], Any | None]" = lambda name: None
    ) -> None:
        """`below` finds the first node of a name anywhere in this group."""
        self.name = name
        self.below = below
        self.parent = parent
        self.nodes: dict[str, list[Any]] = {}
        self.labels: dict[str, list[Draft]] = {}
        self.links: list[Callable[[Scope], object]] = []

    def node(self, name: str) -> Any | None:
        """The first node of that name in this group or, failing that, in the nearest group around it."""
        scope: Scope | None = self
        while scope is not None:
            if found := scope.nodes.get(name):
                return found[0]
            scope = scope.parent
        return None

    def around(self, name: str) -> "Scope":
        """The nearest group of that name, from this one outwards; this one, if there is none."""
        scope: Scope | None = self
        while scope is not None:
            if scope.name == name:
                return scope
            scope = scope.parent
        return self

    def enclosing(self, names: "frozenset[str]") -> "Scope":
        """The nearest group of one of these names, from this one outwards; else the outermost."""
        scope = self
        while scope.name not in names and scope.parent is not None:
            scope = scope.parent
        return scope

    def own(self, label: str) -> Draft | None:
        """The latest resource of that label in this group."""
        found = self.labels.get(label)
        return found[-1] if found else None

    def labelled(self, label: str) -> Draft | None:
        """The latest resource of that label, in this group or the nearest around it."""
        scope: Scope | None = self
        while scope is not None:
            if found := scope.labels.get(label):
                return found[-1]
            scope = scope.parent
        return None

    def name_draft(self, draft: Draft) -> None:
        known = self.labels.setdefault(draft.label, [])
        if draft not in known:
            known.append(draft)

    def close(self) -> None:
        """Hands the labels on to the group around."""
        if self.parent is not None:
            for draft in self.drafts():
                self.parent.name_draft(draft)

    def drafts(self) -> Iterator[Draft]:
        for drafts in self.labels.values():
            yield from drafts
