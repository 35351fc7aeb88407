"""What a search has fetched of definitions, over those that the hub has; what it has not is asked for.

https://hl7.org/fhir/R4/valueset.html
"""

from collections.abc import Mapping
from typing import Any

from terminology.library import Entry, Library, entry_of

Name = tuple[str, str]
"""Type and canonical URL, or `ValueSet/` and an id."""


class NotHeld(Exception):
    """The definition has not been looked for yet."""

    def __init__(self, name: Name) -> None:
        super().__init__(*name)
        self.name = name


class Held(Library):
    """`fetched` are the definitions by how they were asked for; None for what is not stored."""

    def __init__(self, fetched: Mapping[Name, Mapping[str, Any] | None], base: Library) -> None:
        super().__init__(base=base)
        self._fetched = fetched

    def _find(self, kind: str, url: str, version: str) -> Entry | None:
        name = kind, f"{url}|{version}" if version else url
        if name not in self._fetched:
            raise NotHeld(name)
        resource = self._fetched[name]
        return super()._find(kind, url, version) if resource is None else entry_of(resource)
