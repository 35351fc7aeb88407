"""What R4 itself asks of a type beyond its structure, compiled to closures.

One plan for each type and each element with elements of its own; a plan knows which properties there is
anything to check in, and passes over all others. https://hl7.org/fhir/R4/resourcelist.html
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from profiles.element import CHOICE, Element
from profiles.primitives import VALID
from profiles.snapshot import CORE
from profiles.validator.at import At, Step
from profiles.validator.binding import binding_checks
from profiles.validator.contained import check_contained
from profiles.validator.context import Context
from profiles.validator.extension import check_extension
from profiles.validator.forms import FORMS, html
from profiles.validator.invariant import STRUCTURAL, Guarded, compile_invariants
from profiles.validator.reference import reference_check
from profiles.validator.run import Run
from profiles.validator.steps import step

if TYPE_CHECKING:
    from profiles.validator.validator import Validator

Check = Callable[[Any, At, Run], None]
Child = Callable[[Any, Mapping[str, Any], At, Run], None]
"""Of a property's value, the object that it is a property of, and where that stands."""


class Plan:
    """`own` and `children` are filled after the plan is made, for types contain themselves."""

    __slots__ = ("children", "names", "own", "visit")

    def __init__(self) -> None:
        self.own: list[Guarded] = []
        self.children: dict[str, Child] = {}
        self.names: set[str] | None = None
        self.visit: Check = _visit(self.own, self.children)

    @property
    def nothing_in(self) -> Callable[[Iterable[str]], bool]:
        """Whether there is nothing to check in an object, by the names that it has."""
        if self.names is None:
            guards = [names for names, _ in self.own]
            if None in guards:
                return lambda names: False
            self.names = {*self.children, *(name for names in guards for name in names or ())}
        return self.names.isdisjoint


def _visit(own: list[Guarded], children: dict[str, Child]) -> Check:
    child_of = children.get

    def visit(value: Any, at: At, run: Run) -> None:
        for names, check in own:
            if names is None or not names.isdisjoint(value):
                check(value, at, run)
        for name in value:
            child = child_of(name)
            if child is not None:
                child(value[name], value, at, run)

    return visit


class TypePlans:
    """One plan for each type or path, made when it is first needed."""

    def __init__(self, validator: "Validator") -> None:
        self._validator = validator
        self._definitions = validator.definitions
        self._plans: dict[str, Plan] = {}
        self._raw: dict[str, Mapping[str, Mapping[str, Any]]] = {}

    def plan(self, home: str) -> Plan:
        if home not in self._plans:
            plan = self._plans[home] = Plan()
            self._fill(plan, home)
        return self._plans[home]

    def raw(self, path: str) -> Mapping[str, Any]:
        """The ElementDefinition at a path, as the type's snapshot has it."""
        name = path.partition(".")[0]
        if name not in self._raw:
            structure = self._definitions.resource(CORE + name) or {}
            elements = structure.get("snapshot", {}).get("element", ())
            self._raw[name] = {element["path"]: element for element in elements}
        return self._raw[name].get(path, {})

    def resource(self, value: Mapping[str, Any], at: At, run: Run, profiles: Sequence[str] = ()) -> None:
        """A resource of any type: as R4 has it, and by the profiles that are asked for."""
        before = run.scope
        run.enter(value, at)
        try:
            self.plan(value["resourceType"]).visit(value, at, run)
            if "contained" in value and run.options.contained == "validate":
                check_contained(value, at, run)
            self._validator.by_profiles(value, at, run, profiles)
        finally:
            run.scope = before

    def _fill(self, plan: Plan, home: str) -> None:
        plan.own += compile_invariants(self.raw(home).get("constraint", ()), home, self._definitions)
        if home == "Extension":
            plan.own.append(Guarded(None, check_extension))
        if home in FORMS:
            plan.own.append(Guarded(None, FORMS[home]))
        plan.own += [Guarded(None, _ruled(rule)) for rule in self._validator.rules.get(home, ())]
        for element in self._definitions.children(home):
            for name, code in element.properties.items():
                self._add(plan, element, name, code)

    def _add(self, plan: Plan, element: Element, name: str, code: str) -> None:
        place = step(element, name, code)
        if code == "Resource":
            plan.children[name] = (_resources if element.is_list else _resource)(self, place)
            return
        if code in VALID:
            self._add_primitive(plan, element, name, code, place)
            return
        below, extra = self.plan(place.home), self._extra(element, code)
        checks = [below.visit, *extra]
        if element.is_list and not extra:
            plan.children[name] = _visited(place, below)
        else:
            plan.children[name] = _items(place, checks) if element.is_list else _item(place, checks)

    def _add_primitive(self, plan: Plan, element: Element, name: str, code: str, place: Step) -> None:
        checks = [*([FORMS[code]] if code in FORMS else ()), *self._extra(element, code)]
        if code == "string" and self._validator.options.html != "ignore":
            checks.append(html)
        checks += [_ruled(rule) for rule in self._validator.rules.get(code, ())]
        if element.path == "Extension.url":
            return
        if checks:
            plan.children[name] = _values(place, checks) if element.is_list else _item(place, checks)
        if name != "id" and code != "xhtml":
            visit = self.plan("Element").visit
            if (self.raw(element.path).get("binding") or {}).get("strength") == "required":
                plan.children[f"_{name}"] = _coded_sibling(name, place, visit, is_list=element.is_list)
                return
            plan.children[f"_{name}"] = _siblings(place, visit) if element.is_list else _item(place, [visit])

    def _extra(self, element: Element, code: str) -> list[Check]:
        """What the element asks of its values beyond what their type does."""
        raw = self.raw(element.path)
        checks = binding_checks(raw.get("binding"), code, "", self._validator)
        inherited = {one["key"] for one in self.raw(code).get("constraint", ())} | STRUCTURAL
        own = [one for one in raw.get("constraint", ()) if one["key"] not in inherited]
        if own and element.path not in self._plans:
            checks += [_guarded(one) for one in compile_invariants(own, element.path, self._definitions)]
        if code == "Reference":
            given: Mapping[str, Any] = next((one for one in raw.get("type", ()) if one["code"] == code), {})
            checks.append(reference_check(given, self._validator))
        return checks


