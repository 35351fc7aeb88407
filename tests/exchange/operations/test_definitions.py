"""What is said of an operation is what it takes, and the CapabilityStatement names it."""

import pytest

from exchange.capability import OPERATIONS
from exchange.operations import ihe_pix, match, patient_merge
from exchange.operations.definitions import operation_definitions

ALL = {each["url"]: each for each in operation_definitions()}
OURS = "https://yilian.example/fhir/OperationDefinition/"
ELSEWHERE = {"import", "batch-validate-code"}


def taken(url: str) -> set[str]:
    return {each["name"] for each in ALL[url]["parameter"] if each["use"] == "in"}


def test_each_operation_that_is_ours_or_ihes_is_defined_where_it_stands() -> None:
    named = {
        path: url for path, url in OPERATIONS.items() if url.startswith((OURS, "https://profiles.ihe.net"))
    }
    missing = {url.removeprefix(OURS) for url in named.values()} - {url.removeprefix(OURS) for url in ALL}
    assert missing == ELSEWHERE
    for path, url in named.items():
        if url in ALL:
            assert path.rpartition("$")[2] == ALL[url]["code"]
            assert ALL[url]["instance"] or "{id}" not in path


@pytest.mark.parametrize(
    ("url", "known"),
    [
        (OPERATIONS["Patient/$match"], match.KNOWN),
        (OPERATIONS["Patient/$ihe-pix"], ihe_pix.KNOWN),
        (OPERATIONS["Patient/$merge"], patient_merge.KNOWN),
    ],
)
def test_the_parameters_are_those_that_it_takes(url: str, known: dict[str, int]) -> None:
    assert taken(url) == set(known)
