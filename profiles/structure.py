"""Whether a resource is FHIR at all: names, shapes, lexical forms, cardinalities, required codes.

Profiles, invariants and open code systems are for a validator to add. https://hl7.org/fhir/R4/json.html
"""

from collections.abc import Callable, Sequence
from functools import lru_cache
from threading import Lock
from typing import Any

from profiles.bound import bound_code, bound_concept, one_of
from profiles.definitions import Definitions
from profiles.element import Element
from profiles.finding import Finding, Findings, Rule, not_an_object, shown
from profiles.primitives import EXPECTED, VALID, Valid, uri
from profiles.references import EXPECTED as EXPECTED_REFERENCE
from profiles.references import reference_form
from profiles.rules import (
    Choice,
    Members,
    absolute,
    both,
    dispatched,
    extension,
    members_of,
    not_nested,
    primitive,
    primitives,
    repeated,
    sibling,
    siblings,
)
from profiles.value_set import Coding
from terminology.issue import Issue

Resource = dict[str, Any]
Check = Callable[[Resource], list[Issue]]


@lru_cache(8)
def compile_structure(definitions: Definitions) -> Check:
    """The check of any resource of these definitions; the rules of a type are made when it is first met.

    The check takes what JSON gives, floats as Decimal. All its issues are errors, their expression the
    element's path by its JSON names (`Observation.component[0].valueQuantity.value`); the path of an unknown
    property is that of the object which has it.
    """
    resource = _compiler(definitions).resource

    def check(value: Resource) -> list[Issue]:
        found = resource(value, {})
        root = _root(value, definitions.resource_types) if found else ""
        return [Issue("error", code, text, f"{root}{at}".removeprefix(".")) for code, text, at in found]

    return check


def compile_members(definitions: Definitions) -> Callable[[str], Members]:
    """The rules of a resource type's properties, one by one."""
    return _compiler(definitions).members


def compile_parts(definitions: Definitions) -> Callable[[Rule], Members | None]:
    """The rules of the properties of what a rule is about, if that rule says nothing of their values."""
    return _compiler(definitions).parts


@lru_cache(8)
def _compiler(definitions: Definitions) -> "_Compiler":
    return _Compiler(definitions)


def _root(value: Any, resource_types: frozenset[str]) -> str:
    """The type's name, that expressions begin with, if it is one."""
    kind = value.get("resourceType") if isinstance(value, dict) else None
    return kind if isinstance(kind, str) and kind in resource_types else ""


