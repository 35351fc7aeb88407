"""What our profiles allow and what they refuse, by their examples; each counter-example names its issue."""

from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

import profiles.cn
from profiles.cn.package import own_package
from profiles.cn.structures import structure_url
from profiles.definitions import definitions
from profiles.validator.validator import Validator
from terminology.issue import Issue

FOLDER = Path(profiles.cn.__file__).parent / "examples"
Json = dict[str, Any]


@cache
def validator() -> Validator:
    return Validator(definitions().and_packages(own_package()))


def issues(resource: Json, profile: str) -> list[Issue]:
    given = {name: value for name, value in resource.items() if value != []}
    return validator().validate(given, [structure_url(profile)])


def examples() -> Iterator[tuple[str, Json]]:
    for path in sorted(FOLDER.glob("*.yaml")):
        content = yaml.safe_load(path.read_text("utf-8"))
        yield content["profile"], content


GOOD = [
    pytest.param(profile, resource, id=f"{profile}-{resource['id']}")
    for profile, content in examples()
    for resource in content["good"]
]
BAD = [
    pytest.param(profile, one["resource"], one["issue"], id=f"{profile}-{one['resource']['id']}")
    for profile, content in examples()
    for one in content["bad"]
]


@pytest.mark.parametrize(("profile", "resource"), GOOD)
def test_an_example_conforms(profile: str, resource: Json) -> None:
    found = issues(resource, profile)
    assert [one for one in found if one.severity == "error" or "cn-" in one.diagnostics] == []


@pytest.mark.parametrize(("profile", "resource", "expected"), BAD)
def test_a_counter_example_has_the_issue_it_names(profile: str, resource: Json, expected: Json) -> None:
    found = issues(resource, profile)
    assert any(_is(one, expected) for one in found), found


def _is(issue: Issue, expected: Json) -> bool:
    return (
        issue.severity == expected.get("severity", "error")
        and issue.code == expected.get("code", issue.code)
        and expected.get("tells", "") in issue.diagnostics
        and (
            issue.expression == expected["expression"] or expected["expression"].startswith(issue.expression)
        )
    )


def test_every_profile_has_examples() -> None:
    has = {profile for profile, _ in examples()}
    assert has == {path.stem for path in _profiles()} - {"cn-health-card"}


def _profiles() -> Iterator[Path]:
    for path in (FOLDER.parent / "sources").glob("*.yaml"):
        source = yaml.safe_load(path.read_text("utf-8"))
        if "elements" in source:
            yield Path(source["id"])
