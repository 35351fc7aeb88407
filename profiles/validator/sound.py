"""Go on with what is left of a resource whose structure is wrong.

What has a wrong shape is left out, so that everything else can still be judged by rules that take the shape
for granted. https://hl7.org/fhir/R4/json.html
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any, Final, NamedTuple

from profiles.definitions import Definitions
from profiles.finding import MISSHAPEN, MOST
from profiles.primitives import VALID
from profiles.references import EXPECTED
from profiles.validator.spelling import spelled
from terminology.issue import Issue

Faults = dict[str, "Faults"]
"""By JSON names and indexes, where the shape is wrong; empty: anywhere below."""

_NAME: Final = re.compile(r"[^.\[\]]+")
_SHAPE: Final = frozenset(("structure", "value"))


def sound(
    resource: Any, found: Sequence[Issue], definitions: Definitions
) -> tuple[list[Issue], dict[str, Any] | None]:
    """The structure's issues with FHIRPath's names, and the part of the resource that has the right shape;
    None if there is no such part."""
    kind = resource.get("resourceType") if isinstance(resource, dict) else None
    if not isinstance(kind, str) or kind not in definitions.resource_types:
        return list(found), None
    told = [_named(issue, resource, definitions) for issue in found]
    wrong = [issue.expression for issue in found if issue.code in _SHAPE]
    if not wrong:
        return told, resource
    faults = {} if len(found) >= MOST else _faults(wrong)
    return told, _reader(definitions).resource(resource, faults)


def _faults(expressions: Iterable[str]) -> Faults:
    """`Patient.name[0].given[1]` → {"name": {"0": {"given": {"1": {}}}}}, and {} if the whole is at fault."""
    top: Faults = {}
    for expression in sorted(expressions, key=len):
        *names, last = _NAME.findall(expression)
        below = top
        for name in names:
            if below.get(name) == {}:
                break  # all of what this stands in is looked at
            below = below.setdefault(name, {})
        else:
            below[last] = {}
    return next(iter(top.values()), {})


# IssueType codes as HL7's validator has them, and our names of the rules.
_TOLD: Final[Mapping[str, tuple[str, str]]] = {
    "required": ("structure", "cardinality-min"),
    "value": ("invalid", "value"),
    "structure": ("structure", "structure"),
    "code-invalid": ("code-invalid", "binding-required"),
    "invariant": ("invariant", "invariant"),
}


def _named(issue: Issue, resource: Any, definitions: Definitions) -> Issue:
    """What is missing is told where it is missing. Any text is allowed as a reference, if it is a doubtful
    one.
    """
    place = issue.expression.rpartition(".")[0] if issue.code == "required" else issue.expression
    expression = spelled(place, resource, definitions)
    if issue.diagnostics.startswith(f"Expected {EXPECTED}"):
        return Issue("warning", "structure", issue.diagnostics, expression, "reference-form")
    code, name = _TOLD.get(issue.code, (issue.code, "structure"))
    if issue.diagnostics.startswith(MISSHAPEN):
        code = "invalid"
    key = issue.diagnostics.partition(":")[0] if code == "invariant" else name
    return Issue(issue.severity, code, issue.diagnostics, expression, key)


@lru_cache(8)
def _reader(definitions: Definitions) -> "_Reader":
    return _Reader(definitions)


class Kept(NamedTuple):
    """What is known of a property: whether it repeats, and whose elements its values have."""

    is_list: bool
    home: str
    is_sibling: bool


class _Reader:
    def __init__(self, definitions: Definitions) -> None:
        self._definitions = definitions
        self._homes: dict[str, dict[str, Kept]] = {}

    def resource(self, value: Any, faults: Faults) -> dict[str, Any] | None:
        kind = value.get("resourceType") if isinstance(value, dict) else None
        if not isinstance(kind, str) or kind not in self._definitions.resource_types:
            return None
        return {"resourceType": kind, **self._object(value, kind, faults)}

    def _object(self, value: dict[str, Any], home: str, faults: Faults) -> dict[str, Any]:
        properties = self._properties(home)
        kept: dict[str, Any] = {}
        for name, one in value.items():
            known = properties.get(name)
            if known is not None:
                below = faults.get(name.removeprefix("_")) if faults else faults
                found = one if below is None else self._value(one, known, below)
                if found is not None:
                    kept[name] = found
        return kept

    def _properties(self, home: str) -> dict[str, Kept]:
        if home not in self._homes:
            made = self._homes[home] = {}
            for element in self._definitions.children(home):
                for name, code in element.properties.items():
                    below = code if element.is_choice else self._definitions.home(element) or code
                    made[name] = Kept(element.is_list, below, is_sibling=False)
                    made[f"_{name}"] = Kept(element.is_list, "Element", is_sibling=True)
        return self._homes[home]

    def _value(self, value: Any, kept: Kept, faults: Faults) -> Any:
        if not kept.is_list:
            return self._one(value, kept.home, faults)
        items = value if type(value) is list else [value]
        if faults:
            items = list(items)
            for index, below in faults.items():
                items[int(index)] = self._one(items[int(index)], kept.home, below)
        else:
            items = [self._one(one, kept.home, faults) for one in items]
        if kept.home in VALID or kept.is_sibling:
            return items if any(one is not None for one in items) else None
        return [one for one in items if one is not None] or None

    def _one(self, value: Any, home: str, faults: Faults) -> Any:
        if home in ("Resource", "DomainResource"):
            return self.resource(value, faults)
        if home in VALID:
            return value if VALID[home](value) else None
        return (self._object(value, home, faults) or None) if isinstance(value, dict) else None
