"""Segments that a layer declares with named fields become maps: each field is kept on the resource they speak
of, as an extension of its data type.

https://hl7.org/fhir/R4/extensibility.html
"""

from dataclasses import replace
from typing import Final

from adapters.hl7v2.keeping import TYPED, URL
from adapters.mapping.fault import Fault
from adapters.mapping.rows import Layer, LocalSegment, Map, Row

_TEXT: Final = ("valueString", "text")
_KINDS: Final = ("cx_identifier", "ei_identifier")


def with_segment_maps(layer: Layer, faults: list[Fault]) -> Layer:
    """`layer` with a map, and extension names, for each segment that says onto which resource it is kept."""
    maps, extensions = dict(layer.maps), dict(layer.extensions)
    for name, segment in layer.segments.items():
        for number, kind in segment.types.items():
            if kind and kind not in TYPED and kind != "ST":
                known = ", ".join(sorted({*TYPED, "ST"}))
                faults.append(Fault(segment.place, f"{name}-{number}: {kind!r} is none of {known}"))
        if not segment.onto:
            continue
        if name in maps:
            faults.append(Fault(segment.place, f"segment {name} has `onto`, and a map of its name"))
        names = {number: f"{name}-{called}" for called, number in segment.names.items()}
        maps[name] = _map(name, segment, names)
        extensions |= {each: URL + each for each in names.values() if each not in extensions}
    return replace(layer, maps=maps, extensions=extensions)


def _map(name: str, segment: LocalSegment, names: dict[int, str]) -> Map:
    rows = tuple(_row(name, segment, number, called) for number, called in sorted(names.items()))
    return Map(name, segment.place, name, rows, onto=segment.onto)


def _row(name: str, segment: LocalSegment, number: int, called: str) -> Row:
    suffix, function = TYPED.get(segment.types.get(number, ""), _TEXT)
    return Row(
        id=f"{name}-{number}",
        place=segment.place,
        source=f"{name}-{number}",
        target=f"extension({called}).{suffix}",
        function=function,
        given={"kind": called} if function in _KINDS else {},
    )
