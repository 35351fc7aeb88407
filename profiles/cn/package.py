"""The hub's own profiles as a FHIR package, made from the sources beside this file.

    world = definitions().and_packages(own_package())

`python -m profiles.cn.build TARGET.tgz` writes it, snapshots included, for others to use.
"""

from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any, Final

import msgspec
import yaml

from profiles.cn.code_sets import code_sets
from profiles.cn.structures import BASE, FHIR_VERSION, NAME, VERSION, extension, profile
from profiles.packages.package import Package

SOURCES: Final = Path(__file__).parent / "sources"
_LOADER: Final[Any] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_ENCODE: Final = msgspec.json.Encoder(decimal_format="number").encode


@cache
def own_package() -> Package:
    """Made when it is first asked for; its snapshots are made when they are."""
    resources = {f"{one['resourceType']}-{one['id']}.json": _ENCODE(one) for one in own_resources()}
    return Package({"package.json": _ENCODE(manifest()), **resources})


def own_resources() -> Iterator[dict[str, Any]]:
    """StructureDefinitions with differentials, CodeSystems and ValueSets."""
    for name, source in _read("extensions").items():
        yield extension(name, source)
    for name, source in _read("codes").items():
        yield from code_sets(name, source)
    for path in sorted(SOURCES.glob("*.yaml")):
        source = _read(path.stem)
        if "elements" in source:
            yield profile(source)


def manifest() -> dict[str, Any]:
    return {
        "name": NAME,
        "version": VERSION,
        "type": "IG",
        "license": "Apache-2.0",
        "canonical": BASE.rstrip("/"),
        "url": BASE.rstrip("/"),
        "title": "Yilian's profiles",
        "description": "Chinese patient, encounter, diagnosis, laboratory, imaging and prescription profiles",
        "fhirVersions": [FHIR_VERSION],
        "dependencies": {"hl7.fhir.r4.core": FHIR_VERSION},
        "author": "Yilian",
    }


def _read(name: str) -> dict[str, Any]:
    found: dict[str, Any] = yaml.load((SOURCES / f"{name}.yaml").read_bytes(), _LOADER)  # noqa: S506
    return found
