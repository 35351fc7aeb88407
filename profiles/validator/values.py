"""fixed[x], pattern[x] and maxLength.

https://hl7.org/fhir/R4/elementdefinition.html#ElementDefinition.fixed_x_
"""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, Final

from profiles.fhirpath import FhirPathError
from profiles.fhirpath.node import Node as Item
from profiles.fhirpath.pattern import matches_full
from profiles.finding import shown
from profiles.validator.at import At
from profiles.validator.profile_tree import Node
from profiles.validator.run import Run

Check = Callable[[Any, At, Run], None]

REGEX: Final = "http://hl7.org/fhir/StructureDefinition/regex"


def plain(value: Any) -> Any:
    """JSON's value of an element: of a primitive with extensions, without those."""
    return value.value if type(value) is Item else value


def is_fixed(value: Any, fixed: Any) -> bool:
    """Equal in every part. A boolean is no number."""
    if isinstance(value, dict) and isinstance(fixed, dict):
        return value.keys() == fixed.keys() and all(is_fixed(value[name], fixed[name]) for name in fixed)
    if type(value) is list and type(fixed) is list:
        return len(value) == len(fixed) and all(map(is_fixed, value, fixed))
    return value == fixed and (type(value) is bool) == (type(fixed) is bool)


def fits(value: Any, pattern: Any) -> bool:
    """Everything that the pattern has is there; of a list, somewhere in the list."""
    if isinstance(pattern, dict):
        return isinstance(value, dict) and all(
            name in value and fits(value[name], part) for name, part in pattern.items()
        )
    if type(pattern) is list:
        return type(value) is list and all(any(fits(one, part) for one in value) for part in pattern)
    return is_fixed(value, pattern)


def value_checks(node: Node, type_code: str, profile: str) -> list[Check]:
    """What the element asks of its value itself."""
    checks: list[Check] = []
    fixed, pattern = node.value_of("fixed"), node.value_of("pattern")
    if fixed is not None:
        checks.append(
            _told(lambda value: is_fixed(value, fixed), "fixed", f"{text_of(fixed)} alone", node, profile)
        )
    if pattern is not None:
        checks.append(_told(lambda value: fits(value, pattern), "pattern", text_of(pattern), node, profile))
    checks += [
        _told(partial(_matches, text), "regex", f"text that matches {text}", node, profile)
        for text in _patterns(node)
    ]
    longest = node.definition.get("maxLength")
    if longest is not None:
        checks.append(
            _told(
                lambda value: type(value) is not str or len(value) <= longest,
                "max-length",
                f"at most {longest} characters",
                node,
                profile,
            )
        )
    return checks


def _patterns(node: Node) -> list[str]:
    """The extension `regex` of the element or of its types."""
    given = [
        *node.definition.get("extension", ()),
        *(x for one in node.types for x in one.get("extension", ())),
    ]
    return [str(one["valueString"]) for one in given if one.get("url") == REGEX and "valueString" in one]


def _matches(text: str, value: Any) -> bool:
    """By RE2; a pattern that it does not have is told where the profile itself is validated."""
    try:
        return matches_full(value if isinstance(value, str) else str(value), text)
    except FhirPathError:
        return True


def _told(holds: Callable[[Any], bool], name: str, wanted: str, node: Node, profile: str) -> Check:
    def check(value: Any, at: At, run: Run) -> None:
        found = plain(value)
        if found is None or holds(found):
            return
        text = f"The value is {text_of(found)}; {profile} asks for {wanted}"
        run.report("error", "value", text, at, name)

    return check


def text_of(value: Any) -> str:
    """As a message shows it."""
    if isinstance(value, Mapping):
        parts = (f"{name}: {text_of(part)}" for name, part in value.items())
        return shown("{" + ", ".join(parts) + "}").strip("'\"")
    if isinstance(value, list):
        return "[" + ", ".join(map(text_of, value)) + "]"
    return shown(value)
