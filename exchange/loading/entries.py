"""Documents to resources under their ids, with references as the hub stores them. Pure.

https://hl7.org/fhir/R4/bundle.html#references · https://hl7.org/fhir/R4/http.html#trules
"""

import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import parse_qsl
from uuid import NAMESPACE_OID, UUID, uuid5

from exchange.bundle import conditional
from exchange.fhirjson import dumps
from exchange.store.types import RESOURCE_TYPES
from terminology.issue import Issue
from terminology.naming import canonical_system

Resource = dict[str, Any]

# Bundles that only carry resources; a document or a message is a resource itself.
CARRIERS = frozenset(("transaction", "batch", "collection", "searchset"))
# What conditional references name: the directory, and the few things that many records share. All else is
# looked up in the store when everything is in it.
SHARED = frozenset(
    {"Organization", "Practitioner", "PractitionerRole", "Location", "HealthcareService", "Endpoint"}
    | {"Patient", "Device", "Medication", "Group"}
)

_TYPES = frozenset(RESOURCE_TYPES)
_ID = re.compile(r"[A-Za-z0-9\-.]{1,64}")


@dataclass(frozen=True, slots=True)
class Reference:
    """A `reference` that may have to be rewritten: `container["reference"]` is `value`."""

    container: Resource
    value: str


@dataclass(frozen=True, slots=True)
class Entry:
    """One resource. `place` is where it stands in a Bundle (`Bundle.entry[3].resource`).

    `issues` say why it cannot be stored; `references` are those that may have to be rewritten.
    """

    place: str
    resource: Resource
    full_url: str = ""
    references: Sequence[Reference] = ()
    issues: list[Issue] = field(default_factory=list)

    @property
    def name(self) -> str:
        """`Type/id`."""
        return f"{self.resource['resourceType']}/{self.resource['id']}"


@dataclass(frozen=True, slots=True)
class Document:
    """What a Bundle brings. Of an `atomic` one all is stored or nothing."""

    entries: Sequence[Entry]
    atomic: bool = False


def is_carrier(value: Resource) -> bool:
    """Whether it is a Bundle that is taken apart."""
    return value.get("resourceType") == "Bundle" and value.get("type") in CARRIERS


def document_of(bundle: Resource) -> Document:
    """The entries of a carrier; each resource gets an id if it has none."""
    listed = bundle.get("entry")
    entries = [
        _entry(entry, f"Bundle.entry[{number}]")
        for number, entry in enumerate(listed if isinstance(listed, list) else ())
        if not _is_outcome(entry)
    ]
    return Document(entries, atomic=bundle["type"] == "transaction")


def single(value: Resource) -> Entry:
    """A resource by itself, which gets an id if it has none."""
    return _identified(Entry("", value))


def identities(document: Document) -> dict[str, str]:
    """Full URL → `Type/id`, for every entry that has an identity."""
    return {entry.full_url: entry.name for entry in document.entries if entry.full_url and entry.resource}


def references(resource: Resource) -> list[Reference]:
    """Every Reference.reference but those as plain as `Patient/1` and `#contained`; contained ones too."""
    found = []
    stack: list[Any] = [resource]
    while stack:
        node = stack.pop()
        if type(node) is dict:
            value = node.get("reference")
            if type(value) is str and (":" in value or "?" in value):
                found.append(Reference(node, value))
            for child in node.values():
                if type(child) is dict or type(child) is list:
                    stack.append(child)
        else:
            for child in node:
                if type(child) is dict or type(child) is list:
                    stack.append(child)
    return found


def key_of(reference: str) -> str | None:
    """`Type|system|value` of a conditional reference by one full identifier, as `declared` has it."""
    criteria = conditional(reference)
    if criteria is None or not criteria.query.startswith("identifier="):
        return None
    pairs = parse_qsl(criteria.query, keep_blank_values=True)
    if len(pairs) != 1:
        return None
    system, bar, value = pairs[0][1].partition("|")
    return f"{criteria.type}|{canonical_system(system)}|{value}" if bar and system and value else None


