"""A feed of patients told by a message, as a transaction. Pure.

https://profiles.ihe.net/ITI/PMIR/ITI-93.html

The message's second part is a history of its sender: what was created, revised or deleted there. An id of the
sender's says nothing here, so a resource gets the id that hospital and sender's id make; what is told again
is the same resource again.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from adapters.mapping.identity import resource_id
from exchange.outcome import FhirError

Resource = dict[str, Any]

EVENT: Final = "urn:ihe:iti:pmir:2019:patient-feed"
_METHODS: Final = frozenset(("POST", "PUT", "DELETE"))
_FOCUS: Final = "Bundle.entry[0].resource.focus"


@dataclass(frozen=True, slots=True)
class Feed:
    """`header` is the message's, `changes` the history that it speaks of, which stands at `place`."""

    header: Resource
    changes: Resource
    place: str


def feed_of(message: Resource) -> Feed:
    """Raises FhirError for a message that is no such feed. Its structure has been checked."""
    if message.get("type") != "message":
        raise FhirError("invalid", "A message is a Bundle of type message", "Bundle.type")
    entries = message.get("entry") or [{}]
    header = entries[0].get("resource", {})
    if header.get("resourceType") != "MessageHeader":
        raise FhirError("invalid", "A message begins with a MessageHeader", "Bundle.entry[0].resource")
    event = header.get("eventUri") or header.get("eventCoding", {}).get("code")
    if event != EVENT:
        raise FhirError("rule", f"Only messages of {EVENT} are processed", "Bundle.entry[0].resource.event")
    named = {each.get("reference", "") for each in header.get("focus", ())}
    histories = [
        (number, each)
        for number, each in enumerate(entries)
        if each.get("resource", {}).get("resourceType") == "Bundle"
    ]
    meant = [each for each in histories if not named or _source_id(each[1]) in map(_last, named)]
    if len(meant) != 1:
        raise FhirError("invalid", "The focus of a feed is one Bundle of the message", _FOCUS)
    number, entry = meant[0]
    place = f"Bundle.entry[{number}].resource"
    if entry["resource"].get("type") != "history":
        raise FhirError("invalid", "The focus of a feed is a Bundle of type history", f"{place}.type")
    return Feed(header, entry["resource"], place)


def transaction_of(feed: Feed, hospital: str) -> Resource:
    """The changes as a transaction that the hospital's client could send. Raises FhirError."""
    told = feed.changes.get("entry", ())
    ids = [_named(each, hospital, f"{feed.place}.entry[{n}]") for n, each in enumerate(told)]
    names = {
        name: f"{kind}/{id_}" for each, (kind, id_) in zip(told, ids, strict=True) for name in _names(each)
    }
    entries = [_entry(each, kind, id_, names) for each, (kind, id_) in zip(told, ids, strict=True)]
    return {"resourceType": "Bundle", "type": "transaction", "entry": entries}


def _entry(told: Resource, kind: str, id_: str, names: Mapping[str, str]) -> Resource:
    url = f"{kind}/{id_}"
    if told["request"]["method"] == "DELETE":
        return {"request": {"method": "DELETE", "url": url}}
    resource = {**_referring(told["resource"], names), "id": id_}
    return {"fullUrl": f"urn:uuid:{id_}", "resource": resource, "request": {"method": "PUT", "url": url}}


def _referring(node: Any, names: Mapping[str, str]) -> Any:
    """The same with the references that the message resolves as they are called here."""
    if isinstance(node, dict):
        made = {name: _referring(value, names) for name, value in node.items()}
        if node.get("reference") in names:
            made["reference"] = names[node["reference"]]
        return made
    return [_referring(each, names) for each in node] if isinstance(node, list) else node


def _named(told: Resource, hospital: str, place: str) -> tuple[str, str]:
    """The type and the id here of what an entry speaks of."""
    request = told.get("request", {})
    if request.get("method") not in _METHODS:
        raise FhirError("invalid", "A change is POST, PUT or DELETE", f"{place}.request.method")
    name = _source_id(told) or str(told.get("resource", {}).get("id", ""))
    kind = told.get("resource", {}).get("resourceType") or request["url"].partition("/")[0]
    if request["method"] != "DELETE" and "resource" not in told:
        raise FhirError("invalid", f"{request['method']} takes a resource", f"{place}.resource")
    if not name:
        raise FhirError("invalid", "A change says by fullUrl or url what it speaks of", f"{place}.fullUrl")
    return kind, resource_id(kind, hospital, f"feed|{name}")


def _names(told: Resource) -> set[str]:
    """How other resources of the message may refer to this one."""
    full, kind = told.get("fullUrl", ""), told.get("resource", {}).get("resourceType", "")
    found = {full, f"{kind}/{_last(full)}", f"{kind}/{told.get('resource', {}).get('id', '')}"}
    return {name for name in found if name and not name.endswith("/")}


def _source_id(told: Resource) -> str:
    """The id at the sender: of the full URL, else of the request's."""
    url = told.get("request", {}).get("url", "")
    return _last(told.get("fullUrl", "")) or (_last(url) if "/" in url else "")


def _last(url: str) -> str:
    return url.rpartition("/")[2].rpartition(":")[2]
