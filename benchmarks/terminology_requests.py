"""What is asked of the terminology service over HTTP: of a tree of concepts as ICD-10 is one.

https://hl7.org/fhir/R4/terminology-service.html
"""

import json
import random
from collections.abc import Iterator
from typing import Final
from urllib.parse import quote, urlencode

from benchmarks.workload import Operation

CONCEPTS: Final = 40_000
SYSTEM: Final = "http://bench.example/CodeSystem/tree"
MAP: Final = f"""
url = "{SYSTEM}"
version = "1"
name = "Tree"
language = "zh-CN"
[columns]
code = "code"
display = "display"
parent = "parent"
"""
GENDER_MAP: Final = "http://hl7.org/fhir/ConceptMap/cm-administrative-gender-v3"
HAN: Final = "急慢性左右上下心肺肾肝感染损伤骨折肿瘤恶良综合征先天结构操作所见测定血清尿组织物质药品"


def table() -> Iterator[str]:
    """CSV, line by line."""
    chance = random.Random(2026)
    yield "code,display,parent"
    for number in range(CONCEPTS):
        name = "".join(chance.choices(HAN, k=chance.randint(3, 9)))
        yield f"T{number},{name},{f'T{number // 12}' if number else ''}"


def _get(path: str, token: str, **parameters: object) -> bytes:
    query = urlencode(parameters, quote_via=quote)
    head = f"GET /fhir/{path}?{query} HTTP/1.1\r\nHost: bench\r\nAuthorization: Bearer {token}\r\n"
    return f"{head}Accept: application/fhir+json\r\n\r\n".encode()


def _bare(chance: random.Random, token: str) -> bytes:
    """Told by the server without looking at anything: what the wire, the token and a coroutine cost."""
    return f"GET /fhir/$job/none HTTP/1.1\r\nHost: bench\r\nAuthorization: Bearer {token}\r\n\r\n".encode()


def _posted(chance: random.Random, token: str) -> bytes:
    told = {"url": SYSTEM, "code": _code(chance)}
    listed = [{"name": name, "valueUri" if name == "url" else "valueCode": told[name]} for name in told]
    body = json.dumps({"resourceType": "Parameters", "parameter": listed}).encode()
    head = (
        f"POST /fhir/CodeSystem/$validate-code HTTP/1.1\r\nHost: bench\r\nAuthorization: Bearer {token}\r\n"
        f"Content-Type: application/fhir+json\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


def _translate(chance: random.Random, token: str) -> bytes:
    code, system = (
        chance.choice(("male", "female", "other", "unknown")),
        "http://hl7.org/fhir/administrative-gender",
    )
    return _get("ConceptMap/$translate", token, url=GENDER_MAP, system=system, code=code)


def _code(chance: random.Random) -> str:
    return f"T{chance.randrange(CONCEPTS)}"


def _validate_code(chance: random.Random, token: str) -> bytes:
    return _get("CodeSystem/$validate-code", token, url=SYSTEM, code=_code(chance))


def _validate_in_value_set(chance: random.Random, token: str) -> bytes:
    gender = chance.choice(("male", "female", "other", "unknown", "none"))
    value_set = "http://hl7.org/fhir/ValueSet/administrative-gender"
    system = "http://hl7.org/fhir/administrative-gender"
    return _get("ValueSet/$validate-code", token, url=value_set, system=system, code=gender)


def _lookup(chance: random.Random, token: str) -> bytes:
    return _get("CodeSystem/$lookup", token, system=SYSTEM, code=_code(chance))


def _subsumes(chance: random.Random, token: str) -> bytes:
    return _get("CodeSystem/$subsumes", token, system=SYSTEM, codeA=_code(chance), codeB=_code(chance))


TERMINOLOGY: Final = (
    Operation("bare", 404, _bare),
    Operation("validate-code", 200, _validate_code),
    Operation("validate-code-posted", 200, _posted),
    Operation("validate-in-value-set", 200, _validate_in_value_set),
    Operation("lookup", 200, _lookup),
    Operation("subsumes", 200, _subsumes),
    Operation("translate", 200, _translate),
)
