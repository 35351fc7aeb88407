"""What a profile asks beyond the type that it constrains, compiled to closures.

Most elements of a snapshot say what the type says already: they leave nothing to check, and so no closure.
https://hl7.org/fhir/R4/profiling.html
"""

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from profiles.element import Element
from profiles.validator.at import At, Step
from profiles.validator.binding import binding_checks
from profiles.validator.children import Asked, children_check
from profiles.validator.invariant import STRUCTURAL, Guarded, compile_invariants
from profiles.validator.limits import limit_checks
from profiles.validator.members import Member, gathering
from profiles.validator.profile_tree import Node, type_profiles
from profiles.validator.reference import reference_check
from profiles.validator.run import Run
from profiles.validator.selection import object_of
from profiles.validator.slicing import Body, Slicing
from profiles.validator.special.narrative_control import narrative_checks
from profiles.validator.steps import step
from profiles.validator.values import value_checks

if TYPE_CHECKING:
    from profiles.validator.validator import Validator

Check = Callable[[Any, At, Run], None]
Raw = Mapping[str, Any]


class ProfileCompiler:
    """Compiles one profile. `canonical` is how messages name it; `contained` are the resources in it."""

    def __init__(self, canonical: str, contained: Sequence[Raw], validator: "Validator") -> None:
        self._contained = {str(one.get("id")): one for one in contained}
        self._canonical = canonical
        self._validator = validator
        self._definitions = validator.definitions

    def compile(self, root: Node, type_name: str) -> list[Check]:
        """The checks of a value of the type."""
        return self._value(root, Element(type_name, type_name, (type_name,)), type_name, type_name, {})

    def _value(self, node: Node, element: Element, code: str, home: str, base: Raw) -> list[Check]:
        """Of a value of one type at an element; `home` is whose elements it has, `base` the ElementDefinition
        that the profile constrains."""
        checks: list[Check] = []
        is_resource = element.types == ("Resource",)
        checks += self._invariants(node, "Resource" if is_resource else home, base)
        checks += value_checks(node, code, self._canonical)
        checks += limit_checks(node, code, self._canonical)
        checks += narrative_checks(node.definition, code, self._canonical)
        checks += self._binding(node, code, base)
        checks += self._types(node, code, base)
        below = [check for child in node.children.values() for check in self._child(child, home)]
        if below:
            is_primitive = code in self._definitions.primitive_types
            inside = _of_primitive(below) if is_primitive else _all(below)
            checks.append(_within([inside]) if is_resource else inside)
        return checks

    def _invariants(self, node: Node, home: str, base: Raw) -> list[Check]:
        raw = self._validator.raw
        known = {one["key"] for of in (base, raw(home)) for one in of.get("constraint", ())} | STRUCTURAL
        known |= {"dom-6"} if home in self._definitions.resource_types else set()
        own = [one for one in node.definition.get("constraint", ()) if one["key"] not in known]
        return [_guarded(one) for one in compile_invariants(own, home, self._definitions)]

    def _binding(self, node: Node, code: str, base: Raw) -> list[Check]:
        binding = node.definition.get("binding")
        if binding is None or _asks(binding) == _asks(base.get("binding")):
            return []
        value_set = binding.get("valueSet", "")
        if value_set[1:] in self._contained and value_set[0] == "#":
            named = self._canonical + value_set
            self._validator.hold_value_set(named, self._contained[value_set[1:]])
            binding = {**binding, "valueSet": named}
        return binding_checks(binding, code, self._canonical, self._validator)

    def _types(self, node: Node, code: str, base: Raw) -> list[Check]:
        """Profiles that a value must conform to, and targets of a reference."""
        given = next((one for one in node.types if one["code"] == code), {})
        before: Raw = next((one for one in base.get("type", ()) if one["code"] == code), {})
        checks: list[Check] = []
        profiles = tuple(type_profiles(given))
        if profiles and profiles != tuple(before.get("profile", ())):
            checks.append(self._validator.conforming(profiles))
        asks = (given.get("targetProfile"), given.get("aggregation"))
        if code == "Reference" and asks != (before.get("targetProfile"), before.get("aggregation")):
            checks.append(reference_check(given, self._validator))
        return checks

    def _child(self, node: Node, home: str) -> list[Check]:
        """Of an object, what is asked of one element; nothing, if the type asks it too."""
        element = self._definitions.element(f"{home}.{node.name}")
        if element is None:
            return []
        base = self._validator.raw(element.path)
        names, gather = gathering(element, self._definitions)
        least = node.min if node.min > element.min else 0
        most = node.max if node.max is not None and (element.max is None or node.max < element.max) else None
        asked = Asked(
            node.label,
            self._canonical,
            least,
            most,
            self._codes(node, element),
            self._bodies(node, element, base),
            self._slicing(node, element, base),
        )
        return [children_check(asked, names, gather)] if asked.is_anything else []

    def _codes(self, node: Node, element: Element) -> frozenset[str] | None:
        """The types that are left of a choice, or of a resource of any type."""
        if not node.types or element.content_reference:
            return None
        codes = frozenset(_code(one["code"]) for one in node.types)
        if element.is_choice:
            return codes if not codes >= frozenset(element.types) else None
        if element.types == ("Resource",) and not codes & {"Resource", "DomainResource"}:
            return codes
        return None

    def _bodies(self, node: Node, element: Element, base: Raw) -> dict[str, list[Check]]:
        """By type code, what is asked of each value."""
        found: dict[str, list[Check]] = {}
        for json, code in element.properties.items():
            if element.is_choice and node.types and code not in {_code(one["code"]) for one in node.types}:
                continue
            place = step(element, json, code)
            home = _home(node, place)
            checks = self._value(node, element, home if code == "Resource" else code, home, base)
            if checks:
                found[code] = checks
        return found

    def _slicing(self, node: Node, element: Element, base: Raw) -> Slicing | None:
        if not node.slices and (node.slicing or {}).get("rules", "open") == "open":
            return None

        def body(slice_: Node) -> Body | None:
            found = self._bodies(slice_, element, base)
            return _body(found) if found else None

        try:
            slicing = Slicing(node, self._canonical, body, self._validator)
        except ValueError:
            return None  # a discriminator that cannot be read: told where the profile itself is validated
        return slicing if slicing.is_needed else None


