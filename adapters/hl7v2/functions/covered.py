"""Parts of Coverage.

https://hl7.org/fhir/R4/coverage.html
"""

from typing import Any

from adapters.hl7v2.context import Context
from adapters.hl7v2.functions.urls import THO
from adapters.hl7v2.reading import Value

Json = dict[str, Any]


def coverage_class(value: Value, context: Context, *, type: str, name: Value | None = None) -> Json | None:
    """CWE or ST → Coverage.class of a type (`plan`, `group`), with its name if that stands elsewhere."""
    number = value.text(1)
    words = value.text(2) or (name.text(1) if name is not None else "")
    if not number and not words:
        return None
    made: Json = {
        "type": {"coding": [{"system": THO + "coverage-class", "code": type}]},
        "value": number or words,
    }
    if words:
        made["name"] = words
    return made
