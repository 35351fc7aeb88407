"""Small worlds of resources whose values meet often, and searches over them."""

from decimal import Decimal
from typing import Any

from hypothesis import strategies as st

from tests.exchange.search.elements import BASE

Resource = dict[str, Any]

LOINC, LOCAL = "http://loinc.org", "http://hospital.example/codes"
TREE, SETS = "http://hospital.example/tree", "http://hospital.example/sets"
V2_0203 = "http://terminology.hl7.org/CodeSystem/v2-0203"
CITIZEN, CITIZEN_ALIAS = "urn:oid:2.16.156.10011.1.3", "urn:oid:2.16.840.1.113883.2.23.1.19.1"

CODINGS: list[Resource] = [
    {"system": LOINC, "code": "1-1"},
    {"system": LOINC, "code": "2-2"},
    {"system": LOCAL, "code": "1-1"},
    {"code": "1-1"},
    {"system": LOCAL, "code": 'x,y|"z"'},
    {"system": LOINC},
    {"system": TREE, "code": "b", "display": "Blood test"},
    {"system": TREE, "code": "d", "display": "血常规"},
]
DATES = [
    "2023",
    "2023-12",
    "2024-01-01",
    "2023-12-31T20:00:00-08:00",
    "2024-01-01T04:00:00Z",
    "2024-01-01T12:00:00.500+08:00",
    "2024-02-29T23:59:59Z",
]
NAMES: list[Resource] = [
    {"family": "王", "given": ["小明"]},
    {"family": "王", "given": ["明"], "text": "王明"},
    {"text": "古丽•娜尔"},
    {"family": "Müller", "given": ["Émile", "Ann"], "prefix": ["Dr."]},
    {"family": "MULLER", "given": ["Anna"]},
    {"family": "欧阳", "given": ["明月"]},
]
NUMBERS = [Decimal("5.4"), Decimal("5.40"), Decimal("5.35"), Decimal("5.45"), Decimal("-1"), Decimal("100")]
UNITS: list[Resource] = [
    {},
    {"system": "http://unitsofmeasure.org", "code": "mg"},
    {"system": "http://unitsofmeasure.org", "code": "mg", "unit": "毫克"},
    {"system": LOCAL, "code": "mg"},
    {"unit": "mg"},
    {"system": "http://unitsofmeasure.org", "code": "g"},
]
IDS = ["a", "b", "c"]
URLS = [
    "http://acme.example/plans/1",
    "http://acme.example/plans/1/old",
    "http://acme.example/plan",
    "urn:oid:1.2",
]


def optional(**strategies: st.SearchStrategy[Any]) -> st.SearchStrategy[Resource]:
    return st.fixed_dictionaries({}, optional=strategies)


def references(*types: str) -> st.SearchStrategy[Resource]:
    literal = st.builds(lambda name, id_: f"{name}/{id_}", st.sampled_from(types), st.sampled_from(IDS))
    spelled = st.one_of(
        literal,
        literal.map(lambda reference: f"{BASE}/{reference}"),
        literal.map(lambda reference: f"{reference}/_history/2"),
        st.just("http://elsewhere.example/fhir/Patient/a"),
    )
    logical = st.sampled_from([{"system": CITIZEN, "value": "110"}, {"value": "110"}])
    return st.one_of(
        literal.map(lambda reference: {"reference": reference}),
        spelled.map(lambda reference: {"reference": reference}),
        st.fixed_dictionaries({"identifier": logical}),
        st.just({"display": "Somebody else"}),
    )


