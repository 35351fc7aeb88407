"""What an ImplementationGuide depends on, and what it is made of.

https://hl7.org/fhir/R4/implementationguide.html
"""

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any, Final

from profiles.validator.context import Context
from terminology.issue import Issue

Element = Mapping[str, Any]
_GUIDE: Final = "/ImplementationGuide/"
_PACKAGE: Final = re.compile(r"[A-Za-z][A-Za-z0-9\-_]*(\.[A-Za-z0-9\-_]+)+")
_VERSION: Final = re.compile(r"[A-Za-z0-9\-_$]+(\.[A-Za-z0-9\-_$]+)*(\+[A-Za-z0-9.\-]+)?")


def implementation_guide(value: Element, context: Context) -> Iterator[Issue]:
    for index, one in enumerate(value.get("dependsOn", ())):
        yield from _dependency(one, f".dependsOn[{index}]", context)
    yield from _resources(value.get("definition", {}), context)
    for index, one in enumerate(value.get("global", ())):
        held = context.definition(one.get("profile", ""))
        if held is not None and held.get("type") != one.get("type"):
            text = f"The profile {one.get('profile')} is of {held.get('type')}, not of {one.get('type')}"
            yield context.issue("error", "business-rule", text, "guide-global", f".global[{index}]")


def _dependency(one: Element, at: str, context: Context) -> Iterator[Issue]:
    url, package, version = one.get("uri"), one.get("packageId"), one.get("version")
    if url is not None and _GUIDE not in url:
        text = f"The URL of a dependency is that of its ImplementationGuide, not {url!r}"
        yield context.issue("error", "business-rule", text, "guide-dependency", at)
    if package is not None and not _PACKAGE.fullmatch(package):
        text = f"{package!r} is not the id of a package"
        yield context.issue("error", "business-rule", text, "guide-package", at)
    if package is None:
        text = "The dependency does not say in which package it is"
        yield context.issue("warning", "business-rule", text, "guide-package", at)
    if version is None:
        text = "The dependency does not say which version it is on"
        yield context.issue("warning", "business-rule", text, "guide-version", at)
    elif not _VERSION.fullmatch(version):
        text = f"{version!r} is not the version of a package"
        yield context.issue("error", "business-rule", text, "guide-version", at)


def _resources(definition: Element, context: Context) -> Iterator[Issue]:
    """Each stands once, in a group that is there."""
    listed = definition.get("resource", ())
    groups = {one.get("id") for one in definition.get("grouping", ())}
    names = Counter(one.get("reference", {}).get("reference") for one in listed)
    for index, one in enumerate(listed):
        at, reference = f".definition.resource[{index}]", one.get("reference", {}).get("reference")
        if reference is not None and names[reference] > 1:
            text = f"The resource {reference} is listed {names[reference]} times"
            yield context.issue("warning", "business-rule", text, "guide-resource-twice", at)
        if "groupingId" in one and one["groupingId"] not in groups:
            text = f"There is no grouping {one['groupingId']!r}"
            yield context.issue("error", "business-rule", text, "guide-grouping", at)
