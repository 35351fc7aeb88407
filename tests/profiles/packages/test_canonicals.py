"""A canonical finds the one definition that the standard means, over several packages."""

from typing import Any

import pytest

from profiles.definitions import definitions
from profiles.packages.canonicals import CORE, Canonicals
from profiles.packages.package import package_of

URL = "http://example.org/ValueSet/a"


def value_set(version: str, **more: Any) -> dict[str, Any]:
    return {"resourceType": "ValueSet", "url": URL, "version": version, "status": "active", **more}


def found(canonical: str, *resources: dict[str, Any]) -> dict[str, Any] | None:
    return Canonicals([package_of([resource]) for resource in resources]).resource(canonical)


@pytest.mark.parametrize(
    ("asked", "version"),
    [
        (URL, "1.10.0"),
        (f"{URL}|1.9.0", "1.9.0"),
        (f"{URL}|1.9", "1.9.3"),
        (f"{URL}|1.10", "1.10.0"),
        (f"{URL}|2.0.0", None),
        ("http://example.org/ValueSet/b", None),
    ],
)
def test_the_version_that_is_asked_for_or_the_latest(asked: str, version: str | None) -> None:
    given = [value_set(one) for one in ("1.10.0", "1.9.0", "1.9.3")]
    answer = found(asked, *given)
    assert (answer and answer["version"]) == version


def test_an_active_definition_answers_rather_than_a_later_draft() -> None:
    answer = found(
        URL, value_set("1.0"), value_set("2.0", status="draft"), value_set("3.0", status="retired")
    )
    assert answer == value_set("1.0")


def test_of_equal_versions_the_later_date_then_the_later_package_answers() -> None:
    newer, older = value_set("1.0", date="2024-05"), value_set("1.0", date="2023")
    assert found(URL, newer, older) == newer
    assert found(URL, value_set("1.0", id="a"), value_set("1.0", id="b")) == value_set("1.0", id="b")


def test_every_version_is_told() -> None:
    world = Canonicals([package_of([value_set("1.10"), value_set("1.9")])])
    assert world.versions(URL) == ["1.9", "1.10"]
    assert world.and_packages(package_of([value_set("0.1")])).versions(URL) == ["0.1", "1.9", "1.10"]
    assert world.versions(URL) == ["1.9", "1.10"]


def test_structures_are_found_by_type_and_by_canonical() -> None:
    world = definitions().canonicals
    patient = world.structure("Patient")
    assert patient is not None
    assert patient is world.structure(CORE + "Patient") is world.structure(CORE + "Patient|4.0.1")
    assert world.structure("http://hl7.org/fhir/ValueSet/administrative-gender") is None
    assert world.structure("Nothing") is None


def test_the_profiles_on_a_type_are_told() -> None:
    world = definitions().canonicals
    assert CORE + "vitalsigns" in world.profiles("Observation")
    assert CORE + "Observation" not in world.profiles("Observation")
    assert CORE + "patient-birthPlace" in world.profiles("Extension")
