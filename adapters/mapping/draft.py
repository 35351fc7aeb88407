"""A resource while it is being made, and the groups of the source in which labels are visible."""

from collections.abc import Callable, Iterator
from typing import Any, Literal

Json = dict[str, Any]


class Draft:
    """A resource under construction, called `name` (`Patient/…`).

    `slots` holds the list elements that several rows write to, `node` is what it is made from, `defaults` the
    default rows of the maps that ran for it, with their nodes. Most have nothing of these.
    """

    __slots__ = (
        *("_reference", "_slots", "defaults", "deletions", "id", "label", "mode", "name", "node"),
        "resource",
    )

    def __init__(
        self, resource: Json, name: str, label: str, mode: Literal["merge", "replace"], node: Any
    ) -> None:
        self.resource = resource
        self.id: str = resource["id"]
        self.name = name
        self.label = label
        self.mode = mode
        self.node = node
        self._reference: Json | None = None
        self._slots: dict[tuple[str, str, Any], Json] | None = None
        self.deletions: tuple[str, ...] = ()
        self.defaults: tuple[tuple[Any, Any], ...] = ()

    @property
    def slots(self) -> dict[tuple[str, str, Any], Json]:
        if self._slots is None:
            self._slots = {}
        return self._slots

    @property
    def reference(self) -> Json:
        """The same in every resource that refers to it."""
        known = self._reference
        if known is None:
            known = self._reference = {"reference": self.name}
        return known

    def own(self) -> None:
        """What a function made is remembered: before rows write to it, it is copied as far as they change
        it."""
        self.resource = {
            name: list(value) if type(value) is list else value for name, value in self.resource.items()
        }


class Scope:
    """One group of the source: the nodes directly in it, and the labels given in it or in groups within
    it. `labelled` gives the latest resource of a label, in this group or the nearest around it."""

    __slots__ = ("_visible", "below", "labelled", "labels", "links", "name", "nodes", "parent")

    def __init__(
        self, name: str, parent: "Scope | None", below: "Callable[[str], Any | None]" = lambda name: None
    ) -> None:
        """`below` finds the first node of a name anywhere in this group."""
        self.name = name
        self.below = below
        self.parent = parent
        self.nodes: dict[str, list[Any]] = {}
        self.labels: dict[str, list[Draft]] = {}
        # What is around is complete, as far as it has come, for as long as this group is open.
        self._visible: dict[str, Draft] = {} if parent is None else parent._visible.copy()
        self.labelled: Callable[[str], Draft | None] = self._visible.get
        self.links: list[tuple[Any, ...]] = []

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

    def name_draft(self, draft: Draft) -> None:
        known = self.labels.get(draft.label)
        if known is None:
            self.labels[draft.label] = [draft]
        elif draft not in known:
            known.append(draft)
        else:
            return
        self._visible[draft.label] = draft

    def name_new(self, draft: Draft) -> None:
        """The same of one that has no name yet."""
        known = self.labels.get(draft.label)
        if known is None:
            self.labels[draft.label] = [draft]
        else:
            known.append(draft)
        self._visible[draft.label] = draft

    def look_around(self) -> None:
        """What is around has come further since this group was complete."""
        if self.parent is not None:
            self.parent.look_around()
            self._visible.update(self.parent._visible)
        self._visible.update((label, found[-1]) for label, found in self.labels.items())

    def close(self) -> None:
        """Hands the labels on to the group around."""
        if self.parent is None:
            return
        labels, visible = self.parent.labels, self.parent._visible
        for label, drafts in self.labels.items():
            known = labels.get(label)
            if known is None:
                labels[label] = drafts.copy()
                visible[label] = drafts[-1]
            elif new := [draft for draft in drafts if draft not in known]:
                known += new
                visible[label] = new[-1]

    def drafts(self) -> Iterator[Draft]:
        for drafts in self.labels.values():
            yield from drafts