concepts = st.one_of(
    st.lists(st.sampled_from(CODINGS), min_size=1, max_size=2).map(lambda codings: {"coding": codings}),
    st.just({"text": "written"}),
    st.sampled_from(CODINGS).map(lambda coding: {"text": "Blood, venous", "coding": [coding]}),
)
identifiers = st.lists(
    st.builds(
        lambda system, value, type_: {"value": value} | ({"system": system} if system else {}) | type_,
        st.sampled_from(["", CITIZEN, CITIZEN_ALIAS, LOCAL]),
        st.sampled_from(["110", "11X", "a|b"]),
        st.sampled_from(
            [
                {},
                {"type": {"text": "Medical record"}},
                {"type": {"coding": [{"system": V2_0203, "code": "MR"}, {"code": "MR"}]}},
            ]
        ),
    ),
    min_size=1,
    max_size=2,
)
dates = st.sampled_from(DATES)
full_dates = st.sampled_from([date for date in DATES if len(date) <= 10])
instants = st.sampled_from([date for date in DATES if len(date) > 10])
periods = optional(start=dates, end=dates).filter(bool)
timings = optional(
    event=st.lists(dates, min_size=1, max_size=2), repeat=st.builds(lambda p: {"boundsPeriod": p}, periods)
).filter(bool)
quantities = st.builds(
    lambda value, unit, comparator: {"value": value} | unit | comparator,
    st.sampled_from(NUMBERS),
    st.sampled_from(UNITS),
    st.sampled_from([{}, {}, {}, {"comparator": "<"}, {"comparator": ">="}]),
)
amounts = st.builds(
    lambda value, unit: {"value": value} | unit, st.sampled_from(NUMBERS), st.sampled_from(UNITS)
)
ranges = optional(
    low=st.just({"value": Decimal("5")}),
    high=st.just({"value": Decimal("6.0"), "system": LOCAL, "code": "mg"}),
).filter(bool)
sampled = st.sampled_from(["1 2 3", "5.4", "E 100 U", "L"]).map(
    lambda data: {
        "origin": {"value": Decimal("0.4"), "unit": "mg"},
        "period": 10,
        "dimensions": 1,
        "data": data,
    }
)
moneys = optional(value=st.sampled_from(NUMBERS), currency=st.sampled_from(["CNY", "EUR"])).filter(bool)
tags = st.lists(st.sampled_from(CODINGS[:3]), min_size=1, max_size=1)

