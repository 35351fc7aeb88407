"""The links of a Bundle, as far as its type has a use for them.

https://hl7.org/fhir/R4/bundle-definitions.html#Bundle.link
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from profiles.validator.context import Context
from terminology.issue import Issue

Element = Mapping[str, Any]
_PAGES: Final = frozenset(("first", "previous", "prev", "next", "last"))
_PAGED: Final = frozenset(("searchset", "history"))
_STYLES: Final = "stylesheet"
_OWN_STYLES: Final = "https://hl7.org/fhir/fhir.css"


def bundle_links(value: Element, context: Context) -> Iterator[Issue]:
    kind = value.get("type", "")
    seen = set()
    for index, link in enumerate(value.get("link", ())):
        relation, at = link.get("relation", ""), f".link[{index}]"
        below = at if kind in _PAGED else f"{at}.relation"
        if relation in _PAGES and kind not in _PAGED:
            text = f"The link relationship type {relation!r} is for search results and histories alone"
            yield context.issue("error", "invalid", text, "bundle-link-page", below)
        elif relation in seen and (relation in _PAGES or relation == "self"):
            text = f"The link relationship type {relation!r} can only occur once"
            yield context.issue("error", "invalid", text, "bundle-link-twice", below)
        seen.add(relation)
        if relation == _STYLES and kind == "document":
            yield from _styles(link.get("url", ""), value, f"{at}.url", context)


def styled(value: Element) -> frozenset[int]:
    """The entries that are stylesheets of the Bundle."""
    urls = {link.get("url") for link in value.get("link", ()) if link.get("relation") == _STYLES}
    return (
        frozenset(number for number, name in enumerate(_names(value)) if name in urls)
        if urls
        else frozenset()
    )


def _styles(url: str, value: Element, at: str, context: Context) -> Iterator[Issue]:
    if ":" in url:
        if url != _OWN_STYLES:
            text = f"Stylesheets from elsewhere than {_OWN_STYLES} should not be used"
            yield context.issue("warning", "business-rule", text, "bundle-stylesheet-external", at)
        if url.startswith("http:"):
            text = "The stylesheet reference is not secure"
            yield context.issue("warning", "business-rule", text, "bundle-stylesheet-insecure", at)
    elif url not in _names(value):
        text = f"The stylesheet {url!r} is not in the Bundle"
        yield context.issue("error", "not-found", text, "bundle-stylesheet", at)


def _names(value: Element) -> list[str]:
    resources = (entry.get("resource", {}) for entry in value.get("entry", ()))
    return [f"{one.get('resourceType')}/{one.get('id')}" for one in resources]
