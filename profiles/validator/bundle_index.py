"""The entries of a Bundle by what references call them.

https://hl7.org/fhir/R4/bundle.html#references
"""

import re
from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from profiles.validator.at import ENTRY, ENTRY_RESOURCE, At

RESTFUL: Final = re.compile(
    r"((?:https?)://.+/)?([A-Z][A-Za-z]+)/([A-Za-z0-9\-.]{1,64})(?:/_history/([A-Za-z0-9\-.]{1,64}))?"
)


class Entry(NamedTuple):
    full_url: str
    resource: Mapping[str, Any]
    at: At


class BundleIndex:
    """Every entry once by its fullUrl and once by type and id; in time proportional to the Bundle."""

    __slots__ = ("at", "bundle", "by_full_url", "by_type", "entries", "resources")

    def __init__(self, bundle: Mapping[str, Any], at: At) -> None:
        self.bundle = bundle
        self.at = at
        self.entries: list[Entry] = []
        self.by_full_url: dict[str, list[Entry]] = {}
        self.by_type: dict[str, list[Entry]] = {}
        self.resources: dict[int, Entry] = {}
        for index, given in enumerate(bundle.get("entry", ())):
            self._add(given, (at, ENTRY, index))

    def _add(self, given: Mapping[str, Any], at: At) -> None:
        resource = given.get("resource") or {}
        entry = Entry(given.get("fullUrl", ""), resource, (at, ENTRY_RESOURCE, None))
        self.entries.append(entry)
        if not resource:
            return
        self.resources[id(resource)] = entry
        if entry.full_url:
            self.by_full_url.setdefault(entry.full_url, []).append(entry)
        if "id" in resource:
            self.by_type.setdefault(f"{resource.get('resourceType')}/{resource['id']}", []).append(entry)

    def find(self, reference: str, full_url: str) -> list[Entry]:
        """The entries that a reference in the entry with this fullUrl leads to, by the standard's rules."""
        plain, _, version = reference.partition("#")[0].partition("/_history/")
        found = self.by_full_url.get(self.absolute(plain, full_url), [])
        if version:
            return [entry for entry in found if _version(entry) == version]
        return found

    def absolute(self, reference: str, full_url: str) -> str:
        """A relative reference is from the base of the fullUrl, if that is a RESTful one."""
        if ":" in reference:
            return reference
        match = RESTFUL.fullmatch(full_url)
        return (match[1] or "") + reference if match else reference

    def alike(self, reference: str) -> list[Entry]:
        """The entries of the same type and id, wherever they are from."""
        match = RESTFUL.fullmatch(reference.partition("#")[0])
        return self.by_type.get(f"{match[2]}/{match[3]}", []) if match else []


def _version(entry: Entry) -> Any:
    return (entry.resource.get("meta") or {}).get("versionId")
