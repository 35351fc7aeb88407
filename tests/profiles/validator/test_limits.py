"""Hostile input: time and memory have an end, and it is told."""

import gc
import time
import tracemalloc
from typing import Any

from profiles.validator import Options
from tests.profiles.validator.world import Json, element, errors, profile, validator

PATIENT: Json = {"resourceType": "Patient"}


def seconds(check: Any) -> float:
    begin = time.process_time()
    check()
    return time.process_time() - begin


def test_a_pattern_that_other_engines_never_end_with() -> None:
    rule = {"key": "own-1", "severity": "error", "human": "x", "expression": "family.matches('^(a+)+$')"}
    structure = profile("slow", "Patient", element("Patient.name", constraint=[rule]))
    resource = PATIENT | {"name": [{"family": "a" * 100_000 + "b"}]}
    ours = validator(structure)
    assert seconds(lambda: ours.validate(resource, (structure["url"],))) < 5
    assert errors(ours.validate(resource, (structure["url"],))) == [("own-1", "Patient.name[0]")]


def test_an_expression_that_has_too_much_to_do() -> None:
    text = "name.all(%resource.name.all(%resource.name.all(%resource.name.all(family.exists()))))"
    rule = {"key": "own-1", "severity": "error", "human": "x", "expression": text}
    structure = profile("costly", "Patient", element("Patient", constraint=[rule]))
    structure["differential"]["element"].pop(0)
    resource = PATIENT | {"name": [{"family": "x"}] * 500}
    found = validator(structure).validate(resource, (structure["url"],))
    assert [issue.code for issue in found if issue.severity == "error"] == ["too-costly"]


def test_huge_arrays_take_time_in_proportion() -> None:
    ours = validator(options=Options(best_practice="ignore"))
    links = [{"type": "seealso", "other": {"reference": f"Patient/{n}"}} for n in range(20_000)]
    names = [{"family": "x", "period": {"start": "2002", "end": "2001"}}] * 20_000
    assert seconds(lambda: ours.validate(PATIENT | {"link": links})) < 5
    assert seconds(lambda: ours.validate(PATIENT | {"name": names})) < 5


def test_a_bundle_of_references_to_each_other() -> None:
    """Each of many entries refers to one whose profile refers on: no target is judged twice for one
    profile.
    """
    other = {"code": "Reference", "targetProfile": ["https://tests.example/fhir/chain"]}
    chain = profile("chain", "Patient", element("Patient.link.other", type=[other]))
    entries = [
        {
            "fullUrl": f"http://tests.example/Patient/{n}",
            "resource": {
                "resourceType": "Patient",
                "id": str(n),
                "meta": {"profile": [chain["url"]]},
                "link": [{"type": "seealso", "other": {"reference": f"Patient/{(n + 1) % 3000}"}}],
            },
        }
        for n in range(3000)
    ]
    bundle: Json = {"resourceType": "Bundle", "type": "collection", "entry": entries}
    ours = validator(chain)
    assert seconds(lambda: ours.validate(bundle)) < 5
    assert errors(ours.validate(bundle)) == []


def test_many_contained_resources_without_use() -> None:
    contained = [{"resourceType": "Basic", "id": str(n), "code": {"text": "x"}} for n in range(5000)]
    ours = validator(options=Options(most=20))
    assert seconds(lambda: ours.validate(PATIENT | {"contained": contained})) < 5


def test_what_is_asked_for_and_unknown_is_not_kept() -> None:
    """Else memory would grow with each name that somebody makes up."""
    ours = validator(options=Options(best_practice="ignore"))

    def made_up(number: int) -> Json:
        url = f"https://nowhere.example/{number}"
        coding = {"system": url, "code": "x"}
        return PATIENT | {
            "meta": {"profile": [url]},
            "extension": [{"url": url, "valueString": "x"}],
            "maritalStatus": {"coding": [coding]},
        }

    for number in range(500):
        ours.validate(made_up(number))
    gc.collect()
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    for number in range(500, 3000):
        ours.validate(made_up(number))
    gc.collect()  # what is only garbage is not kept, however seldom it is collected
    grown = tracemalloc.get_traced_memory()[0] - before
    tracemalloc.stop()
    assert grown < 100_000
