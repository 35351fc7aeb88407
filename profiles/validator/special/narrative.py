"""The narrative of a resource: what its XHTML may have, and that its links lead somewhere.

https://hl7.org/fhir/R4/narrative.html
"""

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any, Final

from profiles.fhirpath.xhtml import is_plain
from profiles.validator.context import Context
from profiles.validator.special.extension import extended
from profiles.validator.special.link_url import url_fault
from profiles.validator.special.markup import Markup, markup
from terminology.issue import Issue, Severity

Element = Mapping[str, Any]
_SCHEMES: Final = frozenset(("http", "https", "mailto", "tel", "sms", "ftp", "sftp", "data", "cid", "file"))
_USUAL: Final = ("http://", "https://")
_LINK: Final = re.compile(r"""href\s*=\s*["']([^"']*)""")
_TEXT_LINK: Final = "http://hl7.org/fhir/StructureDefinition/textLink"


def narrative(value: Element, context: Context) -> Iterator[Issue]:
    """Of a Narrative, wherever it stands."""
    div = value.get("div")
    if not isinstance(div, str):
        return
    if context.options.markup == "ignore" and "extension" not in value and _says_nothing(div):
        return
    found = markup(div)
    if found.entity:
        text = f"Invalid entity in the XHTML ({found.entity!r})"
        yield context.issue("error", "invalid", text, "xhtml-entity", ".div")
        return
    if found.fault:
        text = f"The XHTML is not well-formed: {found.fault}"
        yield context.issue("error", "invalid", text, "xhtml-form", ".div")
        return
    yield from _forbidden(found, context)
    yield from _misplaced(found, context)
    if context.options.links != "ignore":
        yield from _links(found, context.options.links, context)
    yield from _languages(found, context)
    yield from _text_links(value, found, context)


def _says_nothing(div: str) -> bool:
    """Whether all is allowed, and there are no ids, languages and links that anything could be said of.

    Most narratives are so, and are not read tag by tag.
    """
    if " id=" in div or "lang" in div or not is_plain(div):
        return False
    targets = _LINK.findall(div) if "href" in div else ()
    return all((one.startswith(_USUAL) or ":" not in one) and "&lt;" not in one for one in targets) and (
        '"#' not in div and "'#" not in div and '=""' not in div and "data:" not in div
    )


def _forbidden(found: Markup, context: Context) -> Iterator[Issue]:
    for name in found.elements:
        text = f"Invalid element name in the XHTML ({name!r})"
        yield context.issue("error", "invalid", text, "xhtml-element", ".div")
    for attribute, name in found.attributes:
        text = f"Invalid attribute name in the XHTML ({attribute!r} on {name!r})"
        yield context.issue("error", "invalid", text, "xhtml-attribute", ".div")
    for name, count in Counter(found.ids).items():
        if count > 1:
            text = f"The id {name!r} stands {count} times in the XHTML"
            yield context.issue("warning", "invalid", text, "xhtml-id", ".div")


def _misplaced(found: Markup, context: Context) -> Iterator[Issue]:
    severity = context.options.markup
    if severity != "ignore":
        for text in found.misplaced:
            yield context.issue(severity, "structure", text, "xhtml-order", ".div")


def _links(found: Markup, severity: Severity, context: Context) -> Iterator[Issue]:
    targets: set[str] | None = None
    for link in found.links:
        scheme, colon, _ = link.target.partition(":")
        if fault := url_fault(link.target):
            text = f"The URL is not valid: {fault} ({link.target[:80]!r} at {link.path!r})"
            yield context.issue(severity, "invalid", text, "xhtml-url", ".div")
            continue
        if link.target.startswith("#"):
            targets = _targets(found, context) if targets is None else targets
            if link.target[1:] and link.target[1:] not in targets:
                text = f"Hyperlink {link.target!r} at {link.path!r} for {link.text!r} does not resolve"
                yield context.issue(severity, "invalid", text, "xhtml-link", ".div")
        elif colon and scheme.isalnum() and scheme.lower() not in _SCHEMES:
            text = (
                f"Hyperlink scheme {scheme!r} in {link.target!r} at {link.path!r} is not a hyperlinkable one"
            )
            yield context.issue(severity, "invalid", text, "xhtml-link-scheme", ".div")


def _targets(found: Markup, context: Context) -> set[str]:
    """The ids of this narrative, of all narratives of the resource, and of its elements."""
    targets = {*found.ids, *found.anchors}
    waiting: list[Any] = [context.root]
    while waiting:
        one = waiting.pop()
        if isinstance(one, list):
            waiting.extend(one)
        elif isinstance(one, Mapping):
            if isinstance(one.get("id"), str):
                targets.add(one["id"])
            if isinstance(one.get("div"), str):
                inside = markup(one["div"])
                targets.update(inside.ids, inside.anchors)
            waiting.extend(each for each in one.values() if isinstance(each, (dict, list)))
    return targets


def _languages(found: Markup, context: Context) -> Iterator[Issue]:
    if found.sections and found.is_mixed:
        told = ", ".join(found.sections)
        text = f"The xhtml has some language sections ({told}), and also content that is in none"
        yield context.issue("warning", "business-rule", text, "xhtml-language-mixed", ".div")


def language(value: Element, context: Context) -> Iterator[Issue]:
    """A resource and its own narrative are in one language."""
    div, given = value.get("div"), context.resource.get("language")
    if (
        not isinstance(div, str)
        or not given
        or "lang" not in div
        or value is not context.resource.get("text")
    ):
        return
    said = markup(div).language
    if said and said.lower() != given.lower():
        text = f"Resource has a language ({given}), and the XHTML has a lang ({said}), but they differ"
        at = context.expression.removesuffix(".text")
        yield Issue("warning", "business-rule", text, at, "xhtml-language")


def _text_links(value: Element, found: Markup, context: Context) -> Iterator[Issue]:
    """https://hl7.org/fhir/extensions/StructureDefinition-textLink.html"""
    for link in extended(value, _TEXT_LINK):
        for html_id in (one.get("valueString", "") for one in extended(link, "htmlid")):
            if html_id not in found.ids:
                text = f"The html id {html_id!r} was not found in the xhtml"
                yield context.issue("error", "structure", text, "text-link-id")
        for target in (one.get("valueUri", "") for one in extended(link, "data")):
            if target.startswith("#"):
                yield from _data(target, context)


def _data(target: str, context: Context) -> Iterator[Issue]:
    holders = list(_with_id(context.resource, target[1:]))
    if not holders:
        text = f"The target of the textLink data reference {target!r} was not found in the resource"
        yield context.issue("error", "not-found", text, "text-link-data")
    elif len(holders) > 1:
        text = (
            f"Multiple matching targets for the textLink data reference {target!r} were found in the resource"
        )
        yield context.issue("error", "invalid", text, "text-link-data")


def _with_id(value: Any, name: str) -> Iterator[Element]:
    if isinstance(value, list):
        for one in value:
            yield from _with_id(one, name)
    elif isinstance(value, Mapping):
        if value.get("id") == name:
            yield value
        for one in value.values():
            if isinstance(one, (dict, list)):
                yield from _with_id(one, name)
