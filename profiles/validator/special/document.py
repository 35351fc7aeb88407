"""The Bundles of documents and messages: what the first resource refers to, and what is reached from it.

https://hl7.org/fhir/R4/documents.html#content and https://hl7.org/fhir/R4/messaging.html
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, Literal

from profiles.validator.bundle_index import BundleIndex
from profiles.validator.context import Context
from profiles.validator.special.bundle_links import styled
from profiles.validator.special.reachable import reached
from terminology.issue import Issue

Element = Mapping[str, Any]
_NOT_FORWARDS: Final = "Entry {url!r} is not reached by following links forwards from the Composition"
_NOT_AT_ALL: Final = (
    "Entry {url!r} is not reached by traversing links, forwards or backwards, from the {first}"
)
_COMPOSITION: Final[Sequence[tuple[str, str, str]]] = (
    ("subject", "", "Composition.subject"),
    ("encounter", "", "Composition.encounter"),
    ("author", "", "Composition.author"),
    ("attester", "party", "Composition.attester"),
    ("custodian", "", "Composition.custodian"),
    ("event", "detail", "Composition.event"),
)


def document(value: Element, context: Context) -> Iterator[Issue]:
    index = context.scope.entries()
    first = value["entry"][0]
    composition = first.get("resource", {})
    if composition.get("resourceType") != "Composition":
        return
    full_url = first.get("fullUrl", "")
    for name, below, told in _COMPOSITION:
        for reference, at in _references(composition, name, below):
            yield from _resolved(reference, index, full_url, f".entry[0].resource{at}", told, context)
    yield from _sections(composition, ".entry[0].resource", index, full_url, context)
    yield from _reachable(value, index, "Composition", context)


def message(value: Element, context: Context) -> Iterator[Issue]:
    index = context.scope.entries()
    first = value["entry"][0]
    header = first.get("resource", {})
    if header.get("resourceType") != "MessageHeader":
        return
    for reference, at in _references(header, "focus", ""):
        below = f".entry[0].resource{at}"
        yield from _resolved(
            reference, index, first.get("fullUrl", ""), below, "MessageHeader.focus", context
        )
    yield from _reachable(value, index, "MessageHeader", context)


def _references(holder: Element, name: str, below: str) -> Iterator[tuple[str, str]]:
    """The literal references in an element, or in an element of it, and where they stand."""
    given = holder.get(name, ())
    values = list(enumerate(given)) if isinstance(given, list) else [(None, given)]
    for number, value in values:
        at = f".{name}" if number is None else f".{name}[{number}]"
        if below and value:
            yield from ((reference, at + rest) for reference, rest in _references(value, below, ""))
        elif value and "reference" in value:
            yield value["reference"], at


def _sections(
    holder: Element, at: str, index: BundleIndex, full_url: str, context: Context
) -> Iterator[Issue]:
    for number, section in enumerate(holder.get("section", ())):
        below = f"{at}.section[{number}]"
        for name in ("focus", "author", "entry"):
            for reference, rest in _references(section, name, ""):
                yield from _resolved(reference, index, full_url, below + rest, "Composition.section", context)
        yield from _sections(section, below, index, full_url, context)


def _resolved(
    reference: str, index: BundleIndex, full_url: str, at: str, told: str, context: Context
) -> Iterator[Issue]:
    if reference.startswith("#"):
        return
    found = len(index.find(reference, full_url))
    if found > 1:
        text = f"Found {found} matches for {reference!r} in the bundle ({told})"
        yield context.issue("error", "invalid", text, "bundle-reference-several", at)
    elif not found and index.alike(reference):
        text = (
            f"Can't find {reference!r} in the bundle ({told}). A resource has the same type and id, "
            "but by its fullUrl it is another one"
        )
        yield context.issue("error", "invalid", text, "bundle-reference-other", at)
    elif not found:
        text = f"Can't find {reference!r} in the bundle ({told})"
        yield context.issue("error", "not-found", text, "bundle-reference", at)


def _reachable(value: Element, index: BundleIndex, first: str, context: Context) -> Iterator[Issue]:
    forwards, both = reached(index)
    forwards = forwards | styled(value)
    for number, entry in enumerate(value["entry"]):
        resource = entry.get("resource")
        if resource is None or number in forwards:
            continue
        url, at = entry.get("fullUrl", number), f".entry[{number}]"
        if number not in both:
            severity: Literal["error", "warning"] = "error" if first == "Composition" else "warning"
            text = _NOT_AT_ALL.format(url=url, first=first)
            yield context.issue(severity, "informational", text, "bundle-unreachable", at)
        elif first != "Composition":
            text = f"Entry {url!r} is reached from the {first} backwards only: is it needed?"
            yield context.issue("information", "informational", text, "bundle-reached-backwards", at)
        elif resource.get("resourceType") != "Provenance":
            text = _NOT_FORWARDS.format(url=url)
            yield context.issue("warning", "invalid", text, "bundle-reached-backwards", at)
