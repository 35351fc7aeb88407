"""The judge of snapshots sees what differs, and only that."""

import json
from pathlib import Path
from typing import Any

import pytest

from conformance.snapshot.facts import differences
from exchange.commands.snapshots import snapshot

PROFILE = {
    "resourceType": "StructureDefinition",
    "id": "a",
    "url": "http://example.org/StructureDefinition/a",
    "kind": "complex-type",
    "type": "Period",
    "baseDefinition": "http://hl7.org/fhir/StructureDefinition/Period",
    "derivation": "constraint",
    "differential": {"element": [{"path": "Period.start", "min": 1}]},
}


def element(name: str, **more: Any) -> dict[str, Any]:
    return {"id": name, "path": name, "min": 0, "max": "1", **more}


@pytest.mark.parametrize(
    ("told", "fact"),
    [
        ({"min": 1}, "min"),
        ({"max": "*"}, "max"),
        ({"type": [{"code": "string"}]}, "type"),
        ({"binding": {"strength": "required", "valueSet": "http://example.org/a"}}, "binding"),
        ({"slicing": {"rules": "open"}}, "slicing"),
        ({"constraint": [{"key": "a", "severity": "error"}]}, "constraint"),
        ({"fixedString": "a"}, "value"),
        ({"mustSupport": True}, "mustSupport"),
    ],
)
def test_each_fact_is_compared(told: dict[str, Any], fact: str) -> None:
    [found] = differences([element("a", **told)], [element("a")])
    assert (found.id, found.fact) == ("a", fact)


def test_what_only_one_side_has_is_told() -> None:
    found = differences([element("a"), element("b")], [element("a"), element("c")])
    assert [(one.id, one.fact) for one in found] == [("b", "extra"), ("c", "missing")]


def test_texts_the_order_of_types_and_versions_are_not_compared() -> None:
    ours = element(
        "a", short="x", type=[{"code": "string"}, {"code": "Reference", "targetProfile": ["x|1.0"]}]
    )
    theirs = element("a", type=[{"code": "Reference", "targetProfile": ["x"]}, {"code": "string"}])
    assert differences([ours], [theirs]) == []


def write_package(folder: Path, *structures: dict[str, Any]) -> None:
    (folder / "package.json").write_text(json.dumps({"name": "example", "version": "1.0.0"}))
    for number, structure in enumerate(structures):
        (folder / f"{number}.json").write_text(json.dumps(structure))


def published(**start: Any) -> dict[str, Any]:
    """The profile with a snapshot in which `start` stands."""
    from profiles.definitions import definitions

    period = definitions().canonicals.structure("Period")
    assert period is not None
    elements = [
        {**one, **start} if one["id"] == "Period.start" else one for one in period["snapshot"]["element"]
    ]
    return {**PROFILE, "snapshot": {"element": json.loads(json.dumps(elements, default=str))}}


def test_a_package_is_judged_by_what_it_publishes(tmp_path: Path) -> None:
    write_package(tmp_path, published(min=1), {**published(min=0), "id": "b", "url": PROFILE["url"] + "b"})
    report = snapshot(tmp_path)
    assert {one.name: one.outcome for one in report.verdicts} == {
        "example#1.0.0/a": "passed",
        "example#1.0.0/b": "failed",
    }
    assert report.notes == ("example#1.0.0: 90.00 % of 10 elements, 1 of 2 profiles",)


def test_a_profile_whose_base_is_not_at_hand_is_skipped(tmp_path: Path) -> None:
    write_package(tmp_path, {**published(min=1), "baseDefinition": "http://example.org/b"})
    [verdict] = snapshot(tmp_path).verdicts
    assert (verdict.outcome, verdict.found) == ("skipped", "http://example.org/b is not at hand")


def test_a_folder_with_neither_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        snapshot(tmp_path)
