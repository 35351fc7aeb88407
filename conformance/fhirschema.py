"""Judges a validator by FHIR Schema's tests, as far as they say what FHIR says.

A case passes if the validator finds errors where the test has some, and nowhere else. Where FHIR's issues
name the parent of an element that is missing or unknown, that counts as the same place.
https://github.com/fhir-schema/fhir-schema/tree/main/tests
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Protocol

from conformance.fhirschema_structures import PREFIX, profile_of, structures, type_name
from conformance.report import Report, Verdict

ABSOLUTE: Final = "http://schema.example/"
_INDEX: Final = re.compile(r"\[(\d+)\]")
_STEM: Final = re.compile("[a-z0-9]*")
_TYPED: Final = re.compile(r"\.ofType\([^)]*\)")


class Validate(Protocol):
    """The places of the errors in a resource, as FHIRPath, by types and profiles that are given."""

    def __call__(
        self, structures: Sequence[dict[str, Any]], resource: dict[str, Any], profile: str
    ) -> Sequence[str]: ...


@dataclass(frozen=True, slots=True)
class Case:
    """`errors` are the places of the expected ones, with dots before indexes; `skipped` is why it is not
    judged."""

    name: str
    schemas: Mapping[str, Any]
    data: dict[str, Any]
    errors: tuple[str, ...]
    skipped: str = ""


def cases(folder: Path) -> list[Case]:
    """Those of one file, or of all files below a folder."""
    files = [folder] if folder.is_file() else sorted(folder.rglob("*.json"))
    found = [case for file in files for case in _read(file)]
    if not found:
        raise FileNotFoundError(f"there are no tests of FHIR Schema under {folder}")
    return found


def judge(suite: Sequence[Case], validate: Validate, baseline: Mapping[str, str]) -> Report:
    return Report(tuple(_verdict(case, validate) for case in suite), baseline)


def _read(file: Path) -> list[Case]:
    content = json.loads(file.read_text("utf-8"))
    if not isinstance(content, dict) or not {"schemas", "tests"} <= content.keys():
        return []
    return [
        Case(
            f"{file.stem}/{number} {test['desc']}",
            content["schemas"],
            test["data"],
            tuple(error["path"] for error in test.get("errors", ())),
            test.get("comment", "the suite skips it") if test.get("skip") else "",
        )
        for number, test in enumerate(content["tests"], 1)
    ]


def _verdict(case: Case, validate: Validate) -> Verdict:
    if case.skipped:
        return Verdict(case.name, "skipped", case.skipped)
    schema = case.data["resourceType"]
    made = structures(case.schemas)
    profile = profile_of(schema)
    known = any(structure["url"] == profile for structure in made)
    try:
        found = [_place(one) for one in validate(made, _renamed(case.data), profile if known else "")]
    except Exception as error:
        return Verdict(case.name, "failed", f"{type(error).__name__}: {error}")
    expected = set(case.errors)
    missing = [one for one in expected if not any(_is_at(one, place) for place in found)]
    extra = [one for one in found if not any(_is_at(place, one) for place in expected)]
    told = [*(f"- {one}" for one in sorted(missing)), *(f"+ {one}" for one in sorted(extra))]
    return Verdict(case.name, "failed" if told else "passed", "; ".join(told) or f"{len(found)} errors")


def _renamed(value: Any) -> Any:
    """The resource with the names of the types that its schemas became. What has no absolute URL in the test
    gets one, for FHIR demands it of extensions."""
    if isinstance(value, list):
        return [_renamed(item) for item in value]
    if not isinstance(value, dict):
        return value
    found = {name: _renamed(item) for name, item in value.items()}
    if "resourceType" in found:
        found["resourceType"] = type_name(found["resourceType"])
    if "url" in found and ":" not in found["url"]:
        found["url"] = ABSOLUTE + found["url"]
    return found


def _place(expression: str) -> str:
    """As the tests write it: `Patient.name.0.given`."""
    plain = _TYPED.sub("", expression).removeprefix(PREFIX)
    return _INDEX.sub(r".\1", plain)


def _is_at(expected: str, found: str) -> bool:
    """FHIRPath calls `valueCode` `value`."""
    parent, _, name = expected.rpartition(".")
    stem = _STEM.match(name)
    return found in (expected, parent, f"{parent}.{stem[0] if stem else name}")
