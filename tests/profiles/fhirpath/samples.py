"""Resources that the tests evaluate expressions on."""

from decimal import Decimal
from typing import Any

PATIENT: dict[str, Any] = {
    "resourceType": "Patient",
    "id": "p1",
    "active": True,
    "name": [
        {"use": "official", "family": "王", "given": ["小明", "Ming"]},
        {
            "use": "nickname",
            "given": [None, "Mimi"],
            "_given": [{"extension": [{"url": "http://example.org/absent", "valueCode": "unknown"}]}, None],
        },
    ],
    "telecom": [
        {"system": "phone", "value": "010-5551234", "rank": 2},
        {"system": "email", "value": "ming@example.org", "rank": 1},
    ],
    "gender": "male",
    "birthDate": "1980-02-29",
    "_birthDate": {
        "id": "b",
        "extension": [{"url": "http://example.org/birthTime", "valueDateTime": "1980-02-29T08:30:00+08:00"}],
    },
    "deceasedBoolean": False,
    "maritalStatus": {"coding": [{"system": "http://example.org/m", "code": "M"}], "text": "married"},
    "contact": [{"relationship": [{"text": "wife"}], "period": {"start": "2001", "end": "2001-05-02"}}],
    "contained": [{"resourceType": "Organization", "id": "o1", "name": "Ward 3"}],
    "managingOrganization": {"reference": "#o1"},
}

OBSERVATION: dict[str, Any] = {
    "resourceType": "Observation",
    "id": "x",
    "status": "final",
    "code": {"coding": [{"system": "http://loinc.org", "code": "8480-6"}, {"code": "local"}]},
    "effectiveDateTime": "2024-03-01T08:00:00+08:00",
    "valueQuantity": {
        "value": Decimal("120.50"),
        "unit": "mmHg",
        "system": "http://unitsofmeasure.org",
        "code": "mm[Hg]",
    },
    "component": [
        {"code": {"text": "a"}, "valueString": "high"},
        {"code": {"text": "b"}, "valueInteger": 7},
        {"code": {"text": "c"}, "valueCodeableConcept": {"text": "seen"}},
    ],
}

QUESTIONNAIRE: dict[str, Any] = {
    "resourceType": "Questionnaire",
    "status": "draft",
    "item": [
        {"linkId": "1", "type": "group", "item": [{"linkId": "1.1", "type": "string"}]},
        {"linkId": "2", "type": "display"},
    ],
}

BUNDLE: dict[str, Any] = {
    "resourceType": "Bundle",
    "type": "collection",
    "entry": [{"resource": PATIENT}, {"resource": OBSERVATION}],
}
