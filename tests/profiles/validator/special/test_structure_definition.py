"""StructureDefinitions held against their base."""

from typing import Any

import pytest

from profiles.definitions import definitions
from profiles.validator.special.structure_definition import leads_somewhere
from tests.profiles.validator.special.world import told

BASE = "https://yilian.example/fhir/StructureDefinition"
CORE = "http://hl7.org/fhir/StructureDefinition/"


def profile(name: str = "p", *elements: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {
        "resourceType": "StructureDefinition",
        "url": f"{BASE}/{name}",
        "name": "Own",
        "status": "active",
        "kind": "resource",
        "abstract": False,
        "type": "Observation",
        "baseDefinition": f"{CORE}Observation",
        "derivation": "constraint",
        "differential": {"element": [{"id": "Observation", "path": "Observation"}, *elements]},
        **more,
    }


def element(path: str, **more: Any) -> dict[str, Any]:
    return {"id": path, "path": path, **more}


def ids(resource: dict[str, Any], *known: dict[str, Any]) -> list[tuple[str, str]]:
    found = told(resource, *known)
    wanted = ("structure-", "obligation-")
    return [
        (name, at.removeprefix("StructureDefinition")) for _, name, at in found if name.startswith(wanted)
    ]


def test_a_right_profile_is_silent() -> None:
    assert ids(profile("p", element("Observation.subject", min=1))) == []


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (element("Observation.valueBla"), ["structure-snapshot"]),
        (element("Observation.none", min=1), ["structure-snapshot"]),
        (
            element("Observation.value[x]", type=[{"code": "Quantity", "profile": [f"{CORE}Patient"]}]),
            ["structure-type-profile"],
        ),
        (
            element(
                "Observation.component",
                slicing={"discriminator": [{"type": "value", "path": "kind"}], "rules": "open"},
            ),
            ["structure-discriminator"],
        ),
    ],
)
def test_what_the_base_does_not_allow(given: dict[str, Any], expected: list[str]) -> None:
    assert set(expected) <= {name for name, _ in ids(profile("p", given))}


def test_what_is_fixed_stays_so() -> None:
    base = profile("base", element("Observation.status", fixedCode="final"))
    derived = profile("p", element("Observation.status", fixedCode="amended"), baseDefinition=f"{BASE}/base")
    assert ("structure-fixed", ".differential.element[1]") in ids(derived, base)


def test_bases_that_are_not_there() -> None:
    assert ids(profile(baseDefinition="urn:none")) == [("structure-base", "")]
    assert ids(profile(baseDefinition=f"{BASE}/p")) == [("structure-circle", ".baseDefinition")]


def test_obligations_come_from_profiles_for_them() -> None:
    url = f"{CORE}inherit-obligations"
    marked = {"url": f"{CORE}obligation-profile", "valueBoolean": True}
    known = [
        profile("good", extension=[marked]),
        profile("plain"),
        profile("other", extension=[marked], baseDefinition=f"{CORE}vitalsigns"),
    ]
    asked = [{"url": url, "valueCanonical": f"{BASE}/{name}"} for name in ("good", "plain", "other", "none")]
    assert ids(profile(extension=asked), *known) == [
        ("obligation-profile", ".extension[1]"),
        ("obligation-base", ".extension[2]"),
        ("obligation-unknown", ".extension[3]"),
    ]


@pytest.mark.parametrize(
    ("sliced", "path", "found"),
    [
        ("Observation.component", "code", True),
        ("Observation.component", "$this.code.coding.code", True),
        ("Observation.component", "value.ofType(Quantity)", True),
        ("Observation.component", "extension('urn:a').value", True),
        ("Observation.component", "kind", False),
        ("Observation.extension", "url", True),
        ("Observation.extension", "type", False),
        ("Bundle.entry", "resource.anything", True),
        ("Nothing.here", "anything", True),
    ],
)
def test_the_paths_of_discriminators(sliced: str, path: str, found: bool) -> None:
    assert leads_somewhere(sliced, path, definitions()) is found