def _guarded(one: Guarded) -> Check:
    names, check = one

    def guarded(value: Any, at: At, run: Run) -> None:
        if names is None or not names.isdisjoint(value):
            check(value, at, run)

    return guarded if names is not None else check


def _ruled(rule: Callable[..., Any]) -> Check:
    def check(value: Any, at: At, run: Run) -> None:
        scope = run.scope
        if scope is not None:
            for issue in rule(value, Context(run, at, scope)):
                run.tell(issue)

    return check


def _item(place: Step, checks: Sequence[Check]) -> Child:
    if len(checks) == 1:
        only = checks[0]

        def one(value: Any, owner: Mapping[str, Any], at: At, run: Run) -> None:
            only(value, (at, place, None), run)

        return one

    def several(value: Any, owner: Mapping[str, Any], at: At, run: Run) -> None:
        here = (at, place, None)
        for check in checks:
            check(value, here, run)

    return several


def _items(place: Step, checks: Sequence[Check]) -> Child:
    def items(values: Any, owner: Mapping[str, Any], at: At, run: Run) -> None:
        for index, value in enumerate(values):
            here = (at, place, index)
            for check in checks:
                check(value, here, run)

    return items


def _visited(place: Step, below: Plan) -> Child:
    """Objects of which many may have nothing to be checked."""

    def items(values: Any, owner: Mapping[str, Any], at: At, run: Run) -> None:
        nothing_in, visit = below.nothing_in, below.visit
        for index, value in enumerate(values):
            if not nothing_in(value):
                visit(value, (at, place, index), run)

    return items


def _values(place: Step, checks: Sequence[Check]) -> Child:
    """Of primitives: null stands where there is only a sibling."""

    def values_(values: Any, owner: Mapping[str, Any], at: At, run: Run) -> None:
        for index, value in enumerate(values):
            if value is not None:
                for check in checks:
                    check(value, (at, place, index), run)

    return values_


def _coded_sibling(name: str, place: Step, visit: Check, *, is_list: bool) -> Child:
    """Where a code is required, an extension does not stand for it."""
    inner = _siblings(place, visit) if is_list else _item(place, [visit])

    def sibling(value: Any, owner: Mapping[str, Any], at: At, run: Run) -> None:
        if name not in owner:
            says = "There is no code, and one of the value set is required"
            first = 0 if is_list else None
            run.report("error", "code-invalid", says, (at, place, first), "binding-required")
        inner(value, owner, at, run)

    return sibling


def _siblings(place: Step, visit: Check) -> Child:
    def siblings(values: Any, owner: Mapping[str, Any], at: At, run: Run) -> None:
        for index, value in enumerate(values):
            if value is not None:
                visit(value, (at, place, index), run)

    return siblings


def _resource(plans: TypePlans, place: Step) -> Child:
    def resource(value: Any, owner: Mapping[str, Any], at: At, run: Run) -> None:
        here = place._replace(home=value["resourceType"])
        plans.resource(value, (at, here, None), run)

    return resource


def _resources(plans: TypePlans, place: Step) -> Child:
    def resources(values: Any, owner: Mapping[str, Any], at: At, run: Run) -> None:
        if place.path == "contained" and run.options.contained == "ignore":
            return
        for index, value in enumerate(values):
            plans.resource(value, (at, place._replace(home=value["resourceType"]), index), run)

    return resources


__all__ = ("CHOICE", "Check", "Plan", "TypePlans")
