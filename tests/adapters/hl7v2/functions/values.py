"""Values and a context for trying data-type functions alone."""

from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

from adapters.hl7v2.context import Context
from adapters.hl7v2.escape import Delimiters
from adapters.hl7v2.reading import Value
from adapters.hl7v2.translate import base_layer
from adapters.hospitals.hospital import Hospital
from adapters.mapping.functions import Choice, Made, Primitive, Several
from adapters.mapping.rows import Vocabulary

BASE = "https://region.example/fhir"
SID = f"{BASE}/sid/h1"
LOCAL = f"{BASE}/CodeSystem/h1"
V2 = "http://terminology.hl7.org/CodeSystem/v2-"


def value(text: str) -> Value:
    return Value(text, Delimiters())


def values(*texts: str) -> list[Value]:
    return [Value(text, Delimiters(), number) for number, text in enumerate(texts, 1)]


@cache
def context() -> Context:
    hospital = Hospital("h1", "第一医院", BASE, facilities=("HOSP1",), systems={"LAB": "urn:oid:1.2.3.4.5"})
    return Context(hospital, ZoneInfo("Asia/Shanghai"), base_layer().vocabularies)


def vocabulary(name: str) -> Vocabulary:
    return base_layer().vocabularies[name]


def plain(result: Any) -> Any:
    """A result without its kind: references as they are, with the resources they need after them."""
    if isinstance(result, Made):
        return {"value": result.value, "resources": list(result.resources)}
    if isinstance(result, Several):
        return list(result.values)
    if isinstance(result, Choice):
        return {result.suffix: result.value}
    if isinstance(result, Primitive):
        return {"value": result.value, "extension": list(result.extension)}
    return result
