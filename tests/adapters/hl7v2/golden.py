"""The golden messages of `tests/golden`, and the tools that several tests share."""

import os
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import msgspec

from adapters.hl7v2.parse import Message, parse
from adapters.hl7v2.translate import MapLibrary, translate
from adapters.hospitals.hospital import Hospital, Hospitals
from adapters.translation import Translation
from exchange.fhirjson import dumps
from profiles.definitions import definitions
from terminology.issue import Issue

GOLDEN = Path(__file__).parents[2] / "golden"
CASES = sorted(path.parent.name for path in GOLDEN.glob("*/message.hl7"))
RECEIVED = datetime(2024, 3, 6, 2, 0, tzinfo=UTC)
BASE = "https://region.example/fhir"


@cache
def library() -> MapLibrary:
    return MapLibrary(definitions())


def message(case: str) -> str:
    return (GOLDEN / case / "message.hl7").read_text("utf-8")


def hospital_of(parsed: Message) -> Hospital:
    facility = parsed.text("MSH-4.1") or parsed.text("MSH-4.2")
    return Hospitals(BASE).for_facility(facility, parsed.text("MSH-3.1"))


def translated(text: str, hospital: Hospital | None = None) -> Translation:
    parsed = parse(text)
    hospital = hospital or hospital_of(parsed)
    return translate(parsed, hospital, RECEIVED, library().of(hospital))


def resources(translation: Translation, resource_type: str) -> list[dict[str, Any]]:
    found = (entry.resource for entry in translation.entries)
    return [resource for resource in found if resource["resourceType"] == resource_type]


def references(value: Any) -> Iterator[str]:
    """Every literal reference in a resource."""
    if isinstance(value, dict):
        if isinstance(value.get("reference"), str):
            yield value["reference"]
        value = list(value.values())
    if isinstance(value, list):
        for item in value:
            yield from references(item)


def _issue(issue: Issue) -> dict[str, str]:
    """Translation has no rules with names."""
    return {name: value for name, value in msgspec.to_builtins(issue).items() if name != "message_id"}


def as_json(translation: Translation) -> str:
    """A translation as it stands in a golden file."""
    document = {
        "coverage": msgspec.to_builtins(translation.coverage),
        "issues": [_issue(issue) for issue in translation.issues],
        "residue": [{"path": each.path, "value": each.value} for each in translation.residue],
        "entries": [
            {"mode": entry.mode, "deletions": list(entry.deletions), "resource": entry.resource}
            for entry in translation.entries
        ],
    }
    return msgspec.json.format(dumps(document), indent=1).decode() + "\n"


def expected(case: str, actual: str) -> str:
    """The golden text; `YILIAN_UPDATE_GOLDEN=1` writes it anew."""
    path = GOLDEN / case / "translation.json"
    if os.environ.get("YILIAN_UPDATE_GOLDEN"):
        path.write_text(actual, "utf-8")
    return path.read_text("utf-8")