def _home(node: Node, place: Step) -> str:
    """Of a resource of any type, the type that the profile names."""
    if place.home == "Resource" and len(node.types) == 1:
        return str(node.types[0]["code"])
    return place.home


def _code(code: str) -> str:
    stands_for = code.removeprefix("http://hl7.org/fhirpath/System.")
    return code if stands_for == code else stands_for[:1].lower() + stands_for[1:]


def _asks(binding: Raw | None) -> Any:
    given = binding or {}
    extensions = [(one["url"], one.get("valueCanonical")) for one in given.get("extension", ())]
    return given.get("strength"), given.get("valueSet", "").partition("|")[0], extensions


def _all(checks: Sequence[Check]) -> Check:
    if len(checks) == 1:
        return checks[0]

    def check(value: Any, at: At, run: Run) -> None:
        for one in checks:
            one(value, at, run)

    return check


def _of_primitive(below: Sequence[Check]) -> Check:
    """The elements of a primitive are its sibling's."""

    def check(value: Any, at: At, run: Run) -> None:
        element = object_of(value)
        for one in below:
            one(element, at, run)

    return check


def _within(checks: Sequence[Check]) -> Check:
    """Of a resource, which is a scope of its own."""

    def check(value: Any, at: At, run: Run) -> None:
        before = run.scope
        if before is None or before.resource is not value:
            run.enter(value, at)
        try:
            for one in checks:
                one(value, at, run)
        finally:
            run.scope = before

    return check


def _guarded(one: Guarded) -> Check:
    names, check = one
    if names is None:
        return check

    def guarded(value: Any, at: At, run: Run) -> None:
        if not isinstance(value, dict) or not names.isdisjoint(value):
            check(value, at, run)

    return guarded


def _body(bodies: Mapping[str, Sequence[Check]]) -> Body:
    def body(member: Member, run: Run) -> None:
        for check in bodies.get(member.code, ()):
            check(member.value, member.at, run)

    return body
