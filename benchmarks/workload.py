"""The synthetic record that is measured, and the requests that are sent: the same for every run."""

import json
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import quote

LOINC: Final = "http://loinc.org"
LOCAL: Final = "https://yilian.example/fhir/hospital/bench/lab"
CODES: Final = (
    "2345-7",
    "718-7",
    "2160-0",
    "3094-0",
    "1742-6",
    "2951-2",
    "2823-3",
    "6690-2",
    "777-3",
    "1751-7",
)
PATIENTS = 1_000
OBSERVATIONS = 50_000
PAGE: Final = 20
ENTRIES: Final = 20


@dataclass(frozen=True, slots=True)
class Operation:
    """One kind of request, as raw bytes; `expected` is the status that counts as success."""

    name: str
    expected: int
    request: Callable[[random.Random, str], bytes]


def resize(patients: int) -> None:
    """A corpus of another size in this process, for a peer that takes long to load."""
    global PATIENTS, OBSERVATIONS
    PATIENTS, OBSERVATIONS = patients, 50 * patients


def resources() -> Iterator[dict[str, Any]]:
    """What is in the store when the measuring begins."""
    chance = random.Random(2026)
    for n in range(PATIENTS):
        yield {
            "resourceType": "Patient",
            "id": f"bench-{n}",
            "identifier": [{"system": f"{LOCAL}/patient", "value": f"{n:06}"}],
            "name": [{"text": f"测试{n}", "family": "测", "given": [f"试{n}"]}],
            "gender": chance.choice(("male", "female")),
            "birthDate": _day(chance, 1930, 2024),
        }
    for n in range(OBSERVATIONS):
        yield {**observation(chance, n % PATIENTS), "id": f"bench-{n}"}


def observation(chance: random.Random, patient: int) -> dict[str, Any]:
    """A laboratory result as a hospital sends it: local code and LOINC, unit, range, performer."""
    code = chance.randrange(len(CODES))
    value = chance.randint(10, 400) / 10
    when = f"{_day(chance, 2020, 2025)}T{chance.randint(0, 23):02}:{chance.randint(0, 59):02}:00+08:00"
    return {
        "resourceType": "Observation",
        "identifier": [{"system": f"{LOCAL}/result", "value": f"{chance.getrandbits(48):x}"}],
        "status": "final",
        "category": [
            {
                "coding": [
                    {
                        "system": "http://terminology.hl7.org/CodeSystem/observation-category",
                        "code": "laboratory",
                        "display": "Laboratory",
                    }
                ]
            }
        ],
        "code": {
            "coding": [
                {"system": LOCAL, "code": f"L{code}", "display": f"检验项目{code}"},
                {"system": LOINC, "code": CODES[code]},
            ],
            "text": f"检验项目{code}",
        },
        "subject": {"reference": f"Patient/bench-{patient}"},
        "encounter": {"reference": f"Encounter/bench-{patient}-{chance.randrange(9)}"},
        "effectiveDateTime": when,
        "issued": when,
        "performer": [{"reference": f"Organization/bench-{chance.randrange(38)}", "display": "检验科"}],
        "valueQuantity": {
            "value": value,
            "unit": "mmol/L",
            "system": "http://unitsofmeasure.org",
            "code": "mmol/L",
        },
        "interpretation": [
            {
                "coding": [
                    {
                        "system": "http://terminology.hl7.org/CodeSystem/v3-ObservationInterpretation",
                        "code": "N",
                    }
                ]
            }
        ],
        "referenceRange": [
            {"low": {"value": 3, "unit": "mmol/L"}, "high": {"value": 35, "unit": "mmol/L"}, "text": "3-35"}
        ],
    }


def _day(chance: random.Random, first: int, last: int) -> str:
    return f"{chance.randint(first, last)}-{chance.randint(1, 12):02}-{chance.randint(1, 28):02}"


def _get(target: str, token: str) -> bytes:
    head = f"GET {target} HTTP/1.1\r\nHost: bench\r\nAuthorization: Bearer {token}\r\n"
    return f"{head}Accept: application/fhir+json\r\n\r\n".encode()


def _post(target: str, token: str, resource: dict[str, Any]) -> bytes:
    body = json.dumps(resource, ensure_ascii=False, separators=(",", ":")).encode()
    head = (
        f"POST {target} HTTP/1.1\r\nHost: bench\r\nAuthorization: Bearer {token}\r\n"
        f"Content-Type: application/fhir+json\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


def _read(chance: random.Random, token: str) -> bytes:
    return _get(f"/fhir/Observation/bench-{chance.randrange(OBSERVATIONS)}", token)


def _search(chance: random.Random, token: str) -> bytes:
    code = quote(f"{LOINC}|{chance.choice(CODES)}", safe="")
    patient = f"bench-{chance.randrange(PATIENTS)}"
    return _get(f"/fhir/Observation?patient={patient}&code={code}&_sort=-date&_count={PAGE}", token)


def _create(chance: random.Random, token: str) -> bytes:
    return _post("/fhir/Observation", token, observation(chance, chance.randrange(PATIENTS)))


def _transaction(chance: random.Random, token: str) -> bytes:
    patient = chance.randrange(PATIENTS)
    entries = [
        {"resource": observation(chance, patient), "request": {"method": "POST", "url": "Observation"}}
        for _ in range(ENTRIES)
    ]
    return _post("/fhir", token, {"resourceType": "Bundle", "type": "transaction", "entry": entries})


OPERATIONS: Final = (
    Operation("read", 200, _read),
    Operation("search", 200, _search),
    Operation("create", 201, _create),
    Operation("transaction", 200, _transaction),
)
