"""Expressions and what they give, by the parts of the language."""

import datetime
from decimal import Decimal
from typing import Any

import pytest

from profiles.definitions import definitions
from profiles.fhirpath import Environment, FhirPathError, Node, Services, compile_expression
from tests.profiles.fhirpath.samples import BUNDLE, OBSERVATION, PATIENT, QUESTIONNAIRE

NOW = datetime.datetime(2024, 5, 6, 7, 8, 9, 123000, datetime.timezone(datetime.timedelta(hours=8)))
FIXED = Services(now=lambda: NOW)


def evaluate(text: str, resource: Any = PATIENT, **options: Any) -> list[Any]:
    """Values as Python has them, dates and quantities as text."""
    values = compile_expression(text, definitions()).evaluate(resource, services=FIXED, **options)
    return [value if isinstance(value, str | bool | int | Decimal | dict) else str(value) for value in values]


TRUTHS = """
gender = 'male'
birthDate is FHIR.date and (birthDate is Date).not()
birthDate.extension('http://example.org/birthTime').value is dateTime
Patient.name.where(use = 'nickname').given.count() = 2
name[1].given.select(hasValue()) = (false | true)
name.given[2].extension('http://example.org/absent').value = 'unknown'
name.given.where(hasValue()).count() = 3
birthDate.id = 'b'
deceased is boolean
deceased.is(FHIR.boolean) and deceased.ofType(boolean) = false
deceased.ofType(dateTime).empty()
(deceased as boolean).not()
managingOrganization.resolve().name = 'Ward 3'
contained.ofType(Organization).name = 'Ward 3'
contained.is(DomainResource)
contained[0].type().name = 'Organization' and contained[0].type().baseType = 'FHIR.DomainResource'
name.type().namespace.distinct() = 'FHIR'
1.type().name = 'Integer'
(1 | 'a' | true).count() = 3
(1 | 1.0 | 2).count() = 2
1 + 2 * 3 = 7
7 div 2 = 3 and -7 div 2 = -3 and -7 mod 2 = -1
1 / 4 = 0.25
0.1 + 0.2 = 0.3
(2147483647 + 1).empty()
(1 / 0).empty() and (1 mod 0).empty()
'a' + 'b' = 'ab' and ('a' + {}).empty() and 'a' & {} = 'a'
'b' > 'a' and 'a' <= 'a'
1 < 1.5
(name.family = {}).empty()
{} ~ {}
'Straße' ~ 'STRASSE'
' a  b ' ~ 'A b'
1.234 ~ 1.2
(1 | 2) ~ (2 | 1)
((1 | 2) = (2 | 1)) = false
telecom.where(system = 'phone') !~ telecom.where(system = 'email')
telecom.sort(rank).first().system = 'email'
telecom.sort(-rank).first().system = 'phone'
(3 | 1 | 2).sort() = (1 | 2 | 3)
telecom.rank.aggregate($this + $total, 0) = 3
telecom.select($index) = (0 | 1)
telecom.where($index = 1).system = 'email'
telecom.exists(rank > 1) and telecom.all(rank > 0) and telecom.all(rank > 1).not()
name.given.first() in name.given
name.given contains 'Ming'
('x' in {}) = false
name.given.isDistinct()
name.given.subsetOf(name.given | 'x') and (name.given | 'x').supersetOf(name.given)
name.given.intersect('Ming' | 'x') = 'Ming'
name.given.exclude('Ming').count() = 3
name.given.combine(name.given).count() = 8
iif(active, 'yes', 'no') = 'yes'
iif(false, 1).empty()
gender.iif($this = 'male', 'M', 'F') = 'M'
active implies gender.exists()
(true xor true) = false
(true and {}).empty() and ({} or true)
'abc'.substring(1) = 'bc' and 'abc'.substring(1, 1) = 'b' and 'abc'.substring(3).empty()
'abcabc'.indexOf('c') = 2 and 'abcabc'.lastIndexOf('c') = 5
'a,b,,c'.split(',').join('-') = 'a-b--c'
'abc'.matches('B|c') and 'abc'.matchesFull('b').not()
'2024-05-06'.replaceMatches('(\\\\d+)-(\\\\d+)-(\\\\d+)', '$3/$2/$1') = '06/05/2024'
'王'.length() = 1 and '王小明'.toChars().count() = 3
'<a>'.escape('html').unescape('html') = '<a>'
'a"b'.escape('json') = 'a\\\\"b'
'王'.encode('base64').decode('base64') = '王'
'12'.toInteger() = 12 and '1.5'.toInteger().empty() and '1.5'.toDecimal() = 1.5
'maybe'.convertsToBoolean() = false and 'Y'.toBoolean()
'4 days'.toQuantity() = 4 days and '4 d'.convertsToQuantity().not()
1.50.toString() = '1.50' and true.toString() = 'true'
@2020-02-29.toString() = '2020-02-29'
@2020-02-29 + 1 year = @2021-02-28
@2020-01-31 + 1 month = @2020-02-29
@2020 + 18 months = @2021
@2020-03-01 - 1 day = @2020-02-29
@T23:30 + 45 minutes = @T00:15
@2020-01-01T00:00:00+08:00 = @2019-12-31T16:00:00Z
(@2020 = @2020-01).empty() and (@2020 = @2021-01) = false
(@2020-01 < @2020-01-15).empty() and @2020-01 < @2020-02-15
birthDate < today() and today() = @2024-05-06
now() = @2024-05-06T07:08:09.123+08:00 and timeOfDay() = @T07:08:09.123
(contact.period.start <= contact.period.end).empty()
contact.period.start.lowBoundary() < contact.period.end.highBoundary()
1.5.lowBoundary() = 1.45 and 1.5.highBoundary(1) = 1.6
@2024-02.highBoundary() = @2024-02-29
@2024-02-03.lowBoundary().precision() = 8
@2024-05-06T07:08:09.123.hourOf() = 7
1000 'mg' = 1 'g' and 1 'g' > 1 'mg'
(1 'g' = 1 'm').empty()
37 'Cel' = 310.15 'K'
2 'm' * 3 'm' = 6 'm2' and 6 'm2' / 3 'm' = 2 'm'
1 'kg' + 1 'g' = 1001 'g'
(1 year = 1 'a').empty() and 1 year ~ 1 'a' and 7 days = 1 week
2.power(10) = 1024 and 16.sqrt() = 4 and 1.ln() = 0 and 1000.log(10) = 3
2.5.round() = 3 and (-2.5).truncate() = -2 and (-2.5).floor() = -3 and 2.1.ceiling() = 3
(-4).sqrt().empty()
%context = %resource and %rootResource.id = 'p1'
%ucum = 'http://unitsofmeasure.org' and %`vs-languages` = 'http://hl7.org/fhir/ValueSet/languages'
%`ext-a` = 'http://hl7.org/fhir/StructureDefinition/a'
children().ofType(HumanName).count() = 2
descendants().where($this is Coding).code = 'M'
Patient.gender.conformsTo('http://hl7.org/fhir/StructureDefinition/code')
gender.memberOf('http://hl7.org/fhir/ValueSet/administrative-gender')
'x'.memberOf('http://hl7.org/fhir/ValueSet/administrative-gender') = false
gender.getValue() is System.String
birthDate.elementDefinition().path = 'Patient.birthDate'
defineVariable('g', gender).select(%g) = 'male'
telecom.select(defineVariable('t').select(%t.system)) = ('phone' | 'email')
defineVariable('a', 1).select(%a) + defineVariable('a', 2).select(%a) = 3
coalesce(multipleBirth, gender) = 'male'
// a comment
1 /* inside */ = 1
`gender`.exists()
'\\u738b' = '王'
"""


