"""The JSON of a message's resources, written once for all that looks at it."""

from typing import Any

from exchange.fhirjson import dumps, rest_of, split

Resource = dict[str, Any]


class Texts:
    """Remembers by identity: nobody changes a resource meanwhile."""

    def __init__(self) -> None:
        self._known: dict[int, tuple[Resource, bytes]] = {}

    def of(self, resource: Resource) -> bytes:
        """What `dumps` gives."""
        known = self._known.get(id(resource))
        if known is None:
            known = self._known[id(resource)] = resource, dumps(resource)
        return known[1]

    def readable(self, resource: Resource) -> bytes | None:
        """The same; None for what is no JSON, which is told where it is written."""
        try:
            return self.of(resource)
        except (ValueError, TypeError):
            return None

    def rest(self, resource: Resource) -> bytes:
        """What stands behind resourceType, id and meta."""
        return rest_of(resource, self.of(resource))

    def split(self, resource: Resource) -> tuple[bytes, bytes]:
        """What stands before and after version and time."""
        return split(resource, self.rest(resource))
