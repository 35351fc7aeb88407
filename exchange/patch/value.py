"""The value that an operation of a FHIRPath Patch gives: `value[x]`, a resource, or parts of an element.

https://hl7.org/fhir/R4/fhirpatch.html
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from exchange.outcome import FhirError
from exchange.patch import element
from exchange.patch.element import Content
from exchange.patch.located import property_of
from profiles.fhirpath.types import Member, Type

Part = Mapping[str, Any]
_CHOICE: Final = "value"


def value_code(part: Part) -> str:
    """The type that `value[x]` is of, as its property ends (`DateTime`); empty if there is none."""
    return next((name[len(_CHOICE) :] for name in map(_plain, part) if _is_value(name)), "")


def content_of(part: Part, type_: Type | None, at: str) -> Content:
    """The JSON of the part's value; `type_` is of the element that parts make. Raises 400."""
    given = {_plain(name) for name in part if _is_value(_plain(name)) or name in ("resource", "part")}
    if len(given) != 1:
        raise FhirError("invalid", "A value is one value[x], one resource, or parts", at)
    (name,) = given
    if name == "part":
        return Content(_made(part["part"], type_, at))
    value, beside = part.get(name), part.get(f"_{name}")
    if value is None and not beside:
        raise FhirError("invalid", "The value is empty", at)
    return Content(value, beside)


def member_property(type_: Type, name: str, part: Part, at: str) -> tuple[Member, str]:
    """The element of this name (a choice is `value` or `valueString`), and its property for the value."""
    member = type_.members.get(name)
    if member is None:
        known = type_.properties.get(name)
        if known is None:
            raise FhirError("rule", f"{type_.path} has no element {name[:64]}", at)
        return known[1], name
    property_ = property_of(member, value_code(part))
    if property_ is None:
        raise FhirError("rule", f"{member.path} cannot be a {value_code(part)[:64]}", at)
    return member, property_


def parts_of(part: Part, at: str) -> Sequence[Part]:
    """What stands in `part`, each with its name. Raises 400."""
    parts = part.get("part")
    if type(parts) is not list or not parts:
        raise FhirError("invalid", "Parts are an array", f"{at}.part")
    for number, one in enumerate(parts):
        if type(one) is not dict or not isinstance(one.get("name"), str):
            raise FhirError("invalid", "A part has a name", f"{at}.part[{number}]")
    return parts


def _made(parts: Any, type_: Type | None, at: str) -> dict[str, Any]:
    """The object that has the parts as its elements."""
    if type_ is None or type_.is_primitive:
        raise FhirError("rule", "Parts make an element that has elements", at)
    made: dict[str, Any] = {}
    for number, part in enumerate(parts_of({"part": parts}, at)):
        here = f"{at}.part[{number}]"
        member, name = member_property(type_, part["name"], part, here)
        content = content_of(part, member.types[name], here)
        if member.is_list:
            element.insert(made, name, element.size(made, name), content)
        elif any(element.is_there(made, other) for other in member.types):
            raise FhirError("invalid", f"{member.path} is given twice", here)
        else:
            element.set_single(made, name, content)
    return made


def _plain(name: str) -> str:
    return name.removeprefix("_")


def _is_value(name: str) -> bool:
    return name.startswith(_CHOICE) and name != _CHOICE
