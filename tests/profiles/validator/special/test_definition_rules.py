"""StructureDefinitions by themselves: kind, type, contexts, elements, constraints, obligations."""

from typing import Any

import pytest

from profiles.validator import Options, Validator
from profiles.validator.special import RULES
from tests.profiles.validator.special.test_structure_definition import BASE, CORE, element, profile
from tests.profiles.validator.special.world import R4, knowing


def found(resource: dict[str, Any], *known: dict[str, Any]) -> list[tuple[str, str, str]]:
    validator = knowing(*known) if known else Validator(R4, Options(best_practice="ignore"), rules=RULES)
    return [
        (issue.message_id, issue.code, issue.expression.removeprefix("StructureDefinition"))
        for issue in validator.validate(resource)
        if issue.severity == "error" and issue.message_id.startswith(("structure-", "obligation-"))
    ]


def extension(*elements: dict[str, Any], **more: Any) -> dict[str, Any]:
    url = f"{BASE}/e"
    fixed = {"id": "Extension.url", "path": "Extension.url", "fixedUri": url}
    return (
        profile("e", **more)
        | {
            "kind": "complex-type",
            "type": "Extension",
            "baseDefinition": f"{CORE}Extension",
            "context": [{"type": "element", "expression": "Patient"}],
            "differential": {"element": [{"id": "Extension", "path": "Extension"}, *(elements or (fixed,))]},
        }
        | more
    )


def test_kind_and_type_are_those_of_the_base() -> None:
    assert found(profile()) == []
    assert found(profile() | {"kind": "complex-type"})[0] == ("structure-kind", "not-found", "")
    other = profile() | {
        "type": "Patient",
        "differential": {"element": [{"id": "Patient", "path": "Patient"}]},
    }
    assert ("structure-type", "not-found", "") in found(other)
    assert ("structure-type", "not-found", "") in found(profile() | {"derivation": "specialization"})
    bare = profile()
    del bare["derivation"]
    assert ("structure-derivation", "not-found", "") in found(bare)


def test_an_extension_has_its_url_and_its_places() -> None:
    assert found(extension()) == []
    assert ("structure-extension-url", "invalid", "") in found(
        extension(element("Extension.value[x]", min=1))
    )
    wrong = element("Extension.url", fixedUri="https://a.example/other")
    assert ("structure-extension-url", "invalid", "") in found(extension(wrong))
    nowhere = extension(context=[{"type": "element", "expression": "Patient.nothing"}])
    assert ("structure-context-path", "invalid", ".context[0]") in found(nowhere)
    deep = extension(context=[{"type": "element", "expression": "Patient.contact.name.given"}])
    assert found(deep) == []
    placed = profile(context=[{"type": "element", "expression": "Patient"}], contextInvariant=["true"])
    assert [one[2] for one in found(placed)] == [".context[0]", ".contextInvariant[0]"]


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (element("Patient.name"), "structure-path"),
        (element("Observation", slicing={"rules": "open"}), "structure-slicing-root"),
        (element("Observation.subject", slicing={"rules": "open"}), "structure-slicing"),
        (element("Observation.component", slicing={"rules": "open", "discriminator": [
            {"type": "value", "path": "code"}]}), ""),
        (element("Observation.value[x]", meaningWhenMissing="none"), "structure-meaning"),
        (element("Observation.value[x]", type=[{"code": "Quantity", "targetProfile": [f"{CORE}Patient"]}]),
         "structure-target"),
        (element("Observation.value[x]", type=[{"code": "boolean"}],
                 binding={"strength": "required", "valueSet": "http://hl7.org/fhir/ValueSet/languages"}),
         "structure-characteristics"),
        (element("Observation.value[x]", type=[{"code": "boolean"}], maxLength=3),
         "structure-characteristics"),
        (element("Observation.value[x]", type=[{"code": "string"}], maxLength=3), ""),
        (element("Observation.value[x]", type=[{"code": "string"}], minValueInteger=3),
         "structure-characteristics"),
        (element("Observation.status", binding={"strength": "required", "valueSet": f"{CORE}Patient"}),
         "structure-binding"),
    ],
)  # fmt: skip
def test_an_element_says_what_it_can(given: dict[str, Any], expected: str) -> None:
    assert {name for name, _, _ in found(profile("p", given))} - {"structure-snapshot"} == (
        {expected} if expected else set()
    )


def test_a_constraint_is_this_definition_s_own_and_means_one_thing() -> None:
    own = {"key": "o-1", "severity": "error", "human": "x", "expression": "subject.exists()"}
    assert found(profile("p", element("Observation.code", constraint=[own]))) == []
    twice = {**own, "expression": "code.exists()"}
    given = profile(
        "p",
        element("Observation.code", constraint=[own]),
        element("Observation.subject", constraint=[twice, {**own, "source": f"{BASE}/other"}]),
    )
    assert found(given) == [
        ("structure-constraint-key", "invalid", ".differential.element[2].constraint[0]"),
        ("structure-constraint-source", "invalid", ".differential.element[2].constraint[1]"),
    ]


def test_a_snapshot_says_types_and_expressions_that_can_be_read() -> None:
    root = {"id": "Observation", "path": "Observation", "min": 0, "max": "*", "requirements": "x"}
    wrong = {"key": "o-1", "severity": "error", "human": "x", "expression": "valueQuantity.exists()"}
    value = {
        "id": "Observation.status", "path": "Observation.status", "min": 1, "max": "1",
        "type": [{"code": "code"}], "fixedString": "final", "constraint": [wrong],
    }  # fmt: skip
    bare = {"id": "Observation.code", "path": "Observation.code", "min": 1, "max": "1"}
    told = found(profile() | {"snapshot": {"element": [root | {"constraint": [wrong]}, value, bare]}})
    assert ("structure-prohibited", "exception", ".snapshot.element[0]") in told
    assert ("structure-value-type", "exception", ".snapshot.element[1]") in told
    assert ("structure-no-types", "exception", ".snapshot.element[2]") in told
    assert ("structure-constraint", "invalid", ".snapshot.element[0].constraint[0]") in told


def test_an_obligation_profile_adds_obligations_alone() -> None:
    marked = {"extension": [{"url": f"{CORE}obligation-profile", "valueBoolean": True}]}
    good = profile("p", element("Observation.subject", mustSupport=True, min=1), **marked)
    assert found(good) == []
    bad = profile(
        "p",
        element("Observation.subject", short="x"),
        element("Observation.category", binding={"strength": "required", "description": "x"}),
        **marked,
    )
    assert [one for one in found(bad) if one[0].startswith("obligation-")] == [
        ("obligation-illegal", "invalid", ".differential.element[1].short[0]"),
        ("obligation-illegal", "invalid", ".differential.element[2].binding[0].strength[0]"),
        ("obligation-illegal", "invalid", ".differential.element[2].binding[0].description[0]"),
    ]
    new = {k: v for k, v in good.items() if k != "derivation"}
    assert ("obligation-derivation", "invalid", "") in found(new)


def test_an_extension_of_definitions_stands_in_every_definition() -> None:
    held = extension(context=[{"type": "element", "expression": "CanonicalResource"}])
    given = [{"url": f"{BASE}/e", "valueString": "x"}]
    validator = knowing(held)

    def told(kind: dict[str, Any]) -> list[str]:
        return [one.message_id for one in validator.validate(kind | {"extension": given})]

    assert "extension-context" not in told({"resourceType": "ValueSet", "status": "active"})
    assert "extension-context" in told({"resourceType": "Patient"})
