"""A snapshot is its base with everything that the differential tells, and nothing else."""

import pytest

from profiles.definitions import definitions
from profiles.packages.canonicals import CORE, Canonicals
from profiles.packages.package import package_of
from profiles.snapshots.error import SnapshotError
from profiles.snapshots.snapshot import Snapshots
from tests.profiles.snapshots.profiled import BASE, by_id, made, problems, profile

BY_SYSTEM = {"discriminator": [{"type": "value", "path": "system"}], "rules": "open"}
WORLD = definitions().canonicals


def test_a_profile_that_tells_nothing_has_the_elements_of_its_base() -> None:
    patient = WORLD.structure("Patient")
    assert patient is not None
    assert made(profile("a", "Patient", {"path": "Patient"})).elements == patient["snapshot"]["element"]


def test_the_base_is_not_changed() -> None:
    before = str(WORLD.structure("Observation"))
    by_id(profile("a", "Observation", {"path": "Observation.code.coding", "min": 1, "max": "1"}))
    assert str(WORLD.structure("Observation")) == before


def test_what_is_told_is_laid_over_the_base() -> None:
    told = {"path": "Patient.gender", "min": 1, "mustSupport": True, "short": "Sex"}
    gender = by_id(profile("a", "Patient", told))["Patient.gender"]
    assert (gender["min"], gender["max"], gender["mustSupport"], gender["short"]) == (1, "1", True, "Sex")
    assert gender["binding"]["strength"] == "required"


def test_constraints_are_inherited_and_new_ones_name_their_source() -> None:
    told = {"path": "Patient.contact", "constraint": [{"key": "x-1", "severity": "error", "human": "x"}]}
    constraints = {
        one["key"]: one for one in by_id(profile("a", "Patient", told))["Patient.contact"]["constraint"]
    }
    assert constraints.keys() == {"ele-1", "pat-1", "x-1"}
    assert constraints["x-1"]["source"] == BASE + "a"


def test_a_binding_may_change_its_strength_alone() -> None:
    told = {"path": "Observation.category", "binding": {"strength": "required"}}
    binding = by_id(profile("a", "Observation", told))["Observation.category"]["binding"]
    assert binding == {"strength": "required", "valueSet": CORE.replace("StructureDefinition", "ValueSet")
                       + "observation-category"}  # fmt: skip


def test_a_path_below_a_type_unfolds_it() -> None:
    elements = by_id(profile("a", "Patient", {"path": "Patient.name.period.start", "min": 1}))
    assert elements["Patient.name.period.start"]["min"] == 1
    below = [name for name in elements if name.startswith("Patient.name.") and name.count(".") == 2]
    assert [name.rpartition(".")[2] for name in below] == [
        *("id", "extension", "use", "text", "family", "given", "prefix", "suffix", "period"),
    ]
    assert elements["Patient.name.family"]["base"]["path"] == "HumanName.family"


def test_a_path_below_a_content_reference_unfolds_what_it_refers_to() -> None:
    told = {"path": "Questionnaire.item.item.linkId", "short": "x"}
    elements = by_id(profile("a", "Questionnaire", told))
    inner = elements["Questionnaire.item.item"]
    assert "contentReference" not in inner
    assert inner["type"] == [{"code": "BackboneElement"}]
    assert elements["Questionnaire.item.item.item"]["contentReference"] == "#Questionnaire.item"


def test_slices_begin_as_what_they_slice() -> None:
    elements = by_id(
        profile(
            "a",
            "Observation",
            {"path": "Observation.component", "slicing": BY_SYSTEM, "min": 1},
            {"path": "Observation.component", "sliceName": "one", "max": "1"},
            {"path": "Observation.component.code", "short": "one"},
            {"path": "Observation.component", "sliceName": "two"},
        )
    )
    head, one, two = (elements[f"Observation.component{name}"] for name in ("", ":one", ":two"))
    assert (head["slicing"], head["min"], one["min"], one["max"], two["max"]) == (BY_SYSTEM, 1, 0, "1", "*")
    assert "slicing" not in one
    assert elements["Observation.component:one.code"]["short"] == "one"
    assert (
        elements["Observation.component:two.value[x]"]["type"]
        == elements["Observation.component.value[x]"]["type"]
    )
    names = [name for name in elements if name.startswith("Observation.component") and "." not in name[13:]]
    assert names == ["Observation.component", "Observation.component:one", "Observation.component:two"]


def test_a_profile_on_a_profile_adds_slices_re_slices_and_constrains_those_there() -> None:
    first = profile(
        "a",
        "Patient",
        {"path": "Patient.identifier", "slicing": BY_SYSTEM},
        {"path": "Patient.identifier", "sliceName": "a", "min": 1},
        {"path": "Patient.identifier", "sliceName": "b"},
    )
    second = profile(
        "b",
        BASE + "a",
        {"path": "Patient.identifier", "sliceName": "a", "mustSupport": True},
        {"path": "Patient.identifier.value", "min": 1},
        {"path": "Patient.identifier", "sliceName": "a/x", "max": "1"},
        {"path": "Patient.identifier", "sliceName": "c"},
    )
    elements = by_id(second, first)
    slices = [name for name in elements if name.startswith("Patient.identifier:") and "." not in name[8:]]
    assert slices == [f"Patient.identifier:{name}" for name in ("a", "a/x", "b", "c")]
    assert elements["Patient.identifier:a"]["min"] == 1
    assert elements["Patient.identifier:a.value"]["min"] == 1
    assert elements["Patient.identifier:a/x"]["max"] == "1"


