"""Slicing: the values of an element, told apart.

https://hl7.org/fhir/R4/profiling.html#slicing
"""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple, Optional

from profiles.validator.at import At, root
from profiles.validator.discriminator import Discriminator, Holds, extension_url
from profiles.validator.members import Member
from profiles.validator.profile_tree import Node
from profiles.validator.run import Run
from profiles.validator.selection import Found

if TYPE_CHECKING:
    from profiles.validator.validator import Validator

Check = Callable[[Any, At, Run], None]
Body = Callable[[Member, Run], None]
DEFAULT = "@default"


class Slice(NamedTuple):
    """`holds` has what each discriminator asks, None where it asks nothing; `inner` are the re-slices."""

    node: Node
    holds: tuple[Holds | None, ...]
    body: Body | None
    inner: Optional["Slicing"]


class Slicing:
    def __init__(self, node: Node, profile: str, bodies: "Bodies", validator: "Validator") -> None:
        slicing = node.slicing or {"rules": "open", "discriminator": [{"type": "type", "path": "$this"}]}
        self._node = node
        self._profile = profile
        self._rules: str = slicing.get("rules", "open")
        self._ordered: bool = slicing.get("ordered", False)
        given = slicing.get("discriminator", ())
        self._discriminators = [Discriminator(one, validator) for one in given]
        named = [one for one in node.slices if one.slice_name != DEFAULT]
        self._slices = [self._slice(one, profile, bodies, validator) for one in named]
        default = next((one for one in node.slices if one.slice_name == DEFAULT), None)
        self._default = bodies(default) if default is not None else None
        self._by_url = self._urls(validator)
        self._bounded = [one for one in self._slices if one.node.min or one.node.max is not None]

    @property
    def is_needed(self) -> bool:
        """Whether there is anything that it could tell."""
        if self._rules != "open" or self._default is not None or self._ordered or self._bounded:
            return True
        return any(one.body is not None or one.inner is not None for one in self._slices)

    def check(self, members: Sequence[Member], at: At, run: Run) -> None:
        counts = [0] * len(self._slices)
        inner: dict[int, list[Member]] = {}
        last = -1
        beyond = False
        for member in members:
            index = self._index(member, run)
            if index < 0:
                beyond = True
                self._unmatched(member, run)
                continue
            counts[index] += 1
            one = self._slices[index]
            if self._ordered and index < last:
                self._tell(member.at, run, f"The slice {one.node.label} comes too late", "slice-order")
            if beyond and self._rules == "openAtEnd":
                says = f"Nothing may stand before the slice {one.node.label} but other slices"
                self._tell(member.at, run, says, "slice-at-end")
            last = max(last, index)
            if one.body is not None:
                one.body(member, run)
            if one.inner is not None:
                inner.setdefault(index, []).append(member)
        self._count(counts, at, run)
        for index, found in enumerate(self._slices):
            if found.inner is not None and counts[index]:
                found.inner.check(inner.get(index, []), at, run)

    def _slice(self, node: Node, profile: str, bodies: "Bodies", validator: "Validator") -> Slice:
        holds = tuple(one.criterion(node) for one in self._discriminators)
        inner = Slicing(node, profile, bodies, validator) if node.slices else None
        return Slice(node, holds, bodies(node), inner)

    def _urls(self, validator: "Validator") -> dict[str, int] | None:
        """Slices of extensions are told apart by their URLs alone."""
        if [(one.kind, one.path) for one in self._discriminators] != [("value", "url")]:
            return None
        urls = [extension_url(one.node, validator) for one in self._slices]
        return {url: index for index, url in enumerate(urls) if url is not None}

    def slice_of(self, value: Found, run: Run) -> Node | None:
        """The slice that a value is in."""
        index = self._place(value, root(value.home), run)
        return self._slices[index].node if index >= 0 else None

    def _index(self, member: Member, run: Run) -> int:
        return self._place(Found(member.value, member.at[1].home), member.at, run)

    def _place(self, value: Found, at: At, run: Run) -> int:
        """Of the slice that a value is in; -1 for none."""
        if self._by_url is not None:
            return self._by_url.get(value.value.get("url"), -1)
        found = [one.select([value], run) for one in self._discriminators]
        for index, one in enumerate(self._slices):
            if _holds(one.holds, found, at, run):
                return index
        return -1

    def _unmatched(self, member: Member, run: Run) -> None:
        if self._default is not None:
            self._default(member, run)
        elif self._rules == "closed":
            says = f"The value is in no slice of {self._node.label}, and there are to be no others"
            run.report("error", "invalid", f"{says} ({self._profile})", member.at, "slice-closed")

    def _count(self, counts: list[int], at: At, run: Run) -> None:
        for index, one in enumerate(self._slices):
            least, most, count = one.node.min, one.node.max, counts[index]
            if count < least:
                self._tell(at, run, f"{one.node.label}: at least {least} needed, {count} found", "slice-min")
            elif most is not None and count > most:
                self._tell(at, run, f"{one.node.label}: at most {most} allowed, {count} found", "slice-max")

    def _tell(self, at: At, run: Run, says: str, message_id: str) -> None:
        run.report("error", "structure", f"{says} ({self._profile})", at, message_id)


Bodies = Callable[[Node], Body | None]


def _holds(criteria: Sequence[Holds | None], found: Sequence[list[Found]], at: At, run: Run) -> bool:
    """A slice of which no discriminator says anything has no values."""
    asked = False
    for holds, items in zip(criteria, found, strict=True):
        if holds is None:
            continue
        asked = True
        if not holds(items, at, run):
            return False
    return asked
