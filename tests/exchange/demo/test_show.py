"""The record of one resident, as lines for a terminal."""

from typing import Any

from rich.console import Console

from exchange.demo.record import Record
from exchange.demo.show import Event, curls, events, shown
from exchange.fhirjson import loads
from terminology.naming import CITIZEN_ID, HEALTH_CARD

Resource = dict[str, Any]

ENTERPRISE: Resource = {
    "resourceType": "Patient",
    "id": "E1",
    "meta": {"tag": [{"code": "enterprise"}]},
    "name": [{"text": "王珅"}],
    "gender": "male",
    "birthDate": "1980-05-06",
    "identifier": [
        {"system": CITIZEN_ID, "value": "310101198005060011"},
        {"system": HEALTH_CARD, "value": "AB"},
    ],
}
PATIENT: Resource = {
    "resourceType": "Patient",
    "id": "p",
    "identifier": [{"system": "https://hub.example/fhir/sid/h01/PI", "value": "77"}],
}
RECORD = Record(
    ENTERPRISE,
    [
        ENTERPRISE,
        PATIENT,
        {
            "resourceType": "Encounter",
            "id": "e",
            "status": "finished",
            "class": {"code": "IMP", "display": "inpatient"},
            "subject": {"reference": "Patient/p"},
            "period": {"start": "2026-01-05T08:00:00+08:00", "end": "2026-01-06T09:00:00+08:00"},
        },
        {
            "resourceType": "Condition",
            "id": "c",
            "subject": {"reference": "Patient/p"},
            "encounter": {"reference": "Encounter/e"},
            "code": {"coding": [{"code": "I10", "display": "高血压"}]},
        },
        {
            "resourceType": "DiagnosticReport",
            "id": "d",
            "subject": {"reference": "Patient/p"},
            "code": {"text": "血常规"},
            "effectiveDateTime": "2026-01-05T10:00:00+08:00",
            "result": [{"reference": "Observation/low"}, {"reference": "Observation/fine"}, {"display": "?"}],
        },
        loads(
            b'{"resourceType":"Observation","id":"low","code":{"text":"HGB"},"valueQuantity":{"value":90.0,'
            b'"unit":"g/L"},"interpretation":[{"coding":[{"code":"L"}]}]}'
        ),
        {"resourceType": "Observation", "id": "fine", "code": {"text": "WBC"}, "valueString": "5"},
        {
            "resourceType": "AllergyIntolerance",
            "id": "a",
            "patient": {"reference": "Patient/p"},
            "code": {"text": "青霉素"},
            "recordedDate": "2026-01-05",
        },
    ],
    {"p": "望江区人民医院"},
)


def test_events_come_in_order_with_their_hospital() -> None:
    hospital = "望江区人民医院"
    assert events(RECORD) == [
        Event("2026-01-05", hospital, "allergy: 青霉素"),
        Event("2026-01-05T08:00:00+08:00", hospital, "inpatient until 2026-01-06 09:00: 高血压"),
        Event("2026-01-05T10:00:00+08:00", hospital, "血常规: 2 results; outside the range: HGB 90.0 g/L L"),
    ]


def test_it_fits_a_terminal() -> None:
    console = Console(width=100, record=True, file=open("/dev/null", "w"))  # noqa: SIM115
    console.print(shown(RECORD))
    console.file.close()
    text = console.export_text()
    for expected in ("王珅", "310101198005060011", "望江区人民医院", "青霉素", "8 resources"):
        assert expected in text


def test_curl_lines_name_every_way_to_the_resident() -> None:
    lines = curls(RECORD, "http://hub/fhir", "yilian token demo").splitlines()
    assert lines[0] == "export TOKEN=$(yilian token demo)"
    urls = [line.split("'")[1] for line in lines if line.startswith("curl")]
    assert urls[:4] == [
        "http://hub/fhir/Patient?identifier=urn:oid:2.16.156.10011.1.3%7C310101198005060011",
        "http://hub/fhir/Patient?identifier=urn:oid:2.16.156.10011.1.19%7CAB",
        "http://hub/fhir/Patient?identifier=https://hub.example/fhir/sid/h01/PI%7C77",
        "http://hub/fhir/Patient/E1/$everything?_count=50",
    ]
