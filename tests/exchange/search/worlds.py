"""Small worlds of resources whose values meet often, and searches over them."""

from decimal import Decimal
from typing import Any

from hypothesis import strategies as st

from tests.exchange.search.oracle import BASE

Resource = dict[str, Any]

LOINC, LOCAL = "http://loinc.org", "http://hospital.example/codes"
CITIZEN, CITIZEN_ALIAS = "urn:oid:2.16.156.10011.1.3", "urn:oid:2.16.840.1.113883.2.23.1.19.1"

CODINGS: list[Resource] = [
    {"system": LOINC, "code": "1-1"},
    {"system": LOINC, "code": "2-2"},
    {"system": LOCAL, "code": "1-1"},
    {"code": "1-1"},
    {"system": LOCAL, "code": 'x,y|"z"'},
    {"system": LOINC},
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
]
IDS = ["a", "b", "c"]


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
        st.just({"display": "somebody"}),
    )


concepts = st.one_of(
    st.lists(st.sampled_from(CODINGS), min_size=1, max_size=2).map(lambda codings: {"coding": codings}),
    st.just({"text": "written"}),
)
identifiers = st.lists(
    st.builds(
        lambda system, value: {"value": value} | ({"system": system} if system else {}),
        st.sampled_from(["", CITIZEN, CITIZEN_ALIAS, LOCAL]),
        st.sampled_from(["110", "11X", "a|b"]),
    ),
    min_size=1,
    max_size=2,
)
dates = st.sampled_from(DATES)
full_dates = st.sampled_from([date for date in DATES if len(date) <= 10])
instants = st.sampled_from([date for date in DATES if len(date) > 10])
periods = optional(start=dates, end=dates).filter(bool)
quantities = st.builds(
    lambda value, unit: {"value": value} | unit, st.sampled_from(NUMBERS), st.sampled_from(UNITS)
)
tags = st.lists(st.sampled_from(CODINGS[:3]), min_size=1, max_size=1)

