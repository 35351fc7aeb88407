"""Go on with what is left of a resource whose structure is wrong.

What has a wrong shape is left out, so that everything else can still be judged by rules that take the shape
for granted. https://hl7.org/fhir/R4/json.html
"""

from collections.abc import Sequence
from typing import Any

from profiles.definitions import Definitions
from profiles.primitives import VALID
from terminology.issue import Issue


def sound(
    resource: Any, found: Sequence[Issue], definitions: Definitions
) -> tuple[list[Issue], dict[str, Any] | None]:
    """The structure's issues with FHIRPath's names, and the part of the resource that has the right shape;
    None if there is no such part."""
    kind = resource.get("resourceType") if isinstance(resource, dict) else None
    if not isinstance(kind, str) or kind not in definitions.resource_types:
        return list(found), None
    return list(found), _Reader(definitions).resource(resource)


class _Reader:
    def __init__(self, definitions: Definitions) -> None:
        self._definitions = definitions

    def resource(self, value: Any) -> dict[str, Any] | None:
        kind = value.get("resourceType") if type(value) is dict else None
        if not isinstance(kind, str) or kind not in self._definitions.resource_types:
            return None
        made = self._object(value, kind)
        made["resourceType"] = kind
        return made

    def _object(self, value: dict[str, Any], home: str) -> dict[str, Any]:
        made: dict[str, Any] = {}
        for element in self._definitions.children(home):
            for name, code in element.properties.items():
                below = code if element.is_choice else self._definitions.home(element) or code
                for json, type_ in ((name, below), (f"_{name}", "Element")):
                    if json in value:
                        kept = self._kept(value[json], element.is_list, type_, json[0] == "_")
                        if kept is not None:
                            made[json] = kept
        return made

    def _kept(self, value: Any, is_list: bool, home: str, is_sibling: bool) -> Any:
        if not is_list:
            return self._one(value, home)
        items = value if type(value) is list else [value]
        kept = [self._one(one, home) for one in items]
        if home in VALID or is_sibling:
            return kept if any(one is not None for one in kept) else None
        return [one for one in kept if one is not None] or None

    def _one(self, value: Any, home: str) -> Any:
        if home in ("Resource", "DomainResource"):
            return self.resource(value)
        if home in VALID:
            return value if VALID[home](value) else None
        return (self._object(value, home) or None) if type(value) is dict else None
