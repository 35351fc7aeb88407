"""One resource and one patch document of any form, to the resource as it is after.

https://hl7.org/fhir/R4/http.html#patch
"""

from typing import Any, Final

from exchange.fhirjson import UnreadableJson, dumps, loads
from exchange.outcome import FhirError
from exchange.patch.fhirpath_patch import fhirpath_patch
from exchange.patch.json_patch import json_patch, takes_away
from exchange.patch.xml_patch import xml_patch
from exchange.patch.xml_tree import read, write
from exchange.xml import UnreadableXml, UnwritableXml
from exchange.xml import dumps as xml_dumps
from exchange.xml import loads as xml_loads
from profiles.definitions import Definitions

Resource = dict[str, Any]

JSON_PATCH: Final = "application/json-patch+json"
XML_PATCH: Final = "application/xml-patch+xml"
FHIR_JSON: Final = frozenset(("application/fhir+json", "application/json", "text/json"))
FHIR_XML: Final = frozenset(("application/fhir+xml", "application/xml", "text/xml"))
PATCH_FORMATS: Final = (JSON_PATCH, "application/fhir+json", "application/fhir+xml", XML_PATCH)


def patched(resource: Resource, content_type: str, body: bytes, definitions: Definitions) -> Resource:
    """Raises FhirError: 400 if the body is no patch, 415 for another format, 422 if it cannot be applied or
    would make another resource of it. Whether the result is valid is left to the check of every write."""
    media = content_type.partition(";")[0].strip().lower()
    if media == JSON_PATCH:
        return by_json_patch(resource, _json(body))
    if media == XML_PATCH:
        return _by_xml_patch(resource, body, definitions)
    if media in FHIR_JSON:
        return by_parameters(resource, _from_json(body), definitions)
    if media in FHIR_XML:
        return by_parameters(resource, _from_xml(body, definitions), definitions)
    accepted = ", ".join(PATCH_FORMATS)
    raise FhirError("media-type", f"Send {accepted}", "Content-Type", headers=(("Accept-Patch", accepted),))


def by_json_patch(resource: Resource, patch: Any) -> Resource:
    """The same for a JSON Patch that has been read."""
    try:
        changed = json_patch(resource, patch)
        return _sound(resource, without_empty(changed) if takes_away(patch) else changed)
    except RecursionError:
        raise FhirError("rule", "The patch nests the resource too deep") from None


def by_parameters(resource: Resource, patch: Resource, definitions: Definitions) -> Resource:
    """The same for a FHIRPath Patch that has been read."""
    try:
        return _sound(resource, fhirpath_patch(resource, patch, definitions))
    except RecursionError:
        raise FhirError("rule", "The patch nests the resource too deep") from None


def without_empty(value: Any) -> Any:
    """Without the objects and arrays that have nothing: FHIR has no empty elements."""
    if type(value) is dict:
        kept = {name: without_empty(child) for name, child in value.items()}
        return {name: child for name, child in kept.items() if child not in ({}, [])}
    if type(value) is list:
        return [child for child in map(without_empty, value) if child not in ({}, [])]
    return value


def _by_xml_patch(resource: Resource, patch: bytes, definitions: Definitions) -> Resource:
    """Narratives that the patch leaves alone keep their text to the byte."""
    try:
        document = xml_dumps(resource, definitions)
    except UnwritableXml as error:
        raise FhirError.of("rule", (error.issue,)) from None
    unchanged = xml_loads(write(read(document)), definitions)
    known = dict(zip(_narratives(unchanged), _narratives(resource), strict=True))
    try:
        changed = xml_loads(xml_patch(document, patch), definitions)
    except UnreadableXml as error:
        raise FhirError.of("rule", (error.issue,)) from None
    for each in (changed, *_contained(changed)):
        narrative = each.get("text")
        if type(narrative) is dict and narrative.get("div") in known:
            narrative["div"] = known[narrative["div"]]
    return _sound(resource, changed)


def _narratives(resource: Resource) -> list[str]:
    texts = [each.get("text") for each in (resource, *_contained(resource))]
    return [text["div"] for text in texts if type(text) is dict and "div" in text]


def _contained(resource: Resource) -> list[Resource]:
    return [each for each in resource.get("contained", ()) if type(each) is dict]


def _json(body: bytes) -> Any:
    """An array, as strictly as a resource is read."""
    document = _from_json(b'{"patch":%b}' % body)
    if list(document) != ["patch"]:
        raise FhirError("unreadable", "JSON is malformed")
    return document["patch"]


def _from_json(body: bytes) -> Resource:
    try:
        return loads(body)
    except UnreadableJson as error:
        raise FhirError.of("unreadable", (error.issue,)) from None


def _from_xml(body: bytes, definitions: Definitions) -> Resource:
    try:
        return xml_loads(body, definitions)
    except UnreadableXml as error:
        raise FhirError.of("unreadable", (error.issue,)) from None


def _sound(before: Resource, after: Any) -> Resource:
    """The same resource still, and nothing in it that could not have been sent."""
    if type(after) is not dict:
        raise FhirError("rule", "The patch leaves no resource")
    for name in ("resourceType", "id"):
        if after.get(name) != before.get(name):
            where = f"{before['resourceType']}.{name}" if name == "id" else name
            raise FhirError("rule", f"A patch does not change the {name}", where)
    try:
        return loads(dumps(after))
    except UnreadableJson as error:
        raise FhirError.of("rule", (error.issue,)) from None
