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


def written(target: Straight, value: str, fixed: str) -> str:
    """The statement that puts `value` into the resource `r`; `fixed` is the name of the constants."""
    if target.kind == "choice":
        return f"r[{target.name!r} + {value}.suffix] = {value}.value"
    if target.kind == "new" and target.member is not None:
        inner = f"{{**{fixed}, {_member(target.member, value)}}}"
        return f"r[{target.name!r}] = [*r.get({target.name!r}, ()), {inner}]"
    return f"r[{target.name!r}] = [{value}]" if target.kind == "list" else f"r[{target.name!r}] = {value}"


def _member(member: Straight, value: str) -> str:
    if member.kind == "choice":
        return f"{member.name!r} + {value}.suffix: {value}.value"
    return f"{member.name!r}: [{value}]" if member.kind == "list" else f"{member.name!r}: {value}"
