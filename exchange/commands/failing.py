"""Which field and which row made the element for which a message is quarantined."""

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from adapters.mapping.fault import MapError
from adapters.mapping.tracing import Origin
from exchange.commands.maps_in_force import MapsInForce
from exchange.inbound.quarantine import Kept
from exchange.inbound.sealing import sealed_by_channel
from exchange.settings import Settings

# How findings about a resource begin: the element, then what is wrong with it.
_ELEMENT: Final = re.compile(r"([A-Z][A-Za-z]+)\.([\w.\[\]]+): ")
_PLACES: Final = re.compile(r"\[\d+\]")


def is_of_element(issue: Mapping[str, Any]) -> bool:
    return _ELEMENT.match(issue["diagnostics"]) is not None


def with_rows(settings: Settings, issues: Sequence[dict[str, Any]], kept: Kept) -> list[dict[str, Any]]:
    """The same, each that is about an element with `source`, `row`, `layer` and `place`, as the maps in force
    have them."""
    if not any(map(is_of_element, issues)):
        return list(issues)
    try:
        maps = MapsInForce(settings)
    except MapError:
        return list(issues)
    envelope = sealed_by_channel(kept.raw, kept.channel, kept.charset, maps.hospitals)
    if envelope.message is None:
        return list(issues)
    origins = maps.traced(envelope)
    made = []
    for issue in issues:
        origin = _origin(issue, origins)
        placed = maps.placed(envelope, origin.row) if origin else None
        told = {"source": origin.source, "row": origin.row} if origin else {}
        where = {"layer": placed.layer, "place": placed.place} if placed else {}
        made.append(issue | told | where)
    return made


def _origin(issue: Mapping[str, Any], origins: Sequence[Origin]) -> Origin | None:
    found = _ELEMENT.match(issue["diagnostics"])
    if found is None:
        return None
    type_, path = found.groups()
    within = [each for each in origins if each.resource.startswith(f"{type_}/")]
    exact = [each for each in within if each.element == path]
    generic = _PLACES.sub("", path)
    near = [each for each in within if _PLACES.sub("", each.element).startswith(generic)]
    return next(iter([*exact, *near]), None)