class _Compiler:
    """Makes one rule for each type and for each element that has children of its own."""

    def __init__(self, definitions: Definitions) -> None:
        self._definitions = definitions
        self._rules: dict[str, Rule] = {}
        self._members: dict[str, Members] = {}
        self._parts: dict[Rule, Members] = {}
        self._reference = reference_form(definitions.resource_types)
        self._compile_extensions()
        self._element = self._compiled("Element")
        self._resources: dict[str, Rule] = {}
        self._compiling = Lock()

    def resource(self, value: Any, owner: dict[str, Any]) -> Findings:
        """The rule of any resource, whatever its type."""
        if not isinstance(value, dict):
            return not_an_object(value)
        kind = value.get("resourceType")
        rule = self._resources.get(kind) if type(kind) is str else None
        if rule:
            return rule(value, owner)
        if kind is None:
            return (Finding("structure", "A resource must have a resourceType"),)
        if type(kind) is str and kind in self._definitions.resource_types:
            return self._made(kind)(value, owner)
        return (Finding("structure", f"{shown(kind)} is not a resource type of FHIR R4"),)

    def members(self, kind: str) -> Members:
        """The properties of a resource type that has been met."""
        return self._members[kind]

    def parts(self, rule: Rule) -> Members | None:
        """What the rule of an object asks of each property, if it asks no more than their names besides."""
        return self._parts.get(rule)

    def _made(self, kind: str) -> Rule:
        """Nobody sees a rule before all that it leads to is there."""
        with self._compiling:
            rule = self._resources[kind] = self._compiled(kind)
        return rule

    def _compile_extensions(self) -> None:
        """An extension's URL is absolute, but for an extension in an extension. Both are there before their
        properties are, for every type of value has extensions again."""
        elements = self._definitions.children("Extension")
        url, nested_url = Members({}, {}, {}), Members({}, {}, {})
        self._rules["Extension"] = extension(url, *_choices(elements))
        self._rules["Extension.extension"] = extension(nested_url, *_choices(elements))
        self._parts[self._rules["Extension"]] = url
        self._element = self._compiled("Element")
        for members, valid, expected in ((url, absolute, "an absolute URI"), (nested_url, uri, "a URI")):
            self._add_all(members, elements)
            members.scalars["url"] = valid
            members.rules["url"] = primitive(valid, expected)

    def _compiled(self, home: str) -> Rule:
        """The rule of a type, or of what stands at a path."""
        if home not in self._rules:
            elements = self._definitions.children(home)
            members = self._members[home] = Members({}, {}, {})
            made = members_of(home, members, _required(elements), _choices(elements))
            self._rules[home], self._parts[made] = made, members
            if home in self._definitions.resource_types:
                members.rules["resourceType"] = dispatched
            self._add_all(members, elements)
        return self._rules[home]

    def _add_all(self, members: Members, elements: Sequence[Element]) -> None:
        for element in elements:
            for name, code in element.properties.items():
                if code in VALID:
                    self._add_primitive(members, element, name, code)
                else:
                    rule = self._complex(element, code)
                    members.rules[name] = repeated(rule) if element.is_list else rule
                    if element.is_list:
                        members.items[name] = rule

    def _add_primitive(self, members: Members, element: Element, name: str, code: str) -> None:
        valid, explain = self._primitive(element, code)
        if element.is_list:
            members.rules[name] = primitives(name, valid, explain)
        else:
            members.rules[name], members.scalars[name] = explain, valid
        if name != "id" and element.path != "Extension.url" and code != "xhtml":
            beside = siblings if element.is_list else sibling
            members.rules[f"_{name}"] = beside(name, self._element)

    def _primitive(self, element: Element, code: str) -> tuple[Valid, Rule]:
        """Whether a value is valid, and what to say if it is not."""
        if element.path == "Reference.reference":
            return self._reference, primitive(self._reference, EXPECTED_REFERENCE)
        codings, value_set = self._required_codings(element)
        if codings is not None:
            codes = frozenset(code for _, code in codings)
            return one_of(codes), bound_code(codes, value_set)
        return VALID[code], primitive(VALID[code], EXPECTED[code])

    def _complex(self, element: Element, code: str) -> Rule:
        if code == "Resource":
            return both(self.resource, not_nested) if element.name == "contained" else self.resource
        home = code if element.is_choice else self._definitions.home(element)
        rule = self._rules.get(element.path) or self._compiled(home or code)
        codings, value_set = self._required_codings(element)
        if codings is not None and code == "CodeableConcept":
            return both(rule, bound_concept(codings, value_set))
        return rule

    def _required_codings(self, element: Element) -> tuple[frozenset[Coding] | None, str]:
        """The codings to choose from, if they are required and known, and the URL of their value set."""
        if element.binding is None or element.binding.strength != "required":
            return None, ""
        url = element.binding.value_set.partition("|")[0]
        return self._definitions.codings(url), url


def _required(elements: Sequence[Element]) -> frozenset[str]:
    return frozenset(element.name for element in elements if element.min and not element.is_choice)


def _choices(elements: Sequence[Element]) -> list[Choice]:
    return [
        Choice(
            element.name,
            frozenset({*element.properties, *map("_{}".format, element.properties)}),
            element.min,
        )
        for element in elements
        if element.is_choice
    ]
