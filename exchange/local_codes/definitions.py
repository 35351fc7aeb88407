"""The OperationDefinitions of the operations on hospitals' own codes, from a table of their parameters.

https://hl7.org/fhir/R4/operationdefinition.html
"""

from collections.abc import Iterator, Mapping, Sequence
from importlib.resources import files
from typing import Any, Final

import yaml

Json = dict[str, Any]
BASE: Final = "https://yilian.example/fhir/OperationDefinition/"


def operation_definitions() -> Iterator[Json]:
    """All of them."""
    text = files("exchange.local_codes").joinpath("operations.yaml").read_text("utf-8")
    for name, source in yaml.safe_load(text).items():
        yield _definition(name, source)


def _definition(name: str, source: Mapping[str, Any]) -> Json:
    return {
        "resourceType": "OperationDefinition",
        "id": name,
        "url": BASE + name,
        "name": "".join(part.capitalize() for part in name.split("-")),
        "title": source["title"],
        "status": "active",
        "kind": "operation",
        "affectsState": source["changes"],
        "code": name,
        "resource": [source["resource"]],
        "system": False,
        "type": True,
        "instance": False,
        "parameter": [_parameter(each, told) for each, told in source["parameters"].items()],
    }


def _parameter(name: str, told: Sequence[Any]) -> Json:
    use, type_, least, most, text = told
    return {"name": name, "use": use, "min": least, "max": most, "documentation": text, "type": type_}
