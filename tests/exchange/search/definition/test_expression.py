import pytest

from exchange.search.definition.expression import UnsupportedExpression, paths
from profiles.definitions import definitions


@pytest.mark.parametrize(
    ("expression", "keys"),
    [
        ("Patient.name.family", ["Patient.name.family"]),
        ("Observation.code | Observation.component.code", ["Observation.code", "Observation.component.code"]),
        ("(Observation.value as Quantity)", ["Observation.value as Quantity"]),
        ("(Observation.value as CodeableConcept).text", ["Observation.value as CodeableConcept.text"]),
        ("Condition.onset.as(dateTime)", ["Condition.onset as dateTime"]),
        ("Patient.telecom.where(system='phone')", ["Patient.telecom(system=phone)"]),
        ("Observation.subject.where(resolve() is Patient)", ["Observation.subject"]),
        ("A.extension('http://x|y')", ["A.extension(url=http://x|y).value"]),
        ("A.item.where(hasExtension('u')).answer", ["A.item(extension.url=u).answer"]),
        ("name | alias", [".name", ".alias"]),
    ],
)
def test_paths(expression: str, keys: list[str]) -> None:
    assert [path.key for path in paths(expression)] == keys


def test_what_a_reference_must_resolve_to() -> None:
    (path,) = paths("Observation.subject.where(resolve() is Patient)")
    assert (path.target, path.element) == ("Patient", "Observation.subject")


@pytest.mark.parametrize(
    "expression",
    ["", "(", "A.b.", "A.b.first()", "Bundle.entry[0].resource", "A.b and A.c", "A.b |", "A.where(b>1)"],
)
def test_other_fhirpath_is_refused(expression: str) -> None:
    with pytest.raises(UnsupportedExpression):
        paths(expression)


def test_all_r4_parameters_but_these_are_understood() -> None:
    refused = set()
    for parameter in definitions().search_parameters:
        if parameter.type not in ("composite", "special") and parameter.expression:
            try:
                paths(parameter.expression)
            except UnsupportedExpression:
                refused.add(parameter.url.rpartition("/")[2])
    assert refused == {"Bundle-composition", "Bundle-message", "Patient-deceased"}