def declared(document: Document) -> Iterator[tuple[str, str]]:
    """(`Type|system|value`, `Type/id`) of the identifiers that shared resources have."""
    for entry in document.entries:
        if entry.issues or entry.resource["resourceType"] not in SHARED:
            continue
        listed = entry.resource.get("identifier")
        for identifier in listed if isinstance(listed, list) else ():
            if isinstance(identifier, dict):
                system, value = identifier.get("system"), identifier.get("value")
                if isinstance(system, str) and isinstance(value, str):
                    yield f"{entry.resource['resourceType']}|{canonical_system(system)}|{value}", entry.name


def asked(document: Document) -> set[str]:
    """The conditional references in it."""
    return {
        reference.value
        for entry in document.entries
        if not entry.issues
        for reference in entry.references
        if "?" in reference.value and conditional(reference.value) is not None
    }


def link(entry: Entry, known: Mapping[str, str], matches: Mapping[str, str]) -> None:
    """Let each reference name its resource; what names nothing becomes an issue.

    known: full URL → `Type/id`, of the document; matches: conditional reference → `Type/id`.
    """
    for reference in entry.references:
        value = reference.value
        target = known.get(value) or matches.get(value)
        if target is not None:
            reference.container["reference"] = target
        elif value.startswith(("urn:uuid:", "urn:oid:")):
            entry.issues.append(Issue("error", "not-found", f"no entry has the fullUrl {value[:80]}"))
        elif conditional(value) is not None:
            entry.issues.append(
                Issue("error", "not-found", f"{value[:120]} names nothing that is loaded, or several")
            )


def _entry(entry: Any, place: str) -> Entry:
    resource = entry.get("resource") if isinstance(entry, dict) else None
    if not isinstance(resource, dict):
        return _refused(place, "it has no resource")
    request = entry.get("request")
    method, url = _request(request)
    if method not in ("PUT", "POST", ""):
        return _refused(place, f"its request is {method}: only what PUT or POST stores can be loaded")
    full_url = entry.get("fullUrl")
    place += ".resource"
    if "id" not in resource and method == "PUT" and "?" not in url:
        resource["id"] = url.rpartition("/")[2]
    return _identified(Entry(place, resource, full_url if isinstance(full_url, str) else ""))


def _is_outcome(entry: Any) -> bool:
    """A searchset's word about the search itself."""
    search = entry.get("search") if isinstance(entry, dict) else None
    return isinstance(search, dict) and search.get("mode") == "outcome"


def _request(request: Any) -> tuple[str, str]:
    if not isinstance(request, dict):
        return "", ""
    method, url = request.get("method"), request.get("url")
    return method if isinstance(method, str) else "", url if isinstance(url, str) else ""


def _identified(entry: Entry) -> Entry:
    """Without an id it gets its full URL's UUID, else one made of its content: loading again is the same."""
    kind, id_ = entry.resource.get("resourceType"), entry.resource.get("id")
    if not isinstance(kind, str) or kind not in _TYPES:
        return _refused(entry.place, "its resourceType is none of R4")
    if id_ is None:
        entry.resource["id"] = _uuid_of(entry.full_url) or _content_id(entry.resource)
    elif not isinstance(id_, str) or not _ID.fullmatch(id_):
        return _refused(entry.place, "its id is no FHIR id")
    return replace(entry, references=references(entry.resource))


def _refused(place: str, reason: str) -> Entry:
    return Entry(place, {}, issues=[Issue("error", "invalid", reason)])


def _uuid_of(full_url: str) -> str:
    try:
        return str(UUID(full_url.removeprefix("urn:uuid:"))) if full_url.startswith("urn:uuid:") else ""
    except ValueError:
        return ""


def _content_id(resource: Resource) -> str:
    return str(uuid5(NAMESPACE_OID, hashlib.sha256(dumps(resource)).hexdigest()))
