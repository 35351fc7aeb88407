"""Whatever is given as a definition: a snapshot or an error, soon."""

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import profiles.snapshots.node
from profiles.definitions import definitions
from profiles.packages.package import package_of
from profiles.snapshots.error import SnapshotError
from profiles.snapshots.snapshot import Snapshots
from profiles.validator.validator import Validator
from tests.profiles.snapshots.profiled import BASE, profile

WORLD = definitions().canonicals
PATHS = st.lists(
    st.sampled_from(
        ["Patient", "name", "given", "extension", "value[x]", "valueString", "deceased[x]", "", "x"]
    ),
    max_size=5,
).map(".".join)
JUNK = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(["code", "rules"]), inner),
    max_leaves=4,
)
ELEMENTS = st.fixed_dictionaries(
    {},
    optional={
        "path": PATHS | PATHS.map(lambda path: f"Patient.{path}") | JUNK,
        "sliceName": st.sampled_from(["a", "b", "a/b", "valueString"]) | JUNK,
        "type": st.lists(st.fixed_dictionaries({"code": st.sampled_from(["string", "Extension", "x"])}))
        | JUNK,
        "slicing": JUNK,
        "min": st.integers(0, 2) | JUNK,
        "max": st.sampled_from(["0", "1", "*"]) | JUNK,
        "constraint": JUNK,
        "binding": JUNK,
    },
)


@given(st.lists(ELEMENTS, max_size=6) | JUNK)
@settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))
def test_no_differential_breaks_the_generator(differential: Any) -> None:
    structure = profile("a", "Patient") | {"differential": {"element": differential}}
    try:
        found = Snapshots(WORLD.structure).snapshot(structure)
    except SnapshotError:
        return
    assert found.elements[0]["id"] == "Patient"


@pytest.mark.parametrize(
    "differential",
    [
        [{"path": "Patient" + ".extension" * 50_000}],
        [{"path": f"Patient.x{number}"} for number in range(100_000)],
    ],
    ids=["deep", "long"],
)
def test_a_differential_without_end_is_refused(differential: list[dict[str, str]]) -> None:
    with pytest.raises(SnapshotError, match="more than"):
        Snapshots(WORLD.structure).snapshot(profile("a", "Patient", *differential))


def test_slices_that_multiply_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(profiles.snapshots.node, "MAX_ELEMENTS", 5_000)
    by = {"discriminator": [{"type": "value", "path": "x"}], "rules": "open"}
    paths = ["Questionnaire.item.item.item.code", "Questionnaire.item.item", "Questionnaire.item"]
    chain = []
    for number, path in enumerate(paths):
        slices = [{"path": path, "sliceName": f"s{one}"} for one in range(30)]
        base = BASE + str(number - 1) if number else "Questionnaire"
        chain.append(profile(str(number), base, {"path": path, "slicing": by}, *slices))
    with pytest.raises(SnapshotError, match="more than 5000 elements"):
        WORLD.and_packages(package_of(chain)).structure(BASE + "2")


def test_a_profile_that_cannot_be_made_is_an_issue_of_what_claims_it() -> None:
    broken = package_of([profile("a", "Patient", {"path": "Patient.nothing"})])
    validator = Validator(definitions().and_packages(broken))
    found = validator.validate({"resourceType": "Patient", "active": True}, [BASE + "a"])
    assert f"The profile {BASE}a cannot be used: Patient.nothing: there is no element nothing here" in [
        one.diagnostics for one in found if one.severity == "error"
    ]


def test_a_broken_definition_is_none_to_whoever_only_looks_it_up() -> None:
    broken = package_of([profile("a", "Patient", {"path": "Patient.nothing"})])
    validator = Validator(definitions().and_packages(broken))
    assert validator.definition(BASE + "a") is None
    assert not validator.knows(BASE + "a")