observations = st.builds(
    lambda base, date, value: base | date | value,
    optional(
        meta=optional(tag=tags),
        identifier=identifiers,
        status=st.sampled_from(["final", "preliminary"]),
        category=st.lists(concepts, min_size=1, max_size=2),
        code=concepts,
        subject=references("Patient", "Group"),
        performer=st.lists(references("Patient", "Organization"), min_size=1, max_size=2),
        encounter=references("Encounter"),
        component=st.lists(
            optional(code=concepts, valueQuantity=quantities).filter(bool), min_size=1, max_size=2
        ),
    ),
    st.one_of(optional(effectiveDateTime=dates), optional(effectivePeriod=periods)),
    st.one_of(
        optional(valueString=st.sampled_from(["阳性", "Positive (强阳)", "pos"])),
        optional(valueCodeableConcept=concepts),
        optional(valueQuantity=quantities),
        optional(valueDateTime=dates),
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
    location=st.lists(st.fixed_dictionaries({"period": periods}), min_size=1, max_size=2),
    serviceProvider=references("Organization"),
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
risks = optional(
    subject=references("Patient"),
    occurrenceDateTime=dates,
    prediction=st.lists(
        st.fixed_dictionaries({"probabilityDecimal": st.sampled_from(NUMBERS)}), min_size=1, max_size=2
    ),
)
organizations = optional(
    name=st.sampled_from(["上海医院", "Köln Klinik"]),
    alias=st.lists(st.sampled_from(["仁济", "Klinik"]), min_size=1, max_size=1),
    identifier=identifiers,
)
KINDS = {
    "Patient": patients,
    "Observation": observations,
    "Encounter": encounters,
    "AuditEvent": audit_events,
    "RiskAssessment": risks,
    "Organization": organizations,
}


@st.composite
def worlds(draw: st.DrawFn) -> list[Resource]:
    """Up to a dozen resources of each type; a few of their ids are those that references name."""
    found: list[Resource] = []
    for name, kind in KINDS.items():
        most = 12 if name in ("Observation", "Patient") else 5
        for number, content in enumerate(draw(st.lists(kind, max_size=most))):
            id_ = IDS[number] if number < len(IDS) else f"n{number}"
            found.append({"resourceType": name, "id": id_} | content)
    return draw(st.permutations(found))


code_values = st.sampled_from(
    ["1-1", f"{LOINC}|1-1", f"{LOCAL}|1-1", "|1-1", f"{LOINC}|", f"{LOINC}|2-2", f'{LOCAL}|x\\,y\\|"z"', "no"]
)
identifier_values = st.sampled_from(
    ["110", f"{CITIZEN}|110", f"{CITIZEN_ALIAS}|110", f"{LOCAL}|", "|110", f"{LOCAL}|a\\|b", "a\\|b"]
)
prefixes = st.sampled_from(["", "eq", "ne", "gt", "lt", "ge", "le", "sa", "eb"])
date_values = st.builds(
    lambda prefix, date: prefix + date, prefixes, st.sampled_from([*DATES, "2024", "2024-01-01T04:00Z"])
)
number_values = st.builds(
    lambda prefix, number: prefix + number,
    prefixes,
    st.sampled_from(["5.4", "5.40", "5", "-1", "100", "100.0"]),
)
quantity_values = st.builds(
    lambda number, unit: number + unit,
    number_values,
    st.sampled_from(["", "|http://unitsofmeasure.org|mg", "||mg", "||毫克", f"|{LOCAL}|mg"]),
)
name_values = st.sampled_from(
    ["王", "王小明", "小明", "明", "古丽·娜", "muller", "Mül", "emi", "Ann", "dr", "no"]
)
city_values = st.sampled_from(["上", "上海", "koln", "海", "路"])
text_values = st.sampled_from(["阳", "pos", "阳性", "written", "强", "klinik", "上海"])


def reference_values(*types: str) -> st.SearchStrategy[str]:
    return st.one_of(
        st.builds(lambda name, id_: f"{name}/{id_}", st.sampled_from(types), st.sampled_from(IDS)),
        st.builds(lambda name, id_: f"{BASE}/{name}/{id_}", st.sampled_from(types), st.sampled_from(IDS)),
        st.just(f"{types[0]}/a/_history/2"),
    )


def searches(
    code: str, values: st.SearchStrategy[str], *modifiers: str
) -> st.SearchStrategy[tuple[str, str]]:
    """A parameter with one value or an OR list, one of its modifiers, or `:missing`."""
    listed = st.lists(values, min_size=1, max_size=3).map(",".join)
    names = st.sampled_from(["", *(f":{modifier}" for modifier in modifiers)])
    asked = st.builds(lambda modifier, value: (code + modifier, value), names, listed)
    missing = st.sampled_from([(f"{code}:missing", "true"), (f"{code}:missing", "false")])
    return st.one_of(asked, asked, asked, missing)


def linked(code: str, *types: str) -> st.SearchStrategy[tuple[str, str]]:
    literal = searches(code, reference_values(*types))
    bare = st.sampled_from(
        [(f"{code}:{types[0]}", "a"), (f"{code}:identifier", f"{CITIZEN}|110"), (f"{code}:identifier", "110")]
    )
    return st.one_of(literal, literal, bare)


EVERY = st.one_of(
    st.tuples(st.just("_id"), st.sampled_from(["a", "b,c", "none"])), searches("_tag", code_values, "not")
)
SEARCHES = {
    "Observation": st.one_of(
        EVERY,
        searches("identifier", identifier_values, "not"),
        searches("status", st.sampled_from(["final", "|final", "preliminary"]), "not"),
        searches("category", code_values, "not"),
        searches("code", code_values, "not"),
        searches("code", code_values),
        searches("component-code", code_values, "not"),
        searches("combo-code", code_values, "not"),
        linked("subject", "Patient", "Group"),
        linked("patient", "Patient"),
        linked("patient", "Patient"),
        linked("performer", "Patient", "Organization"),
        linked("encounter", "Encounter"),
        searches("date", date_values),
        searches("date", date_values),
        searches("value-date", date_values),
        searches("value-string", text_values, "exact", "contains"),
        searches("value-concept", code_values, "not"),
        searches("value-quantity", quantity_values),
        searches("combo-value-quantity", quantity_values),
    ),
    "Patient": st.one_of(
        EVERY,
        searches("identifier", identifier_values, "not"),
        searches("active", st.sampled_from(["true", "false"]), "not"),
        searches("name", name_values, "exact", "contains"),
        searches("family", name_values, "exact", "contains"),
        searches("given", name_values, "exact", "contains"),
        searches("gender", st.sampled_from(["male", "female", "|male"]), "not"),
        searches("birthdate", date_values),
        searches("death-date", date_values),
        searches("deceased", st.sampled_from(["true", "false"])),
        searches("phone", st.sampled_from(["138", "139"]), "not"),
        searches("telecom", st.sampled_from(["138", "139"]), "not"),
        searches("address", city_values, "contains"),
        searches("address-city", city_values, "exact", "contains"),
        linked("organization", "Organization"),
        linked("general-practitioner", "Organization"),
        linked("link", "Patient"),
    ),
    "Encounter": st.one_of(
        EVERY,
        searches("status", st.sampled_from(["finished", "planned"]), "not"),
        searches("class", code_values, "not"),
        searches("type", code_values, "not"),
        linked("patient", "Patient"),
        searches("date", date_values),
        searches("location-period", date_values),
        linked("service-provider", "Organization"),
        searches("length", quantity_values),
    ),
    "AuditEvent": st.one_of(
        EVERY,
        linked("patient", "Patient"),
        linked("agent", "Patient", "Organization"),
        linked("entity", "Patient", "Observation"),
        searches("date", date_values),
        searches("type", code_values, "not"),
        searches("policy", st.sampled_from(["urn:p:1", "urn:p"])),
    ),
    "RiskAssessment": st.one_of(
        searches("probability", number_values), linked("patient", "Patient"), searches("date", date_values)
    ),
}
CHAINS = {
    "Observation": st.sampled_from(
        [
            ("patient.identifier", f"{CITIZEN}|110"),
            ("subject:Patient.name", "王"),
            ("subject:Patient.gender:not", "male"),
            ("encounter.date", "ge2024"),
            ("performer:Organization.name", "上海"),
            ("patient.organization.name", "Köln"),
            ("encounter.patient.gender", "female"),
            ("encounter.service-provider.identifier", "110"),
        ]
    ),
    "Patient": st.sampled_from(
        [
            ("_has:Observation:patient:code", f"{LOINC}|1-1"),
            ("_has:Observation:subject:status", "final"),
            ("_has:AuditEvent:patient:date", "ge2024"),
            ("_has:Observation:performer:code", "1-1"),
            ("_has:Encounter:patient:_has:Observation:encounter:status", "final"),
            ("organization.name", "上海"),
            ("link.gender", "female"),
        ]
    ),
    "Encounter": st.sampled_from(
        [
            ("_has:Observation:encounter:code", "1-1"),
            ("patient.name:contains", "明"),
            ("patient._has:Observation:patient:status", "final"),
        ]
    ),
    "AuditEvent": st.just(("patient.gender", "male")),
    "RiskAssessment": st.just(("patient.birthdate", "lt2024")),
}
SORTS = {
    "Observation": [
        "date",
        "-date",
        "_id",
        "-_lastUpdated,_id",
        "value-quantity",
        "-value-date,_id",
        "value-string",
        "-identifier",
    ],
    "Patient": [
        "birthdate",
        "-birthdate",
        "family",
        "-name,birthdate",
        "-_id",
        "identifier,-_id",
        "death-date",
        "_lastUpdated",
    ],
    "Encounter": ["date", "-date", "-location-period", "length,-date"],
    "AuditEvent": ["-date", "_id"],
    "RiskAssessment": ["probability", "-probability,date"],
}


@st.composite
def queries(draw: st.DrawFn) -> tuple[str, list[tuple[str, str]], str | None]:
    """A type, its criteria, and perhaps a sort."""
    name = draw(st.sampled_from(sorted(SEARCHES)))
    criteria = draw(st.lists(st.one_of(SEARCHES[name], SEARCHES[name], CHAINS[name]), max_size=3))
    return name, criteria, draw(st.none() | st.sampled_from(SORTS[name]))
