"""OperationDefinitions, CapabilityStatements, ImplementationGuides, Signatures, parts of terminology."""

from typing import Any

from tests.profiles.validator.special.world import told

BASE = "https://yilian.example/fhir"
CORE = "http://hl7.org/fhir/StructureDefinition/"


def ids(resource: dict[str, Any], *known: dict[str, Any], wanted: str) -> list[tuple[str, str]]:
    kind = resource["resourceType"]
    return [
        (name, at.removeprefix(kind)) for _, name, at in told(resource, *known) if name.startswith(wanted)
    ]


def operation(*parameters: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {
        "resourceType": "OperationDefinition", "name": "O", "status": "active", "kind": "operation",
        "code": "o", "system": True, "type": False, "instance": False, "parameter": list(parameters), **more,
    }  # fmt: skip


def parameter(name: str, use: str = "in", least: int = 0, most: str = "1", **more: Any) -> dict[str, Any]:
    return {"name": name, "use": use, "min": least, "max": most, "type": "string", **more}


def profile_of(*names: str, min_: int = 0) -> dict[str, Any]:
    at = "Parameters.parameter"
    slicing = {"discriminator": [{"type": "value", "path": "name"}], "rules": "open"}
    elements: list[dict[str, Any]] = [{"id": at, "path": at, "slicing": slicing}]
    for name in names:
        elements += [
            {"id": f"{at}:{name}", "path": at, "sliceName": name, "min": min_, "max": "1"},
            {"id": f"{at}:{name}.name", "path": f"{at}.name", "fixedString": name},
            {"id": f"{at}:{name}.value[x]", "path": f"{at}.value[x]", "type": [{"code": "string"}]},
            {"id": f"{at}:{name}.resource", "path": f"{at}.resource", "max": "0"},
            {"id": f"{at}:{name}.part", "path": f"{at}.part", "max": "0"},
        ]
    return {
        "resourceType": "StructureDefinition", "url": f"{BASE}/in", "name": "In", "status": "active",
        "kind": "resource", "abstract": False, "type": "Parameters",
        "baseDefinition": f"{CORE}Parameters", "derivation": "constraint",
        "differential": {"element": elements},
    }  # fmt: skip


def test_an_operation_agrees_with_the_profile_of_its_parameters() -> None:
    asked = operation(parameter("a"), inputProfile=f"{BASE}/in")
    assert ids(asked, profile_of("a"), wanted="operation-") == []
    assert ids(asked, profile_of("a", min_=1), wanted="operation-") == [
        ("operation-profile-cardinality", ".inputProfile.parameter[0]")
    ]
    typed = operation(parameter("a") | {"type": "integer"}, inputProfile=f"{BASE}/in")
    assert [name for name, _ in ids(typed, profile_of("a"), wanted="operation-")] == [
        "operation-profile-type"
    ] * 2
    other = ids(asked, profile_of("b"), wanted="operation-")
    assert other == [
        ("operation-profile-lacks", ".parameter[0]"),
        ("operation-profile-more", ".inputProfile"),
    ]
    assert ids(asked, wanted="operation-") == [("operation-profile", ".inputProfile")]


def test_an_operation_s_parameters() -> None:
    twice = operation(parameter("a", least=2), parameter("a", most="many"))
    assert ids(twice, wanted="operation-") == [
        ("operation-cardinality", ".parameter[0]"),
        ("operation-parameter-twice", ".parameter[0]"),
        ("operation-cardinality", ".parameter[1]"),
        ("operation-parameter-twice", ".parameter[1]"),
    ]


def test_a_capability_statement_agrees_with_the_definitions_that_it_names() -> None:
    resource = {
        "type": "Observation",
        "profile": f"{CORE}Patient",
        "searchParam": [
            {
                "name": "code",
                "type": "string",
                "definition": "http://hl7.org/fhir/SearchParameter/clinical-code",
            },
            {"name": "x", "type": "token", "definition": f"{CORE}Patient"},
        ],
        "operation": [{"name": "o", "definition": f"{CORE}Patient"}],
    }
    statement = {
        "resourceType": "CapabilityStatement", "status": "active", "date": "2026-01-01", "kind": "instance",
        "fhirVersion": "4.0.1", "format": ["json"], "implementation": {"description": "x"},
        "rest": [{"mode": "server", "resource": [resource]}],
    }  # fmt: skip
    at = ".rest[0].resource[0]"
    assert ids(statement, wanted="capability-") == [
        ("capability-parameter", f"{at}.searchParam[0]"),
        ("capability-definition", f"{at}.searchParam[1]"),
        ("capability-definition", f"{at}.operation[0]"),
        ("capability-profile", f"{at}.profile"),
    ]


def test_a_guide_s_dependencies_and_resources() -> None:
    reference = {"reference": {"reference": "Patient/a"}}
    guide = {
        "resourceType": "ImplementationGuide", "url": f"{BASE}/ImplementationGuide/g", "name": "G",
        "status": "active", "packageId": "a.b", "fhirVersion": ["4.0.1"],
        "dependsOn": [
            {"uri": f"{BASE}/ImplementationGuide/o", "packageId": "a.o", "version": "1.0.0"},
            {"uri": f"{BASE}/o", "packageId": "a b", "version": "1 0"},
            {"uri": f"{BASE}/ImplementationGuide/o"},
        ],
        "definition": {"resource": [reference, {**reference, "groupingId": "none"}]},
        "global": [{"type": "Observation", "profile": f"{CORE}Patient"}],
    }  # fmt: skip
    assert ids(guide, wanted="guide-") == [
        ("guide-dependency", ".dependsOn[1]"),
        ("guide-package", ".dependsOn[1]"),
        ("guide-version", ".dependsOn[1]"),
        ("guide-package", ".dependsOn[2]"),
        ("guide-version", ".dependsOn[2]"),
        ("guide-resource-twice", ".definition.resource[0]"),
        ("guide-resource-twice", ".definition.resource[1]"),
        ("guide-grouping", ".definition.resource[1]"),
        ("guide-global", ".global[0]"),
    ]


def test_a_signature_has_the_form_that_it_names() -> None:
    def signed(**given: Any) -> list[tuple[str, str]]:
        signature = {
            "type": [{"system": "urn:iso-astm:E1762-95:2013", "code": "1.2.840.10065.1.12.1.1"}],
            "when": "2026-01-01T00:00:00Z", "who": {"display": "x"}, **given,
        }  # fmt: skip
        return ids(
            {"resourceType": "Bundle", "type": "collection", "signature": signature}, wanted="signature-"
        )

    jws = "YWFhLi5iYmI="  # aaa..bbb
    assert signed(data=jws, sigFormat="application/jose") == []
    assert signed(data=jws) == [("signature-format", ".signature")]
    assert signed(sigFormat="application/jose") == [("signature-data", ".signature")]
    assert signed(data="YWFh", sigFormat="application/jose") == [("signature-form", ".signature.data")]
    assert signed(data="YWFh", sigFormat="application/signature+xml") == [
        ("signature-form", ".signature.data")
    ]


def code_system(**more: Any) -> dict[str, Any]:
    return {
        "resourceType": "CodeSystem", "url": f"{BASE}/c", "status": "active", "content": "complete",
        "concept": [{"code": "a"}], **more,
    }  # fmt: skip


def value_set(*includes: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {
        "resourceType": "ValueSet", "url": f"{BASE}/v", "status": "active",
        "compose": {"include": list(includes)}, **more,
    }  # fmt: skip


def test_what_a_value_set_includes() -> None:
    supplement = code_system(url=f"{BASE}/s", content="supplement", supplements=f"{BASE}/c")
    known = code_system(), supplement, value_set({"system": f"{BASE}/c"}) | {"url": f"{BASE}/other"}
    given = value_set(
        {"system": f"{BASE}/c", "concept": [{"code": "a"}, {"code": "b"}]},
        {"system": f"{BASE}/c|1.0"},
        {"system": f"{BASE}/s"},
        {"system": f"{BASE}/other"},
        {"system": "#inside"},
    )
    at = ".compose.include"
    assert ids(given, *known, wanted="value-set-") == [
        ("value-set-concept", f"{at}[0].concept[1]"),
        ("value-set-system-version", f"{at}[1]"),
        ("value-set-system-kind", f"{at}[2]"),
        ("value-set-system-kind", f"{at}[3]"),
        ("value-set-system", f"{at}[4]"),
        ("value-set-contained", f"{at}[4]"),
    ]


def test_a_filter_by_a_code_system_s_own_name_has_its_operators() -> None:
    filters = [{"code": "level", "operator": ["="], "value": "x"}]
    given = value_set({"system": f"{BASE}/c", "filter": [{"property": "level", "op": "in", "value": "1"}]})
    assert ids(given, code_system(filter=filters), wanted="value-set-") == [
        ("value-set-filter-op", ".compose.include[0].filter[0]")
    ]


def test_supplements_and_the_value_set_of_all_codes() -> None:
    given = code_system(
        supplements=f"{BASE}/other", caseSensitive=True, concept=[{"code": "a"}, {"code": "z"}]
    )
    held = code_system() | {"url": f"{BASE}/other"}
    assert ids(given, held, wanted="supplement-") == [
        ("supplement-content", ".content"),
        ("supplement-element", ".caseSensitive"),
        ("supplement-code", ".concept[1]"),
    ]
    alone = code_system(content="supplement")
    assert ids(alone, wanted="supplement-") == [("supplement-of-nothing", ".content")]
    named = code_system(valueSet=f"{BASE}/v")
    assert ids(named, value_set({"system": f"{BASE}/c"}), wanted="code-system-") == []
    assert ids(named, value_set({"system": f"{BASE}/z"}), wanted="code-system-") == [
        ("code-system-value-set", "")
    ]
