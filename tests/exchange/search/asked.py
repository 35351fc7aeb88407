"""Searches over the small worlds: every type of parameter, modifier, prefix, chain.

https://hl7.org/fhir/R4/search.html
"""

from hypothesis import strategies as st

from tests.exchange.search.criteria import (
    city_values,
    code_values,
    coded,
    composed,
    date_values,
    hierarchical,
    identified,
    integer_values,
    linked,
    name_values,
    near_values,
    number_values,
    pair_codes,
    quantity_values,
    searches,
    set_values,
    text_values,
    uris,
)
from tests.exchange.search.elements import BASE
from tests.exchange.search.worlds import (
    CITIZEN,
    LOINC,
    SETS,
    TREE,
    URLS,
    V2_0203,
)

EVERY = st.one_of(
    st.tuples(st.sampled_from(["_id", "_id:not"]), st.sampled_from(["a", "b,c", "none"])),
    st.tuples(st.just("_id:missing"), st.sampled_from(["true", "false"])),
    searches("_tag", code_values, "not"),
    st.tuples(
        st.just("_lastUpdated"),
        st.sampled_from(["gt2024-01-01T12:00:30Z", "2024-01-01T12:00Z", "eb2024-01-01T12:01:00Z"]),
    ),
)
SEARCHES = {
    "Observation": st.one_of(
        EVERY,
        identified("identifier"),
        searches("status", st.sampled_from(["final", "|final", "preliminary"]), "not"),
        st.tuples(st.sampled_from(["status:in", "status:not-in"]), set_values),
        coded("category"),
        coded("code"),
        searches("code", code_values),
        coded("component-code"),
        coded("combo-code"),
        linked("subject", "Patient", "Group"),
        linked("patient", "Patient"),
        linked("patient", "Patient"),
        linked("performer", "Patient", "Organization"),
        hierarchical("encounter", "Encounter"),
        linked("has-member", "Observation"),
        uris("_profile"),
        searches("date", date_values),
        searches("date", date_values),
        searches("value-date", date_values),
        searches("value-string", text_values, "exact", "contains"),
        coded("value-concept"),
        searches("value-quantity", quantity_values),
        searches("component-value-quantity", quantity_values),
        searches("combo-value-quantity", quantity_values),
        composed("code-value-quantity", pair_codes, quantity_values),
        composed("code-value-quantity", pair_codes, quantity_values),
        composed("code-value-concept", pair_codes, pair_codes),
        composed("code-value-string", pair_codes, text_values),
        composed("code-value-date", pair_codes, date_values),
        composed("component-code-value-quantity", pair_codes, quantity_values),
        composed("component-code-value-concept", pair_codes, pair_codes),
        composed("combo-code-value-quantity", pair_codes, quantity_values),
        composed("combo-code-value-concept", pair_codes, pair_codes),
    ),
    "Patient": st.one_of(
        EVERY,
        identified("identifier"),
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
        hierarchical("organization", "Organization"),
        linked("general-practitioner", "Organization"),
        linked("link", "Patient"),
    ),
    "Encounter": st.one_of(
        EVERY,
        searches("status", st.sampled_from(["finished", "planned"]), "not"),
        coded("class"),
        coded("type"),
        linked("patient", "Patient"),
        searches("date", date_values),
        searches("location-period", date_values),
        hierarchical("service-provider", "Organization"),
        hierarchical("part-of", "Encounter"),
        hierarchical("location", "Location"),
        searches("length", quantity_values),
    ),
    "AuditEvent": st.one_of(
        EVERY,
        linked("patient", "Patient"),
        linked("agent", "Patient", "Organization"),
        linked("entity", "Patient", "Observation"),
        searches("date", date_values),
        coded("type"),
        searches("policy", st.sampled_from(["urn:p:1", "urn:p"])),
    ),
    "RiskAssessment": st.one_of(
        searches("probability", number_values), linked("patient", "Patient"), searches("date", date_values)
    ),
    "Organization": st.one_of(
        EVERY,
        searches("name", text_values, "exact", "contains"),
        identified("identifier"),
        hierarchical("partof", "Organization"),
    ),
    "Location": st.one_of(
        searches("name", text_values, "contains"),
        searches("near", near_values),
        searches("near", near_values),
        hierarchical("partof", "Location"),
        hierarchical("organization", "Organization"),
        coded("operational-status"),
    ),
    "ServiceRequest": st.one_of(
        searches("occurrence", date_values),
        searches("instantiates-canonical", st.sampled_from([*URLS[:3], f"{URLS[0]}|1", f"{URLS[0]}|2"])),
        uris("instantiates-uri"),
        linked("patient", "Patient"),
    ),
    "PlanDefinition": st.one_of(
        uris("url"),
        searches("title", text_values, "exact", "contains"),
        searches("version", st.sampled_from(["1", "2", "3"]), "not"),
        coded("context"),
        coded("context-type"),
        searches("context-quantity", quantity_values),
        composed("context-type-quantity", pair_codes, quantity_values),
        composed("context-type-value", pair_codes, pair_codes),
    ),
    "Group": st.one_of(
        coded("characteristic"),
        searches("exclude", st.sampled_from(["true", "false"]), "not"),
        searches("value", st.one_of(code_values, st.just("true")), "not"),
        composed(
            "characteristic-value", pair_codes, st.one_of(pair_codes, st.sampled_from(["true", "false"]))
        ),
        linked("member", "Patient"),
    ),
    "DocumentReference": st.one_of(
        linked("relatesto", "DocumentReference"),
        searches("relation", st.sampled_from(["replaces", "appends"]), "not"),
        composed(
            "relationship",
            st.sampled_from(["replaces", "appends", "signs"]),
            st.sampled_from(
                ["a", "DocumentReference/a", f"{BASE}/DocumentReference/b", "DocumentReference/a/_history/2"]
            ),
        ),
    ),
    "MolecularSequence": st.one_of(
        coded("chromosome"),
        searches("variant-start", integer_values),
        searches("variant-end", integer_values),
        composed("chromosome-variant-coordinate", pair_codes, integer_values, integer_values),
        composed("chromosome-window-coordinate", pair_codes, integer_values, integer_values),
    ),
    "Invoice": st.one_of(searches("totalgross", quantity_values), searches("date", date_values)),
    "Condition": st.one_of(
        coded("code"), searches("onset-age", quantity_values), searches("onset-date", date_values)
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
            ("encounter.location.near", "31.2304|121.4737|10|km"),
            ("encounter.location:below", "a"),
            ("encounter.location.partof.partof.name", "一楼"),
            ("subject._id", "a,b"),
            ("subject:Group.characteristic-value", f"{LOINC}|1-1$true"),
            ("patient._lastUpdated", "gt2024-01-01T12:00:30Z"),
            ("patient._has:Condition:patient:code:below", f"{TREE}|a"),
            ("has-member.has-member.code", "1-1"),
            ("has-member._has:Observation:has-member:status", "final"),
            (
                "patient._has:Encounter:patient:_has:Observation:encounter:code-value-quantity",
                f"{LOINC}|1-1$ge5",
            ),
            ("encounter.patient.organization.partof.name:contains", "医"),
            ("patient.identifier:of-type", f"{V2_0203}|MR|110"),
            ("performer.name:missing", "false"),
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
            ("_has:Observation:patient:code-value-quantity", f"{LOINC}|1-1$gt5"),
            ("_has:Observation:patient:component-code-value-quantity", "1-1$gt5||mg"),
            ("_has:Observation:subject:encounter.location.near", "31.2304|121.4737|10|km"),
            ("_has:Observation:performer:encounter.service-provider.name", "上海"),
            ("_has:Group:member:characteristic-value", "1-1$true"),
            ("_has:Observation:patient:code:in", f"{SETS}/second"),
            ("_has:Observation:patient:_id", "a,b,n5"),
            ("_has:Observation:patient:_lastUpdated", "lt2024-01-01T12:00:30Z"),
            ("_has:MolecularSequence:patient:chromosome-variant-coordinate", "1-1$gt50$lt300"),
            ("_has:Condition:patient:onset-date:missing", "true"),
            ("link._has:Observation:patient:status:not", "final"),
            ("link.link._has:Encounter:patient:status", "finished"),
            ("_has:AuditEvent:entity:agent:Organization.name", "上海"),
        ]
    ),
    "Encounter": st.sampled_from(
        [
            ("_has:Observation:encounter:code", "1-1"),
            ("patient.name:contains", "明"),
            ("patient._has:Observation:patient:status", "final"),
        ]
    ),
    "AuditEvent": st.sampled_from(
        [("patient.gender", "male"), ("entity:Observation.code-value-concept", f"{TREE}|b$1-1")]
    ),
    "RiskAssessment": st.just(("patient.birthdate", "lt2024")),
    "Organization": st.sampled_from(
        [
            ("partof.name", "上海"),
            ("_has:Patient:organization:_has:Observation:patient:status", "final"),
            ("_has:Organization:partof:_has:Location:organization:near", "0|180|12000|km"),
        ]
    ),
    "Location": st.sampled_from(
        [("organization.identifier", "110"), ("_has:Encounter:location:patient.gender", "female")]
    ),
    "ServiceRequest": st.sampled_from(
        [
            ("instantiates-canonical:PlanDefinition.title", "plan"),
            ("instantiates-canonical.context-type-value", "1-1$1-1"),
            ("patient.name", "王"),
        ]
    ),
    "PlanDefinition": st.just(("_has:ServiceRequest:instantiates-canonical:patient.gender", "male")),
    "Group": st.just(("member:Patient.gender", "male")),
    "DocumentReference": st.sampled_from(
        [
            ("relatesto.relation", "replaces"),
            ("_has:DocumentReference:relatesto:relationship", "replaces$a"),
            ("patient._has:Patient:link:gender", "male"),
        ]
    ),
    "MolecularSequence": st.just(("patient.gender", "female")),
    "Invoice": st.just(("patient.gender", "female")),
    "Condition": st.just(("patient._has:Observation:patient:combo-code-value-quantity", "1-1$ap5")),
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
    "Organization": ["name", "-_id"],
    "Location": ["name", "-name"],
    "ServiceRequest": ["occurrence", "-occurrence"],
    "PlanDefinition": ["title", "-context-quantity"],
    "Group": ["_id"],
    "DocumentReference": ["-_lastUpdated"],
    "MolecularSequence": ["variant-start", "-variant-end"],
    "Invoice": ["totalgross", "-totalgross", "date"],
    "Condition": ["onset-date", "-onset-date"],
}


@st.composite
def queries(draw: st.DrawFn) -> tuple[str, list[tuple[str, str]], str | None]:
    """A type, its criteria, and perhaps a sort."""
    name = draw(st.sampled_from(sorted(SEARCHES)))
    criteria = draw(st.lists(st.one_of(SEARCHES[name], SEARCHES[name], CHAINS[name]), max_size=3))
    return name, criteria, draw(st.none() | st.sampled_from(SORTS[name]))
