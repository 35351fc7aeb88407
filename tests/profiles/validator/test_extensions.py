"""Where extensions may stand, and what they may be."""

from typing import Any

import pytest

from profiles.validator import Options
from tests.profiles.validator.world import OURS, Json, element, errors, profile, told, validator

COLOUR = OURS + "colour"
RED: Json = {"url": COLOUR, "valueString": "red"}
PATIENT: Json = {"resourceType": "Patient"}


def colour(*contexts: Json, **more: Any) -> Json:
    return profile(
        "colour",
        "Extension",
        element("Extension.url", fixedUri=COLOUR),
        element("Extension.value[x]", min=1, type=[{"code": "string"}]),
        context=list(contexts),
        **more,
    )


def context(kind: str, expression: str) -> Json:
    return {"type": kind, "expression": expression}


@pytest.mark.parametrize(
    ("where", "resource", "expected"),
    [
        (context("element", "Patient"), PATIENT | {"extension": [RED]}, []),
        (context("element", "DomainResource"), PATIENT | {"extension": [RED]}, []),
        (context("element", "Patient.name"), PATIENT | {"name": [{"extension": [RED]}]}, []),
        (context("element", "HumanName"), PATIENT | {"name": [{"extension": [RED]}]}, []),
        (context("element", "Element"), PATIENT | {"name": [{"extension": [RED]}]}, []),
        (
            context("element", "HumanName.family"),
            PATIENT | {"name": [{"family": "x", "_family": {"extension": [RED]}}]},
            [],
        ),
        (
            context("element", "Patient"),
            PATIENT | {"name": [{"extension": [RED]}]},
            [("extension-context", "Patient.name[0]")],
        ),
        (context("fhirpath", "Patient.name"), PATIENT | {"name": [{"extension": [RED]}]}, []),
        (
            context("fhirpath", "Patient.name.where(use = 'usual')"),
            PATIENT | {"name": [{"extension": [RED]}]},
            [("extension-context", "Patient.name[0]")],
        ),
        (
            context("extension", "https://tests.example/outer"),
            PATIENT | {"extension": [RED]},
            [("extension-context", "Patient")],
        ),
    ],
)
def test_contexts(where: Json, resource: Json, expected: list[tuple[str, str]]) -> None:
    assert errors(validator(colour(where)).validate(resource)) == expected


def test_an_invariant_of_the_context() -> None:
    only = colour(context("element", "Patient"), contextInvariant=["birthDate.exists()"])
    given = PATIENT | {"extension": [RED]}
    assert errors(validator(only).validate(given)) == [("extension-invariant", "Patient")]
    assert errors(validator(only).validate(given | {"birthDate": "2001"})) == []


def test_what_nobody_knows() -> None:
    given = PATIENT | {"extension": [{"url": "https://nowhere.example/x", "valueString": "x"}]}
    assert errors(validator().validate(given)) == [("extension-unknown", "Patient.extension[0]")]
    known = Options(best_practice="ignore", extension_domains=("https://nowhere.example/",))
    assert validator(options=known).validate(given) == []
    told_ = validator(options=Options(best_practice="ignore")).validate(given)
    assert [issue.severity for issue in told_] == ["information"]


def test_modifiers_must_be_known_and_be_modifiers() -> None:
    unknown = PATIENT | {"modifierExtension": [{"url": "https://nowhere.example/x", "valueString": "x"}]}
    assert errors(validator().validate(unknown)) == [("modifier-unknown", "Patient.modifierExtension[0]")]
    plain = PATIENT | {"modifierExtension": [RED]}
    found = errors(validator(colour(context("element", "Patient"))).validate(plain))
    assert found == [("extension-modifier", "Patient.modifierExtension[0]")]


def test_the_definition_is_a_profile_of_the_extension() -> None:
    given = PATIENT | {"extension": [{"url": COLOUR, "valueInteger": 1}]}
    found = told(validator(colour(context("element", "Patient"))).validate(given))
    assert found == [("type", "Patient.extension[0].value.ofType(integer)")]