def test_extensions_are_sliced_by_url_and_take_what_their_definition_says() -> None:
    url = CORE + "patient-birthPlace"
    told = {
        "path": "Patient.extension",
        "sliceName": "birthPlace",
        "type": [{"code": "Extension", "profile": [url]}],
    }
    elements = by_id(profile("a", "Patient", told, {"path": "Patient.extension.valueAddress.city", "min": 1}))
    assert elements["Patient.extension"]["slicing"]["discriminator"] == [{"type": "value", "path": "url"}]
    assert elements["Patient.extension:birthPlace"]["max"] == "1"
    assert elements["Patient.extension:birthPlace.url"]["fixedUri"] == url
    [city] = [name for name in elements if name.endswith(".city")]
    assert elements[city]["min"] == 1


def test_a_definition_of_a_type_of_its_own_adds_to_its_base() -> None:
    url = "http://example.org/logical/Ward"
    structure = profile(
        "Ward",
        "Element",
        {"path": "Ward", "min": 0, "max": "*"},
        {"path": "Ward.bed", "min": 0, "max": "*", "type": [{"code": "BackboneElement"}]},
        {"path": "Ward.bed.number", "min": 1, "max": "1", "type": [{"code": "string"}]},
        url=url,
        kind="logical",
        type=url,
        derivation="specialization",
    )
    elements = by_id(structure)
    assert list(elements) == ["Ward", "Ward.id", "Ward.extension", "Ward.bed", "Ward.bed.number"]
    assert elements["Ward.bed.number"]["base"] == {"path": "Ward.bed.number", "min": 1, "max": "1"}


def test_snapshots_are_made_when_they_are_asked_for() -> None:
    first = profile("a", "Patient", {"path": "Patient.gender", "min": 1})
    second = profile(
        "b", BASE + "a", {"path": "Patient.birthDate", "min": 1}, {"path": "Patient.active", "min": 1}
    )
    world = WORLD.and_packages(package_of([second, first]))
    structure = world.structure(BASE + "b")
    assert structure is not None
    least = {element["path"] for element in structure["snapshot"]["element"] if element["min"]}
    assert least >= {"Patient.gender", "Patient.birthDate", "Patient.active"}
    assert world.structure(BASE + "b") is structure


def test_a_differential_can_be_put_in_order() -> None:
    first, second = {"path": "Patient.gender", "min": 1}, {"path": "Patient.active", "min": 1}
    structure = profile("a", "Patient", first, second)
    assert problems(structure) == ["Patient.gender: is not in the order of the base"]
    assert Snapshots(WORLD.structure).sorted_differential(structure) == [second, first]


@pytest.mark.parametrize(
    ("told", "problem"),
    [
        ({"path": "Patient.nothing"}, "there is no element nothing here"),
        ({"path": "Observation.code"}, "does not lead from"),
        ({"path": "Patient..name"}, "does not lead from"),
        ({"path": "Patient.name", "sliceName": "a"}, None),
        ({"path": "Patient.deceased[x].coding"}, "several types"),
    ],
)
def test_what_cannot_be_laid_over_the_base_is_refused(told: dict[str, str], problem: str | None) -> None:
    structure = profile("a", "Patient", {"path": "Patient"}, told)
    if problem is None:
        assert "Patient.name:a" in by_id(structure)
        return
    with pytest.raises(SnapshotError, match=problem):
        made(structure)


def test_two_slices_without_a_slicing_are_refused() -> None:
    slices = [{"path": "Patient.name", "sliceName": name} for name in "ab"]
    with pytest.raises(SnapshotError, match="nothing says how it is sliced"):
        made(profile("a", "Patient", *slices))


@pytest.mark.parametrize(
    ("told", "problem"),
    [
        ({"path": "Observation.status", "min": 0}, "min is 0"),
        ({"path": "Observation.status", "max": "*"}, "max is *"),
        ({"path": "Observation.code", "type": [{"code": "Quantity"}]}, "the type Quantity is not of"),
        ({"path": "Observation.code", "fixedString": "x"}, "fixedString is no value of CodeableConcept"),
        ({"path": "Observation.status", "binding": {"strength": "example"}}, "cannot become example"),
    ],
)
def test_what_goes_against_the_base_is_told(told: dict[str, str], problem: str) -> None:
    [found] = problems(profile("a", "Observation", told))
    assert problem in found


def test_definitions_that_depend_on_themselves_are_refused() -> None:
    one = profile("a", BASE + "b", {"path": "Patient"})
    other = profile("b", BASE + "a", {"path": "Patient"})
    world = Canonicals([*WORLD.packages, package_of([one, other])])
    for _ in range(2):
        with pytest.raises(SnapshotError, match="depends on itself"):
            world.structure(BASE + "a")


def test_a_base_that_is_not_there_is_named() -> None:
    with pytest.raises(SnapshotError, match="Missing is not among the definitions"):
        made(profile("a", BASE + "Missing", {"path": "Patient"}))