@pytest.mark.parametrize("text", [line for line in TRUTHS.strip().splitlines() if not line.startswith("//")])
def test_holds(text: str) -> None:
    assert evaluate(text) == [True]


VALUES: list[tuple[str, Any, list[Any]]] = [
    ("name.given", PATIENT, ["小明", "Ming", "None", "Mimi"]),
    ("value.value", OBSERVATION, [Decimal("120.50")]),
    ("value as Quantity", OBSERVATION, [OBSERVATION["valueQuantity"]]),
    ("value + 1 'mm[Hg]'", OBSERVATION, ["121.50 'mm[Hg]'"]),
    ("component.value.ofType(string)", OBSERVATION, ["high"]),
    ("component.value.ofType(integer)", OBSERVATION, [7]),
    ("(component.value as CodeableConcept).text", OBSERVATION, ["seen"]),
    ("Observation.effective", OBSERVATION, ["2024-03-01T08:00:00+08:00"]),
    ("Observation.effective.toDate()", OBSERVATION, ["2024-03-01"]),
    ("repeat(item).linkId", QUESTIONNAIRE, ["1", "2", "1.1"]),
    ("descendants().linkId.count()", QUESTIONNAIRE, [3]),
    ("entry.resource.ofType(Patient).gender", BUNDLE, ["male"]),
    ("entry.resource.id", BUNDLE, ["p1", "x"]),
    ("entry.select(resource as Observation).status", BUNDLE, ["final"]),
    ("Bundle.entry.resource.where($this is Patient).name.family", BUNDLE, ["王"]),
    ("1 'wk'", None, ["1 'wk'"]),
    ("2 weeks", None, ["2 weeks"]),
    ("@2024T", None, ["2024"]),
    ("-(3)", None, [-3]),
    ("{}", None, []),
]


@pytest.mark.parametrize(("text", "resource", "expected"), VALUES)
def test_values(text: str, resource: Any, expected: list[Any]) -> None:
    assert evaluate(text, resource) == expected


