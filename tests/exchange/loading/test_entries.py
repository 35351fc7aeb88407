"""What becomes of Bundles, and of references in them."""

from typing import Any

import pytest

from exchange.loading.entries import (
    Document,
    asked,
    declared,
    document_of,
    identities,
    is_carrier,
    key_of,
    link,
    single,
)

NPI = "http://hl7.org/fhir/sid/us-npi"
FIRST = "urn:uuid:00000000-0000-0000-0000-000000000001"

Resource = dict[str, Any]


def practitioner(number: str = "p1", npi: str = "9999") -> Resource:
    return {"resourceType": "Practitioner", "id": number, "identifier": [{"system": NPI, "value": npi}]}


def bundle(*resources: Resource, kind: str = "transaction") -> Resource:
    entries = [
        {
            "fullUrl": f"urn:uuid:00000000-0000-0000-0000-{number:012}",
            "resource": resource,
            "request": {"method": "POST", "url": resource["resourceType"]},
        }
        for number, resource in enumerate(resources, 1)
    ]
    return {"resourceType": "Bundle", "type": kind, "entry": entries}


def observation(number: str, patient: str, performer: str = "") -> Resource:
    made: Resource = {
        "resourceType": "Observation",
        "id": number,
        "status": "final",
        "code": {"text": "x"},
        "subject": {"reference": patient},
        "effectiveDateTime": "2026-01-05",
    }
    if performer:
        made["performer"] = [{"reference": performer}]
    return made


def test_an_entry_gets_an_id_that_stays() -> None:
    first, second, third = (
        {"resourceType": "Patient"},
        {"resourceType": "Patient", "id": "kept"},
        {"resourceType": "Patient", "gender": "male"},
    )
    carrier = bundle(first, second)
    carrier["entry"][1]["request"] = {"method": "PUT", "url": "Patient/kept"}
    names = [entry.name for entry in document_of(carrier).entries]
    assert names == ["Patient/00000000-0000-0000-0000-000000000001", "Patient/kept"]
    alone = single(dict(third)).name
    assert alone == single(dict(third)).name != single({**third, "active": True}).name


@pytest.mark.parametrize(
    ("entry", "reason"),
    [
        ({"request": {"method": "DELETE", "url": "Patient/1"}}, "no resource"),
        ({"resource": {"resourceType": "Patient"}, "request": {"method": "PATCH"}}, "PATCH"),
        ({"resource": {"resourceType": "Nobody"}}, "none of R4"),
        ({"resource": {"resourceType": "Patient", "id": "a/b"}}, "no FHIR id"),
        ({"resource": {"resourceType": ["Patient"]}}, "none of R4"),
        ("entry", "no resource"),
    ],
)
def test_entries_that_cannot_be_loaded_say_why(entry: Any, reason: str) -> None:
    document = document_of({"resourceType": "Bundle", "type": "batch", "entry": [entry]})
    assert document.entries[0].place.startswith("Bundle.entry[0]")
    assert reason in document.entries[0].issues[0].diagnostics


def test_documents_and_outcomes_are_not_taken_apart() -> None:
    assert not is_carrier({**bundle(practitioner()), "type": "document", "id": "d"})
    searchset = bundle(practitioner(), {"resourceType": "OperationOutcome"}, kind="searchset")
    searchset["entry"][1]["search"] = {"mode": "outcome"}
    assert is_carrier(searchset)
    assert [entry.name for entry in document_of(searchset).entries] == ["Practitioner/p1"]


def test_references_name_what_the_hub_stores() -> None:
    conditional = f"Practitioner?identifier={NPI}|9999"
    carrier = bundle({"resourceType": "Patient", "id": "p"}, observation("o", FIRST, conditional))
    carrier["entry"][1]["resource"]["contained"] = [
        {"resourceType": "Group", "member": [{"entity": {"reference": FIRST}}]}
    ]
    document = document_of(carrier)
    assert asked(document) == {conditional}
    entry = document.entries[1]
    link(entry, identities(document), {conditional: "Practitioner/p1"})
    assert not entry.issues
    assert entry.resource["subject"]["reference"] == "Patient/p"
    assert entry.resource["performer"][0]["reference"] == "Practitioner/p1"
    assert entry.resource["contained"][0]["member"][0]["entity"]["reference"] == "Patient/p"


def test_references_to_nothing_are_findings() -> None:
    entry = single(observation("o", "urn:uuid:x", "Practitioner?identifier=a|b"))
    link(entry, {}, {})
    assert len(entry.issues) == 2


def test_an_identifier_is_known_under_every_name_of_its_system() -> None:
    oid = "2.16.156.10011.1.3"
    citizen = {
        "resourceType": "Patient",
        "id": "c",
        "identifier": [{"system": f"urn:oid:{oid}", "value": "7"}],
    }
    ((key, name),) = declared(Document([single(citizen)]))
    assert name == "Patient/c"
    assert key == key_of(f"Patient?identifier={oid}|7") == key_of(f"Patient?identifier=urn%3Aoid%3A{oid}%7C7")
    assert key_of("Patient?name=x") is None
    assert key_of("Patient?identifier=7") is None
    assert key_of("Patient/7") is None
