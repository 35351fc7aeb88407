"""Validators that know profiles made up for a test."""

from typing import Any

import msgspec

from profiles.definitions import definitions
from profiles.packages.package import Package
from profiles.validator import Options, Validator
from profiles.validator.validator import found_in
from terminology.issue import Issue

Json = dict[str, Any]
BASE = "http://hl7.org/fhir/StructureDefinition/"
OURS = "https://tests.example/fhir/"
STRICT = Options(best_practice="ignore", unknown_extension="error", extension_domains=())


def profile(name: str, type_: str, *elements: Json, **more: Any) -> Json:
    """A constraint on a type, of differential elements."""
    return {
        "resourceType": "StructureDefinition",
        "url": OURS + name,
        "name": name,
        "status": "active",
        "fhirVersion": "4.0.1",
        "kind": "resource" if type_ in definitions().resource_types else "complex-type",
        "abstract": False,
        "type": type_,
        "baseDefinition": BASE + type_,
        "derivation": "constraint",
        "differential": {"element": [{"id": type_, "path": type_}, *elements]},
        **more,
    }


def element(id_: str, **says: Any) -> Json:
    """An element by its id, of which the path and the slice's name are parts."""
    path = ".".join(part.partition(":")[0] for part in id_.split("."))
    slice_ = id_.rpartition(".")[2].partition(":")[2]
    return {"id": id_, "path": path, **({"sliceName": slice_} if slice_ else {}), **says}


def sliced(*paths: str, kind: str = "value", rules: str = "open", **more: Any) -> Json:
    return {"discriminator": [{"type": kind, "path": path} for path in paths], "rules": rules, **more}


def validator(*resources: Json, options: Options = STRICT, **more: Any) -> Validator:
    files = {f"{number}.json": msgspec.json.encode(one) for number, one in enumerate(resources)}
    known = definitions().canonicals.and_packages(Package({"package.json": b"{}", **files}))
    return Validator(definitions(), options, find=found_in(known), **more)


def told(issues: list[Issue]) -> list[tuple[str, str]]:
    """Message and place of each."""
    return sorted((issue.message_id, issue.expression) for issue in issues)


def errors(issues: list[Issue]) -> list[tuple[str, str]]:
    return told([issue for issue in issues if issue.severity == "error"])
