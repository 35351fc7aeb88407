"""The OperationDefinitions of the hub's own operations and of those that it has by profiles, from tables of
their parameters.

https://hl7.org/fhir/R4/operationdefinition.html
"""

from collections.abc import Iterator, Mapping, Sequence
from importlib.resources import files
from typing import Any, Final

import yaml

Json = dict[str, Any]
BASE: Final = "https://yilian.example/fhir/OperationDefinition/"
# Each a package and its table.
TABLES: Final = (("exchange.local_codes", "operations.yaml"), ("exchange.operations", "identity.yaml"))


def operation_definitions() -> Iterator[Json]:
    """All of them."""
    for package, table in TABLES:
        text = files(package).joinpath(table).read_text("utf-8")
        for name, source in yaml.safe_load(text).items():
            yield _definition(name, source)


def _definition(name: str, source: Mapping[str, Any]) -> Json:
    """What a table does not say: the operation has the hub's canonical, its code is its name, and it stands
    at the type."""
    levels = source.get("at", ["type"])
    made = {
        "resourceType": "OperationDefinition",
        "id": name,
        "url": source.get("url", BASE + name),
        "name": source.get("name", "".join(part.capitalize() for part in name.split("-"))),
        "title": source["title"],
        "status": "active",
        "kind": "operation",
        "affectsState": source["changes"],
        "code": source.get("code", name),
        "base": source.get("base"),
        "resource": [source["resource"]] if "resource" in source else None,
        **{level: level in levels for level in ("system", "type", "instance")},
        "parameter": [_parameter(each, told) for each, told in source["parameters"].items()],
    }
    return {key: value for key, value in made.items() if value is not None}


def _parameter(name: str, told: Sequence[Any]) -> Json:
    use, kind, least, most, text = told
    made = {"name": name, "use": use, "min": least, "max": most, "documentation": text}
    if isinstance(kind, dict):
        return made | {"part": [_parameter(each, row) for each, row in kind.items()]}
    if kind.startswith("Reference("):
        target = f"http://hl7.org/fhir/StructureDefinition/{kind[len('Reference(') : -1]}"
        return made | {"type": "Reference", "targetProfile": [target]}
    return made | {"type": kind}
