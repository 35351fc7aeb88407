"""Which version of a map holds when; and resources as maps have them."""

from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from adapters.hl7v2.functions.urls import ALTERNATE_CODES
from exchange.local_codes.maps import EFFECTIVE, LocalMaps
from exchange.local_codes.rewriting import TRANSLATED, Remembered, Rewriting
from exchange.local_codes.sighting import Companion, Key
from exchange.local_codes.systems import Systems
from terminology.library import Library, entry_of

SYSTEMS = Systems("https://base.example")
LOCAL = "https://base.example/CodeSystem/h1/t"
URL = "https://base.example/ConceptMap/h1/t"
START = datetime(2026, 1, 1, tzinfo=UTC)


def day(number: int) -> datetime:
    return START + timedelta(days=number)


def concept_map(version: str, start: int | None, codes: dict[str, str], **more: Any) -> dict[str, Any]:
    elements = [
        {"code": code, "target": [{"code": target, "equivalence": "equivalent"}]}
        for code, target in codes.items()
    ]
    period = {"start": day(start).isoformat()} if start is not None else {}
    return {
        "resourceType": "ConceptMap",
        "id": f"v{version}",
        "url": URL,
        "version": version,
        "status": "active",
        "extension": [{"url": EFFECTIVE, "valuePeriod": period}],
        "group": [{"source": LOCAL, "target": "urn:s", "element": elements}],
        **more,
    }


def maps(*resources: dict[str, Any]) -> LocalMaps:
    return LocalMaps(Library(map(entry_of, resources)), SYSTEMS.prefix)


def rewriting(known: LocalMaps, when: datetime = START) -> Rewriting:
    return Rewriting(SYSTEMS, known, when, lambda path, coding: coding.code in ("male", "female"))


@given(st.lists(st.integers(0, 6), min_size=1, max_size=8), st.integers(-1, 8))
def test_what_was_made_later_holds_from_its_beginning_on(starts: list[int], when: int) -> None:
    listed = [concept_map(str(n), start, {"x": str(n)}) for n, start in enumerate(starts, 1)]
    expected = ""
    for n, start in enumerate(starts, 1):
        if start <= when:
            expected = str(n)
    found = maps(*reversed(listed)).mapped(LOCAL, "x", day(when))
    assert (found.matches[0].concept.code if found else "") == expected


def test_drafts_and_other_systems_do_not_count() -> None:
    known = maps(concept_map("1", 0, {"x": "a"}), concept_map("2", 0, {"x": "b"}, status="draft"))
    found = known.mapped(LOCAL, "x", START)
    assert found
    assert found.matches[0].concept.code == "a"
    assert known.mapped(LOCAL, "y", START) is None
    assert known.mapped("urn:other", "x", START) is None


def test_what_is_remembered_of_a_code_holds_for_any_time() -> None:
    other = "https://base.example/CodeSystem/h2/t"
    resource = {
        "resourceType": "Observation",
        "code": {"coding": [{"system": LOCAL, "code": "x"}]},
        "category": [{"coding": [{"system": other, "code": "y"}]}],
    }
    known = maps(concept_map("1", 5, {"x": "a"}))
    remembered: Remembered = {}
    for when in (START, START, day(6), START):
        fresh = rewriting(known, when)
        again = Rewriting(SYSTEMS, known, when, fresh.allowed, remembered=remembered)
        assert again.resource(resource) == fresh.resource(resource)
        assert again.met == fresh.met
        assert {name for _, name, _ in remembered} == {"category"}


CODES = st.sampled_from(["x", "y", "z"])
CODINGS = st.lists(
    st.one_of(
        st.builds(lambda code: {"system": LOCAL, "code": code}, CODES),
        st.builds(lambda code: {"system": "urn:s", "code": code}, st.sampled_from("abc")),
        st.just({"display": "文"}),
        st.just({"system": LOCAL}),
    ),
    max_size=4,
)
MAPS = st.dictionaries(CODES, st.sampled_from("abc"))


@given(CODINGS, MAPS, MAPS)
def test_twice_is_once_and_what_was_sent_stays(
    codings: list[dict[str, str]], first: dict[str, str], second: dict[str, str]
) -> None:
    resource = {"resourceType": "Observation", "code": {"coding": codings}}
    old = rewriting(maps(concept_map("1", 0, first))).resource(resource)
    new = maps(concept_map("2", 0, second))
    once = rewriting(new).resource(old)
    assert rewriting(new).resource(once) is once
    assert once == rewriting(new).resource(resource)
    assert once["code"]["coding"][len(once["code"]["coding"]) - len(codings) :] == codings
    assert rewriting(maps()).resource(once) == resource


def test_a_required_code_is_set_where_its_binding_allows_it() -> None:
    concept = {"coding": [{"system": LOCAL, "code": "男"}]}
    resource = {
        "resourceType": "Patient",
        "_gender": {"extension": [{"url": ALTERNATE_CODES, "valueCodeableConcept": concept}]},
    }
    work = rewriting(maps(concept_map("1", 0, {"男": "male", "怪": "odd"})))
    made = work.resource(resource)
    assert made["gender"] == "male"
    assert made["_gender"]["extension"][0]["valueCodeableConcept"] == concept
    assert made["_gender"]["extension"][1] == {"url": TRANSLATED, "valueCanonical": f"{URL}|1"}
    assert [met.place for met in work.met] == ["Patient.gender"]
    assert rewriting(maps(concept_map("1", 0, {"男": "male"}))).resource(made) is made
    concept["coding"][0]["code"] = "怪"
    assert rewriting(maps(concept_map("1", 0, {"怪": "odd"}))).resource(resource) is resource


def test_a_coding_that_stands_alone_keeps_the_one_sent() -> None:
    sent = {"system": LOCAL, "code": "x"}
    resource = {"resourceType": "Encounter", "class": sent}
    known = maps(concept_map("1", 0, {"x": "a"}))
    made = rewriting(known).resource(resource)
    assert (made["class"]["system"], made["class"]["code"]) == ("urn:s", "a")
    assert rewriting(known).resource(made) is made
    assert rewriting(maps()).resource(made)["class"] == sent


def test_what_is_met_tells_what_stood_beside() -> None:
    codings = [{"system": LOCAL, "code": "x", "display": "甲"}, {"system": "urn:s", "code": "1"}]
    work = rewriting(maps())
    resource = {"resourceType": "Observation", "component": [{"code": {"coding": codings}}]}
    assert work.resource(resource) is resource
    [met] = work.met
    assert (met.key, met.place) == (Key(LOCAL, "x"), "Observation.component.code")
    assert met.companion == Companion("urn:s", "1", "")
