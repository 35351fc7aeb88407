"""Targets that code can write to at once, where it knows what the resource has so far."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from adapters.mapping.target import Step

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Straight:
    """`key` is what of the resource the target is about: a name, or the stem of a choice. `kind` says how a
    value goes there: as a `scalar`, an item of a `list`, a type of a `choice`, in a `new` list element as its
    `member`, with `fixed` beside it; or, empty, not straight at all."""

    key: str
    name: str = ""
    kind: Literal["scalar", "list", "choice", "new", ""] = ""
    fixed: Mapping[str, Any] = field(default_factory=dict)
    member: "Straight | None" = None

    @property
    def form(self) -> str:
        """What the item of a value depends on."""
        return repr((self.name, self.fixed, self.member)) if self.kind in ("choice", "new") else ""


def straight(steps: Sequence[Step], beside: Mapping[str, Any]) -> Straight:
    """Of a target's steps."""
    first, last = steps[0], steps[-1]
    key = first.name.removeprefix("_") if first.is_choice or not first.choice else first.choice
    if len(steps) == 1:
        return _single(first, key)
    fixed: Json = {"url": first.url, **beside} if first.url else dict(beside)
    taken = any(name.startswith(last.choice or last.name) for name in fixed)
    if len(steps) == 2 and first.is_list and first.slot == "+" and not taken and not last.slot:
        return Straight(key, first.name, "new", fixed, _single(last, ""))
    return Straight(key)


def _single(step: Step, key: str) -> Straight:
    return Straight(key, step.name, "choice" if step.is_choice else "list" if step.is_list else "scalar")


def item_of(target: Straight, value: Any) -> Any:
    """What is kept of a value for a target: of a choice its name, the value and both, the new list
    element."""
    if target.kind == "choice":
        return target.name + value.suffix, value.value, value
    if target.kind != "new" or target.member is None:
        return value
    member = target.member
    name, inner = item_of(member, value)[:2] if member.kind == "choice" else (member.name, value)
    return {**target.fixed, name: [inner] if member.kind == "list" else inner}


def written(target: Straight, value: str) -> str:
    """The statement that puts the item of a value into the resource `r`."""
    if target.kind == "choice":
        return f"r[{value}[0]] = {value}[1]"
    if target.kind == "new":
        return f"r[{target.name!r}] = [*r.get({target.name!r}, ()), {value}]"
    return f"r[{target.name!r}] = [{value}]" if target.kind == "list" else f"r[{target.name!r}] = {value}"
