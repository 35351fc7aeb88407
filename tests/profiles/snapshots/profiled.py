"""Profiles of a few lines, and what their snapshots say."""

from typing import Any

from profiles.definitions import definitions
from profiles.packages.canonicals import CORE
from profiles.packages.package import package_of
from profiles.snapshots.snapshot import Snapshot, Snapshots

BASE = "http://example.org/StructureDefinition/"
Element = dict[str, Any]


def profile(name: str, base: str, *differential: Element, **more: Any) -> dict[str, Any]:
    """A StructureDefinition; its base is a type's name or one of ours."""
    return {
        "resourceType": "StructureDefinition",
        "url": BASE + name,
        "name": name,
        "status": "active",
        "kind": "resource",
        "type": differential[0]["path"].partition(".")[0] if differential else base,
        "baseDefinition": base if ":" in base else CORE + base,
        "derivation": "constraint",
        "differential": {"element": list(differential)},
    } | more


def made(structure: dict[str, Any], *others: dict[str, Any]) -> Snapshot:
    world = definitions().canonicals.and_packages(package_of([*others, structure]))
    return Snapshots(world.structure).snapshot(structure)


def by_id(structure: dict[str, Any], *others: dict[str, Any]) -> dict[str, Element]:
    """The elements of the snapshot by id, in their order."""
    return {element["id"]: element for element in made(structure, *others).elements}


def problems(structure: dict[str, Any], *others: dict[str, Any]) -> list[str]:
    return [f"{issue.expression}: {issue.diagnostics}" for issue in made(structure, *others).issues]
