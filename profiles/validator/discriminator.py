"""Whether a value belongs to a slice.

https://hl7.org/fhir/R4/profiling.html#discriminator
"""

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from profiles.snapshot import CORE
from profiles.validator.at import At
from profiles.validator.profile_tree import Node, type_profiles
from profiles.validator.run import Run
from profiles.validator.selection import Found, Part, Select, parts, selection, type_of
from profiles.validator.values import fits, is_fixed, plain

if TYPE_CHECKING:
    from profiles.validator.validator import Validator

Holds = Callable[[list[Found], At, Run], bool]
"""Of the values that a discriminator's path leads to."""


class Discriminator:
    """One of a slicing: the values that it looks at, and what each slice asks of them."""

    def __init__(self, given: Mapping[str, Any], validator: "Validator") -> None:
        self.kind: str = given.get("type", "value")
        self.path: str = given.get("path", "$this")
        self._validator = validator
        self._steps = parts(self.path)
        self.select: Select = selection(self._steps, validator.definitions)

    def criterion(self, slice_: Node) -> Holds | None:
        """What the slice asks; None if it says nothing about what the path leads to."""
        nodes = [slice_]
        for part in self._steps:
            nodes = [found for node in nodes for found in _below(node, part, self._validator)]
        found = [(node, self._of(node)) for node in nodes]
        return _together([(node, holds) for node, holds in found if holds is not None])

    def _of(self, node: Node) -> Holds | None:
        match self.kind:
            case "exists":
                return _exists(node)
            case "type":
                return _types(node)
            case "profile":
                return _profiles(node, self._steps)
        return _values(node, self._validator)


def _below(node: Node, part: Part, validator: "Validator") -> list[Node]:
    """The nodes that one step leads to: the child and its slices, or what a profile of the type says of
    it.
    """
    if part.argument is not None:
        return _function(node, part, validator)
    child = node.children.get(part.name) or node.children.get(f"{part.name}[x]")
    found = [child, *child.slices] if child is not None else []
    roots = [_root(profile, validator) for type_ in node.types for profile in type_profiles(type_)]
    return [*found, *(one for root in roots if root is not None for one in _below(root, part, validator))]


def _function(node: Node, part: Part, validator: "Validator") -> list[Node]:
    if part.name == "resolve":
        targets = [target for type_ in node.types for target in type_.get("targetProfile", ())]
        roots = [_root(target, validator) for target in targets]
        return [root for root in roots if root is not None]
    if part.name == "extension":
        extensions = node.children.get("extension")
        return [
            one for one in (extensions.slices if extensions else ()) if _url(one, validator) == part.argument
        ]
    fitting = [one for one in node.types if one["code"] == part.argument]
    return [node] if fitting or not node.types else []


def _url(node: Node, validator: "Validator") -> str | None:
    """Of the extensions in a slice."""
    child = node.children.get("url")
    fixed = child.value_of("fixed") if child is not None else None
    if fixed is None:
        profiles = [profile for type_ in node.types for profile in type_profiles(type_)]
        return profiles[0].partition("|")[0] if profiles else None
    return str(fixed)


extension_url = _url


def _root(canonical: str, validator: "Validator") -> Node | None:
    return validator.tree(canonical)


def _together(found: Sequence[tuple[Node, Holds]]) -> Holds | None:
    """Every required one of several, which are slices; else any."""
    if not found:
        return None
    if len(found) == 1:
        return found[0][1]
    every = [holds for node, holds in found if node.min > 0 or not node.slice_name]
    if every:
        return lambda items, at, run: all(holds(items, at, run) for holds in every)
    return lambda items, at, run: any(holds(items, at, run) for _, holds in found)


def _exists(node: Node) -> Holds | None:
    if node.max == 0:
        return lambda items, at, run: not items
    if node.min > 0:
        return lambda items, at, run: bool(items)
    return None


def _types(node: Node) -> Holds | None:
    names = {_type_name(one["code"]) for one in node.types}
    if not names:
        names = {node.definition["path"]}  # the root of a profile
    if names & {"Resource", "DomainResource"}:
        return lambda items, at, run: bool(items)
    return lambda items, at, run: any(type_of(item) in names for item in items)


def _type_name(code: str) -> str:
    return code.removeprefix("http://hl7.org/fhirpath/System.").removeprefix(CORE)


def _profiles(node: Node, steps: Sequence[Part]) -> Holds | None:
    profiles = [profile for type_ in node.types for profile in type_profiles(type_)]
    if not profiles:
        return None

    def holds(items: list[Found], at: At, run: Run) -> bool:
        return any(run.conforms(item.value, profile, at) for item in items for profile in profiles)

    return holds


def _values(node: Node, validator: "Validator") -> Holds | None:
    if node.max == 0:
        return _exists(node)
    of_value = _value(node, validator)
    if of_value is None:
        return None
    return lambda items, at, run: any(of_value(plain(item.value)) for item in items)


def _value(node: Node, validator: "Validator") -> Callable[[Any], bool] | None:
    """By fixed[x], pattern[x], a required binding, or by those of the children."""
    fixed, pattern = node.value_of("fixed"), node.value_of("pattern")
    if fixed is not None:
        return lambda value: is_fixed(value, fixed)
    if pattern is not None:
        return lambda value: fits(value, pattern)
    return _of_children(node, validator) or _bound(node, validator)


def _of_children(node: Node, validator: "Validator") -> Callable[[Any], bool] | None:
    wanted: list[tuple[str, Callable[[Any], bool]]] = []
    for name, child in node.children.items():
        holds = _value(child, validator) if child.min > 0 and name != "extension" else None
        if holds is not None:
            wanted.append((name, holds))
    if not wanted:
        return None

    def of_value(value: Any) -> bool:
        return isinstance(value, Mapping) and all(_any(value.get(name), holds) for name, holds in wanted)

    return of_value


def _any(value: Any, holds: Callable[[Any], bool]) -> bool:
    return any(map(holds, value)) if isinstance(value, list) else value is not None and holds(value)


def _bound(node: Node, validator: "Validator") -> Callable[[Any], bool] | None:
    binding = node.definition.get("binding", {})
    if binding.get("strength") != "required" or "valueSet" not in binding:
        return None
    members = validator.members(binding["valueSet"])
    if members is None:
        return None
    codes = {code for _, code in members}

    def of_value(value: Any) -> bool:
        if isinstance(value, str):
            return value in codes
        codings = value.get("coding", (value,)) if isinstance(value, Mapping) else ()
        return any((one.get("system"), one.get("code")) in members for one in codings)

    return of_value
