"""What is asked of the terminology service over HTTP: of a tree of concepts as ICD-10 is one.

https://hl7.org/fhir/R4/terminology-service.html
"""

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
    Operation("validate-code", 200, _validate_code),
    Operation("validate-in-value-set", 200, _validate_in_value_set),
    Operation("lookup", 200, _lookup),
    Operation("subsumes", 200, _subsumes),
)