ERRORS = """
syntax 1 +
syntax (1
syntax 'open
syntax 'a\\d'
syntax /* open
syntax @2024-02-30
syntax @T25
syntax 1 2
syntax a.
syntax a[1
syntax {1}
syntax 99999999999
semantic name.givenn
semantic valueQuantity
semantic gender.as(Strin)
semantic gender is FHIR.Foo.bar
semantic nonsense()
semantic count(1)
semantic iif('a', 1, 2)
semantic name.ofType(1)
execution name.single()
execution (1 | 2) + 1
execution 1 + 'a'
execution 'a' < 1
execution name < name
execution -'a'
execution 1 and (1 | 2)
execution %unknown
execution 'a'.matches('(')
execution 'a'.matches('(?=a)')
execution gender.substring('a')
execution birthDate + 1 'kg'
execution birthDate + 1 hour
execution @9999-12-31 + 1 day
execution name.as(HumanName)
execution ('a' | 1).join()
execution conformsTo('http://example.org/unknown')
execution contained[0].name['a']
execution defineVariable('a').defineVariable('a')
"""


@pytest.mark.parametrize("line", ERRORS.strip().splitlines())
def test_refused(line: str) -> None:
    kind, _, text = line.partition(" ")
    with pytest.raises(FhirPathError) as caught:
        evaluate(text)
    assert caught.value.kind == kind
    assert caught.value.position is not None
    assert 0 <= caught.value.position <= len(text)


def test_a_wrong_type_at_the_beginning_is_empty_and_remarked() -> None:
    expression = compile_expression("Observation.code", definitions(), "Patient")
    assert expression.evaluate(PATIENT) == []
    assert [remark.position for remark in expression.remarks] == [0]
    assert compile_expression("children().first()", definitions(), "Patient").remarks


def test_the_type_may_be_a_path() -> None:
    expression = compile_expression(
        "$this is decimal and $this <= 100", definitions(), "RiskAssessment.prediction.probability[x]"
    )
    decimal = compile_expression("probability", definitions(), "RiskAssessment.prediction")
    (node,) = decimal.nodes({"probabilityDecimal": Decimal("12.5")}, Environment())
    assert isinstance(node, Node)
    assert expression.evaluate({}, context=node) == [True]
    with pytest.raises(FhirPathError):
        compile_expression("a", definitions(), "Patient.nothing")


def test_context_and_variables() -> None:
    text = "%context.family & %suffix & %resource.id"
    expression = compile_expression(text, definitions(), "HumanName")
    given = {"suffix": "!"}
    assert expression.evaluate(PATIENT, context=PATIENT["name"][0], variables=given) == ["王!p1"]


def test_truth_is_none_where_the_result_is_empty() -> None:
    environment = Environment(PATIENT)
    for text, expected in (("gender = 'male'", True), ("multipleBirth = 1", None), ("photo.exists()", False)):
        assert compile_expression(text, definitions(), "Patient").truth(PATIENT, environment) is expected


def test_a_primitive_may_come_with_its_extensions() -> None:
    expression = compile_expression("hasValue() or extension.exists()", definitions(), "HumanName.given")
    assert expression.truth("a", Environment())
    (node,) = compile_expression("given", definitions(), "HumanName").nodes(
        {"_given": [{"extension": [{"url": "a"}]}]}, Environment()
    )
    assert expression.truth(node, Environment())


def test_a_resource_of_another_structure_is_no_crash() -> None:
    with pytest.raises(FhirPathError, match="structure"):
        evaluate("name.given", {"resourceType": "Patient", "name": [1]})


def test_services() -> None:
    seen: list[tuple[str, list[Any]]] = []
    services = Services(
        resolve=lambda text: {"resourceType": "Practitioner", "id": text.rpartition("/")[2]},
        member_of=lambda value, value_set: value == value_set,
        conforms_to=lambda item, profile: None if profile == "none" else profile == "yes",
        subsumes=lambda one, other: one < other,
        slice=lambda items, structure, name: items[: len(name)],
        trace=lambda name, values: seen.append((name, values)),
    )

    def ask(text: str) -> list[Any]:
        return compile_expression(text, definitions()).evaluate(PATIENT, services=services)

    assert ask("'Practitioner/a'.resolve().id") == ["a"]
    assert ask("'a'.memberOf('a')") == [True]
    assert ask("conformsTo('yes') and conformsTo('no').not()") == [True]
    assert ask("'a'.subsumes('b') and 'a'.subsumedBy('b').not()") == [True]
    assert len(ask("name.slice('http://example.org', 'x')")) == 1
    assert ask("gender.trace('g').trace('h', $this & '!')") == ["male"]
    assert seen == [("g", ["male"]), ("h", ["male!"])]
    with pytest.raises(FhirPathError, match="not known"):
        ask("conformsTo('none')")


def test_modifiers_that_nobody_knows() -> None:
    extended = {**PATIENT, "modifierExtension": [{"url": "http://example.org/m"}]}
    assert evaluate("checkModifiers('http://example.org/m').id", extended) == ["p1"]
    with pytest.raises(FhirPathError, match="not known"):
        evaluate("checkModifiers()", extended)
