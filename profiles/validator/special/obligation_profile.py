"""Profiles that say what is owed, and nothing else.

https://hl7.org/fhir/extensions/StructureDefinition-obligation-profile.html
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from profiles.snapshot import CORE
from profiles.validator.context import Context
from profiles.validator.special.extension import extended
from terminology.issue import Issue

Element = Mapping[str, Any]
INHERITED: Final = f"{CORE}inherit-obligations"
MARK: Final = f"{CORE}obligation-profile"
_TOOLS: Final = "http://hl7.org/fhir/tools/StructureDefinition/"
_OBLIGATIONS: Final = frozenset((f"{CORE}obligation", f"{_TOOLS}obligation"))
_ADDITIONAL: Final = f"{_TOOLS}additional-binding"
_STRICT: Final = frozenset(("maximum", "required", "extensible"))
_ALLOWED: Final = frozenset(("id", "path", "min", "max", "mustSupport"))


def obligations(value: Element, base: Element | None, context: Context) -> Iterator[Issue]:
    yield from _inherited(value, context)
    if not any(one.get("valueBoolean") for one in extended(value, MARK)):
        return
    if value.get("derivation") != "constraint":
        text = "Only what constrains another profile can be an obligation profile"
        yield context.issue("error", "invalid", text, "obligation-derivation")
    elif base is not None:
        held = {one.get("id"): one for one in base.get("snapshot", {}).get("element", ())}
        for index, element in enumerate(value.get("differential", {}).get("element", ())):
            at = f".differential.element[{index}]"
            yield from _element(element, held.get(element.get("id")), at, context)


def _inherited(value: Element, context: Context) -> Iterator[Issue]:
    """https://hl7.org/fhir/extensions/StructureDefinition-inherit-obligations.html"""
    for index, extension in enumerate(value.get("extension", ())):
        if extension.get("url") != INHERITED:
            continue
        canonical = str(extension.get("valueCanonical", ""))
        profile, at = context.definition(canonical), f".extension[{index}]"
        if profile is None:
            text = f"The profile {canonical!r} is not known"
            yield context.issue("warning", "not-found", text, "obligation-unknown", at)
        elif not any(one.get("valueBoolean") for one in extended(profile, MARK)):
            text = f"The profile {canonical!r} is not marked as an obligation profile"
            yield context.issue("error", "invalid", text, "obligation-profile", at)
        elif profile.get("baseDefinition") != value.get("baseDefinition"):
            text = f"The profile {canonical!r} has another base: {profile.get('baseDefinition')}"
            yield context.issue("error", "invalid", text, "obligation-base", at)


def _element(element: Element, base: Element | None, at: str, context: Context) -> Iterator[Issue]:
    name = element.get("id", "")
    if base is None:
        text = f"The base has no element {name!r}, and obligations alone add none"
        yield context.issue("error", "invalid", text, "obligation-element", at)
        return
    for index, extension in enumerate(element.get("extension", ())):
        if extension.get("url") not in _OBLIGATIONS:
            yield _not_here(name, f"extension {extension.get('url')}", f"{at}.extension[{index}]", context)
    if element.get("path") != base.get("path"):
        text = f"The path of {name!r} is not {base.get('path')}"
        yield context.issue("error", "invalid", text, "obligation-path", f"{at}.path[0]")
    for other in element.keys() - _ALLOWED - {"extension", "binding"}:
        yield _not_here(name, other, f"{at}.{other}[0]", context)
    if "binding" in element and "binding" not in base:
        yield _not_here(name, "binding", f"{at}.binding[0]", context)
    elif "binding" in element:
        yield from _binding(name, element["binding"], base["binding"], f"{at}.binding[0]", context)


def _binding(name: str, binding: Element, base: Element, at: str, context: Context) -> Iterator[Issue]:
    """It may add bindings that bind nobody, and repeats the strength."""
    for index, extension in enumerate(binding.get("extension", ())):
        purposes = {one.get("valueCode") for one in extended(extension, "purpose")}
        below = f"{at}.extension[{index}]"
        if extension.get("url") != _ADDITIONAL:
            yield _not_here(name, f"extension {extension.get('url')}", below, context)
        elif purposes & _STRICT:
            yield _not_here(
                name, f"additional binding that is {', '.join(map(str, purposes))}", below, context
            )
    if "strength" in binding and binding["strength"] != base.get("strength"):
        yield _not_here(name, f"other strength than {base.get('strength')}", f"{at}.strength[0]", context)
    for other in binding.keys() - {"extension", "strength", "id"}:
        yield _not_here(name, f"binding's {other}", f"{at}.{other}[0]", context)


def _not_here(name: str, what: str, at: str, context: Context) -> Issue:
    text = f"The element {name!r} of an obligation profile has no {what}"
    return context.issue("error", "invalid", text, "obligation-illegal", at)
