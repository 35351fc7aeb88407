"""Makes fields.json from hl7apy: which fields a segment has, of which data types, and their components.

`python -m adapters.hl7v2.tables.generate_fields`. Facts of every version from 2.1 to 2.8.2 are joined: a
field has all types it ever had, a data type the components of its longest version. hl7apy is needed only
here.
"""

import importlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

VERSIONS = ("2_8_2", "2_8_1", "2_8", "2_7", "2_6", "2_5_1", "2_5", "2_4", "2_3_1", "2_3", "2_2", "2_1")
WITHDRAWN = ("WD", "None")
# What 2.9 added and senders of 2.5.1 already use; hl7apy ends with 2.8.2.
LATER = {
    "NTE": {7: ["DTM"], 8: ["DTM"], 9: ["CWE"]},
    "OBX": {31: ["ID"], 32: ["CWE"], 33: ["EIP"]},
    "PRT": {
        16: ["EI"],
        17: ["DTM"],
        18: ["DTM"],
        19: ["ST"],
        20: ["EI"],
        21: ["EI"],
        22: ["CWE"],
        23: ["CWE"],
        24: ["PLN"],
    },
}


def _fields(version: str) -> Iterator[tuple[str, int, Any]]:
    """(segment, field number, hl7apy's definition) of a version."""
    segments = importlib.import_module(f"hl7apy.v{version}.segments").SEGMENTS
    for segment, reference in segments.items():
        if reference[0] != "sequence" or len(reference) < 2:
            continue
        for name, definition, _, _ in reference[1]:
            yield segment, int(name.rpartition("_")[2]), definition


def _learn(definition: Any, types: dict[str, list[list[str]]]) -> str:
    """The name of a definition's data type; its components go to `types`."""
    if definition[0] == "leaf" or definition[1] is None:
        return str(definition[2])
    components = [_learn(component, types) for _, component, _, _ in definition[1]]
    name = str(definition[2])
    known = types.setdefault(name, [])
    known.extend([] for _ in range(len(components) - len(known)))
    for place, component in zip(known, components, strict=False):
        if component not in place and component not in WITHDRAWN:
            place.append(component)
    return name


def generate() -> dict[str, Any]:
    """`segments`: name → field number → data types; `types`: name → the data types of each component."""
    segments: dict[str, dict[int, list[str]]] = {}
    types: dict[str, list[list[str]]] = {}
    for version in VERSIONS:
        for segment, number, definition in _fields(version):
            name = _learn(definition, types)
            known = segments.setdefault(segment, {}).setdefault(number, [])
            if name not in known and name not in WITHDRAWN:
                known.append(name)
    for segment, later in LATER.items():
        segments[segment] |= later
    return {
        "segments": {name: dict(sorted(fields.items())) for name, fields in sorted(segments.items())},
        "types": dict(sorted(types.items())),
    }


if __name__ == "__main__":
    text = json.dumps(generate(), separators=(",", ":")).replace('},"', '},\n"') + "\n"
    Path(__file__).with_name("fields.json").write_text(text, encoding="ascii")