observations = st.builds(
    lambda base, date, value: base | date | value,
    optional(
        meta=optional(tag=tags, profile=st.lists(st.sampled_from(URLS), min_size=1, max_size=1)),
        identifier=identifiers,
        status=st.sampled_from(["final", "preliminary"]),
        category=st.lists(concepts, min_size=1, max_size=2),
        code=concepts,
        subject=references("Patient", "Group"),
        performer=st.lists(references("Patient", "Organization"), min_size=1, max_size=2),
        encounter=references("Encounter"),
        component=st.lists(
            st.builds(
                lambda code, value: code | value,
                optional(code=concepts),
                st.one_of(optional(valueQuantity=quantities), optional(valueCodeableConcept=concepts)),
            ).filter(bool),
            min_size=1,
            max_size=3,
        ),
        hasMember=st.lists(references("Observation"), min_size=1, max_size=1),
    ),
    st.one_of(
        optional(effectiveDateTime=dates),
        optional(effectivePeriod=periods),
        optional(effectiveInstant=instants),
        optional(effectiveTiming=timings),
    ),
    st.one_of(
        optional(valueString=st.sampled_from(["阳性", "Positive (强阳)", "pos"])),
        optional(valueCodeableConcept=concepts),
        optional(valueQuantity=quantities),
        optional(valueSampledData=sampled),
        optional(valueDateTime=dates),
        optional(valuePeriod=periods),
    ),
)
patients = st.builds(
    lambda base, dead: base | dead,
    optional(
        identifier=identifiers,
        active=st.booleans(),
        name=st.lists(st.sampled_from(NAMES), min_size=1, max_size=2),
        gender=st.sampled_from(["male", "female"]),
        birthDate=full_dates,
        telecom=st.lists(
            optional(
                system=st.sampled_from(["phone", "email"]), value=st.sampled_from(["138", "139"])
            ).filter(bool),
            min_size=1,
            max_size=2,
        ),
        address=st.lists(
            optional(city=st.sampled_from(["上海", "上饶", "Köln"]), line=st.just(["北京路 1"])).filter(bool),
            min_size=1,
            max_size=1,
        ),
        managingOrganization=references("Organization"),
        generalPractitioner=st.lists(references("Organization"), min_size=1, max_size=2),
        link=st.lists(
            references("Patient").map(lambda other: {"other": other, "type": "seealso"}),
            min_size=1,
            max_size=1,
        ),
    ),
    st.one_of(optional(deceasedBoolean=st.booleans()), optional(deceasedDateTime=dates)),
)
encounters = optional(
    status=st.sampled_from(["finished", "planned"]),
    **{"class": st.sampled_from(CODINGS[:3])},
    type=st.lists(concepts, min_size=1, max_size=2),
    subject=references("Patient", "Group"),
    period=periods,
    location=st.lists(
        optional(period=periods, location=references("Location")).filter(bool), min_size=1, max_size=2
    ),
    serviceProvider=references("Organization"),
    partOf=references("Encounter"),
    length=quantities,
)
audit_events = optional(
    type=st.sampled_from(CODINGS[:3]),
    recorded=instants,
    agent=st.lists(
        optional(who=references("Patient", "Organization"), policy=st.just(["urn:p:1"])).filter(bool),
        min_size=1,
        max_size=2,
    ),
    entity=st.lists(
        st.fixed_dictionaries({"what": references("Patient", "Observation")}), min_size=1, max_size=2
    ),
)
risks = st.builds(
    lambda base, date: base | date,
    optional(
        subject=references("Patient"),
        prediction=st.lists(
            st.one_of(
                st.sampled_from(NUMBERS).map(lambda number: {"probabilityDecimal": number}),
                ranges.map(lambda range_: {"probabilityRange": range_}),
            ),
            min_size=1,
            max_size=2,
        ),
    ),
    st.one_of(optional(occurrenceDateTime=dates), optional(occurrencePeriod=periods)),
)
organizations = optional(
    name=st.sampled_from(["上海医院", "Köln Klinik"]),
    alias=st.lists(st.sampled_from(["仁济", "Klinik"]), min_size=1, max_size=1),
    identifier=identifiers,
    partOf=references("Organization"),
)
locations = optional(
    name=st.sampled_from(["一楼", "Ward 1"]),
    position=st.builds(
        lambda latitude, longitude: {"latitude": Decimal(latitude), "longitude": Decimal(longitude)},
        st.sampled_from(["31.2304", "31.23", "-90", "89.99", "0"]),
        st.sampled_from(["121.4737", "121.5", "180", "-179.99", "0"]),
    ),
    partOf=references("Location"),
    managingOrganization=references("Organization"),
    operationalStatus=st.sampled_from(CODINGS[:3]),
)
service_requests = st.builds(
    lambda base, date: base | date,
    optional(
        subject=references("Patient"),
        instantiatesCanonical=st.lists(st.sampled_from([*URLS, f"{URLS[0]}|1"]), min_size=1, max_size=2),
        instantiatesUri=st.lists(st.sampled_from(URLS), min_size=1, max_size=1),
    ),
    st.one_of(
        optional(occurrenceDateTime=dates),
        optional(occurrencePeriod=periods),
        optional(occurrenceTiming=timings),
    ),
)
plan_definitions = optional(
    url=st.sampled_from(URLS),
    version=st.sampled_from(["1", "2"]),
    title=st.sampled_from(["Plan A", "计划"]),
    useContext=st.lists(
        st.builds(
            lambda code, value: {"code": code} | value,
            st.sampled_from(CODINGS[:4]),
            st.one_of(
                optional(valueCodeableConcept=concepts),
                optional(valueQuantity=quantities),
                optional(valueRange=ranges),
            ),
        ),
        min_size=1,
        max_size=3,
    ),
)
groups = optional(
    characteristic=st.lists(
        st.builds(
            lambda code, value, exclude: {"code": code, "exclude": exclude} | value,
            concepts,
            st.one_of(optional(valueCodeableConcept=concepts), optional(valueBoolean=st.booleans())),
            st.booleans(),
        ),
        min_size=1,
        max_size=3,
    ),
    member=st.lists(references("Patient").map(lambda entity: {"entity": entity}), min_size=1, max_size=1),
)
document_references = optional(
    subject=references("Patient"),
    relatesTo=st.lists(
        st.builds(
            lambda code, target: {"code": code, "target": target},
            st.sampled_from(["replaces", "appends"]),
            references("DocumentReference"),
        ),
        min_size=1,
        max_size=2,
    ),
)
molecular_sequences = optional(
    patient=references("Patient"),
    referenceSeq=optional(
        chromosome=concepts, windowStart=st.sampled_from([1, 100]), windowEnd=st.sampled_from([10, 200])
    ),
    variant=st.lists(
        optional(start=st.sampled_from([1, 100]), end=st.sampled_from([10, 200])).filter(bool),
        min_size=1,
        max_size=2,
    ),
)
invoices = optional(subject=references("Patient"), totalGross=moneys, date=dates)
conditions = st.builds(
    lambda base, onset: base | onset,
    optional(subject=references("Patient"), code=concepts),
    st.one_of(
        optional(onsetAge=amounts),
        optional(onsetRange=ranges),
        optional(onsetDateTime=dates),
        optional(onsetPeriod=periods),
    ),
)
KINDS = {
    "Patient": patients,
    "Observation": observations,
    "Encounter": encounters,
    "AuditEvent": audit_events,
    "RiskAssessment": risks,
    "Organization": organizations,
    "Location": locations,
    "ServiceRequest": service_requests,
    "PlanDefinition": plan_definitions,
    "Group": groups,
    "DocumentReference": document_references,
    "MolecularSequence": molecular_sequences,
    "Invoice": invoices,
    "Condition": conditions,
}
MANY = ("Observation", "Patient")
CODE_SYSTEM: Resource = {
    "resourceType": "CodeSystem",
    "id": "tree",
    "url": TREE,
    "status": "active",
    "content": "complete",
    "concept": [{"code": "a", "concept": [{"code": "b"}, {"code": "c", "concept": [{"code": "d"}]}]}],
}
RULES: list[Resource] = [
    {"system": LOINC, "concept": [{"code": "1-1"}]},
    {"system": LOCAL, "concept": [{"code": "1-1"}, {"code": 'x,y|"z"'}]},
    {"system": TREE},
    {"system": TREE, "filter": [{"property": "concept", "op": "is-a", "value": "c"}]},
    {"system": TREE, "filter": [{"property": "concept", "op": "descendent-of", "value": "a"}]},
    {"system": TREE, "concept": [{"code": "b"}]},
    {"valueSet": [f"{SETS}/first"]},
    {"system": TREE, "valueSet": [f"{SETS}/first"]},
]


@st.composite
def terminologies(draw: st.DrawFn) -> list[Resource]:
    """A code system that is always the same, and value sets over it; the second may include the first."""
    sets = []
    for name, rules in (("first", RULES[:-2]), ("second", RULES)):
        include = draw(st.lists(st.sampled_from(rules), min_size=1, max_size=2))
        exclude = draw(st.lists(st.sampled_from(rules[:6]), max_size=1))
        compose = {"include": include} | ({"exclude": exclude} if exclude else {})
        sets.append({"resourceType": "ValueSet", "id": name, "url": f"{SETS}/{name}", "compose": compose})
    return [CODE_SYSTEM, *sets]


@st.composite
def worlds(draw: st.DrawFn) -> list[Resource]:
    """Up to a dozen resources of each type; a few of their ids are those that references name."""
    found: list[Resource] = draw(terminologies())
    for name, kind in KINDS.items():
        most = 12 if name in MANY else 5
        for number, content in enumerate(draw(st.lists(kind, max_size=most))):
            id_ = IDS[number] if number < len(IDS) else f"n{number}"
            found.append({"resourceType": name, "id": id_} | content)
    return draw(st.permutations(found))
