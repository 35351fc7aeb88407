"""The hub's own package: made from its sources, whole, and what the adapters emit is defined in it."""

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import yaml

from profiles.cn.build import built
from profiles.cn.package import own_package, own_resources
from profiles.cn.structures import BASE, structure_url
from profiles.definitions import definitions
from profiles.packages.package import load_package
from profiles.snapshots.snapshot import Snapshots
from tests.profiles.cn.test_examples import validator

ROOT = Path(__file__).parents[3]
GOLDEN = sorted((ROOT / "tests" / "golden").glob("*/translation.json"))
WORLD = definitions().and_packages(own_package())


@pytest.mark.parametrize(
    "structure",
    [one for one in own_resources() if one["resourceType"] == "StructureDefinition"],
    ids=lambda one: one["id"],
)
def test_every_definition_has_a_snapshot_without_a_fault(structure: dict[str, Any]) -> None:
    assert Snapshots(WORLD.canonicals.structure).snapshot(structure).issues == ()


def test_every_extension_of_the_adapters_is_defined() -> None:
    named = yaml.safe_load((ROOT / "adapters/hl7v2/maps/extensions.yaml").read_text("utf-8"))["extensions"]
    defined = {one["url"] for one in own_resources()}
    assert {url for url in named.values() if url.startswith(BASE)} <= defined


def test_every_value_set_that_is_bound_can_be_enumerated() -> None:
    for one in own_resources():
        if one["resourceType"] == "ValueSet":
            assert WORLD.codings(one["url"]), one["url"]


def test_definitions_are_valid_r4() -> None:
    for one in own_resources():
        assert [x for x in validator().validate(one) if x.severity == "error"] == [], one["id"]


def profile_of(resource: dict[str, Any]) -> str | None:
    """The profile of ours that a resource made from a message is meant to conform to."""
    kind = resource["resourceType"]
    if kind == "Observation":
        codes = {coding.get("code") for one in resource.get("category", ()) for coding in one["coding"]}
        kinds = {"laboratory": "cn-laboratory-result", "imaging": "cn-imaging-finding"}
        return next((name for code, name in kinds.items() if code in codes), None)
    names = {"Patient": "cn-patient", "Encounter": "cn-encounter", "Condition": "cn-diagnosis"}
    return names.get(kind, "cn-laboratory-report" if kind == "DiagnosticReport" else None)


@pytest.mark.parametrize("path", GOLDEN, ids=lambda path: path.parent.name)
def test_what_the_adapters_emit_conforms(path: Path) -> None:
    """But for what a message itself says wrongly: a citizen id of which the check character is not right."""
    for entry in json.loads(path.read_text("utf-8"), parse_float=Decimal)["entries"]:
        resource = entry.get("resource", entry)
        name = profile_of(resource) if "resourceType" in resource else None
        if name:
            found = validator().validate(resource, [structure_url(name)])
            ours = [one for one in found if one.severity == "error" and BASE in one.diagnostics]
            broken = [one for one in found if one.severity == "error" and one.code == "invariant"]
            assert [one for one in (*ours, *broken) if "cn-id-2" not in one.diagnostics] == []


def test_the_written_package_is_the_same_each_time_and_loads(tmp_path: Path) -> None:
    files = built()
    assert files == built()
    for name, content in files.items():
        (tmp_path / name).write_bytes(content)
    package = load_package(tmp_path)
    patient = package.json("StructureDefinition-cn-patient.json")
    assert patient["snapshot"]["element"][0]["id"] == "Patient"
    assert package.manifest["name"] == "yilian.fhir.cn"
