"""What a package needs is found, once each, and disagreement is told."""

import json

import pytest

from profiles.packages.dependencies import Resolved, resolved
from profiles.packages.package import Package, PackageError
from profiles.packages.version_range import choose

Shelf = dict[str, dict[str, Package]]


def package(fhir: str = "4.0.1", **dependencies: str) -> Package:
    return Package(
        {"package.json": json.dumps({"fhirVersions": [fhir], "dependencies": dependencies}).encode()}
    )


def found(shelf: Shelf, *wanted: tuple[str, str]) -> Resolved:
    def provide(name: str, asked: str) -> tuple[str, Package] | None:
        versions = shelf.get(name, {})
        version = choose(asked, versions, {})
        return (version, versions[version]) if version else None

    return resolved(wanted, provide)


def test_each_package_comes_after_what_it_needs() -> None:
    shelf = {
        "a": {"1.0.0": package(b="1.x", c="1.0.0")},
        "b": {"1.0.0": package(), "1.1.0": package(c="^1")},
        "c": {"1.0.0": package(), "2.0.0": package()},
    }
    answer = found(shelf, ("a", "latest"))
    assert list(answer.packages) == [("c", "1.0.0"), ("b", "1.1.0"), ("a", "1.0.0")]
    assert (answer.missing, answer.conflicts, answer.foreign) == ([], [], [])


def test_cycles_end() -> None:
    shelf = {"a": {"1.0.0": package(b="1.0.0")}, "b": {"1.0.0": package(a="1.0.0")}}
    assert list(found(shelf, ("a", "1.0.0")).packages) == [("b", "1.0.0"), ("a", "1.0.0")]


def test_two_versions_of_one_package_are_both_there_and_told() -> None:
    shelf = {
        "a": {"1.0.0": package(b="1.0.0", c="1.0.0")},
        "b": {"1.0.0": package(c="2.0.0")},
        "c": {"1.0.0": package(), "2.0.0": package()},
    }
    answer = found(shelf, ("a", "1.0.0"))
    assert {need for need in answer.packages if need[0] == "c"} == {("c", "1.0.0"), ("c", "2.0.0")}
    [conflict] = answer.conflicts
    assert conflict.startswith("c: ")


def test_what_nobody_has_is_told_with_who_needs_it() -> None:
    assert found({"a": {"1.0.0": package(z="1.0.0")}}, ("a", "1.0.0")).missing == [
        "z#1.0.0 (needed by a#1.0.0)"
    ]


def test_the_core_of_r4_is_built_in_and_other_versions_of_fhir_are_left_out() -> None:
    shelf = {
        "a": {"1.0.0": package(**{"hl7.fhir.r4.core": "4.0.1", "x": "1.0.0"})},
        "x": {"1.0.0": package("5.0.0")},
    }
    answer = found(shelf, ("a", "1.0.0"))
    assert list(answer.packages) == [("a", "1.0.0")]
    assert answer.foreign == ["x#1.0.0 (needed by a#1.0.0)"]


def test_a_chain_without_end_is_refused() -> None:
    def provide(name: str, asked: str) -> tuple[str, Package]:
        return "1.0.0", package(**{f"p{int(name[1:]) + 1}": "1.0.0"})

    with pytest.raises(PackageError, match="more than 500"):
        resolved([("p1", "1.0.0")], provide)


@pytest.mark.parametrize("dependencies", ["[]", '"a"', '{"b": "not a range"}'])
def test_dependencies_that_cannot_be_read_are_refused(dependencies: str) -> None:
    broken = Package({"package.json": b'{"dependencies": %b}' % dependencies.encode()})
    shelf = {"a": {"1.0.0": broken}, "b": {"1.0.0": package()}}
    if dependencies == "[]":
        assert list(found(shelf, ("a", "1.0.0")).packages) == [("a", "1.0.0")]
        return
    with pytest.raises(PackageError):
        found(shelf, ("a", "1.0.0"))
