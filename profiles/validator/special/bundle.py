"""A Bundle by its type: links, fullUrls, and what the first entry is.

https://hl7.org/fhir/R4/bundle.html
"""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from profiles.validator.context import Context
from profiles.validator.special.bundle_links import bundle_links
from profiles.validator.special.document import document, message
from profiles.validator.special.form import form_issue
from profiles.validator.special.searchset import searchset
from terminology.issue import Issue

Element = Mapping[str, Any]
_WITHOUT_URLS: Final = frozenset(("transaction", "transaction-response", "batch", "batch-response"))
_RESTFUL: Final = re.compile(
    r"https?://\S+/([A-Z][A-Za-z]+)/([A-Za-z0-9\-.]{1,64})(?:/_history/[A-Za-z0-9\-.]+)?"
)
_BEFORE_TERMINOLOGY: Final = ("http://hl7.org/fhir/v2/", "http://hl7.org/fhir/v3/")
_BY_TYPE: Final[Mapping[str, Callable[[Element, Context], Iterator[Issue]]]] = {
    "document": document,
    "message": message,
    "searchset": searchset,
}
_FIRST: Final = {"document": "Composition", "message": "MessageHeader"}


def bundle(value: Element, context: Context) -> Iterator[Issue]:
    kind = value.get("type", "")
    entries = value.get("entry", ())
    yield from bundle_links(value, context)
    if kind in _FIRST:
        yield from _first(kind, entries, context)
    if kind in _BY_TYPE and entries:
        yield from _BY_TYPE[kind](value, context)
    for index, entry in enumerate(entries):
        yield from _full_url(kind, entry, f".entry[{index}]", context)


def _first(kind: str, entries: Any, context: Context) -> Iterator[Issue]:
    wanted = _FIRST[kind]
    if not entries:
        text = f"A {kind} has a {wanted} in its first entry"
        yield context.issue("error", "invalid", text, "bundle-first")
    elif entries[0].get("resource", {}).get("resourceType") != wanted:
        text = f"The first entry of a {kind} is a {wanted}"
        yield context.issue("error", "invalid", text, "bundle-first", ".entry[0]")


def _full_url(kind: str, entry: Element, at: str, context: Context) -> Iterator[Issue]:
    full_url, resource = entry.get("fullUrl"), entry.get("resource")
    if full_url is None:
        if kind not in _WITHOUT_URLS:
            text = (
                "Except for transactions and batches, each entry has a fullUrl: the identity of its resource"
            )
            yield from form_issue(context, "invalid", text, "bundle-full-url", at)
        return
    if ":" not in full_url:
        text = f"The fullUrl is an absolute URL, not {full_url!r}"
        yield from form_issue(context, "invalid", text, "bundle-full-url-absolute", at)
        return
    yield from _canonical(full_url, resource or {}, at, context)
    match = _RESTFUL.fullmatch(full_url)
    if not match or resource is None or match[1] not in context.run.validator.definitions.resource_types:
        return
    type_and_id = f"{resource.get('resourceType')}/{resource.get('id')}"
    if "id" not in resource:
        text = f"The fullUrl {full_url!r} looks like one of a RESTful server, but the resource has no id"
        yield from form_issue(context, "invalid", text, "bundle-full-url-no-id", at)
    elif f"{match[1]}/{match[2]}" != type_and_id:
        text = f"The fullUrl {full_url!r} looks like one of a RESTful server, so it ends with /{type_and_id}"
        yield from form_issue(context, "invalid", text, "bundle-full-url-id", at)


def _canonical(full_url: str, resource: Element, at: str, context: Context) -> Iterator[Issue]:
    """The URL of a definition is where an entry is found only on the server of that URL, by its id."""
    url = resource.get("url")
    is_there = _RESTFUL.fullmatch(full_url) and full_url.endswith(f"/{resource.get('id')}")
    if url == full_url and not is_there and not full_url.startswith(_BEFORE_TERMINOLOGY):
        text = f"The canonical URL cannot be the fullUrl, unless that ends with the id ({full_url})"
        yield from form_issue(context, "invalid", text, "bundle-full-url-canonical", at)
