from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.merge import merged
from adapters.translation import Entry
from profiles.definitions import definitions
from profiles.structure import compile_structure
from tests.adapters.hl7v2.golden import CASES, message, resources, translated

Json = dict[str, Any]
check = compile_structure(definitions())
MR = {"system": "urn:oid:1.2.3", "value": "1"}
CITIZEN = {"system": "urn:oid:2.16.156.10011.1.3", "value": "110101199003074477"}


def patient(**elements: Any) -> Json:
    return {"resourceType": "Patient", "id": "p", **elements}


def encounter(**elements: Any) -> Json:
    return {"resourceType": "Encounter", "id": "e", **elements}


def merge(stored: Json | None, sent: Json, *deletions: str) -> Json:
    return merged(stored, Entry(sent, "merge", deletions))


def test_what_is_new_is_as_it_was_sent() -> None:
    sent = patient(gender="male")
    assert merge(None, sent) == sent


def test_a_result_replaces_the_stored_one() -> None:
    stored = {"resourceType": "Observation", "id": "o", "note": [{"text": "旧"}], "status": "preliminary"}
    sent = {"resourceType": "Observation", "id": "o", "status": "final"}
    assert merged(stored, Entry(sent, "replace")) == sent


def test_a_thin_message_does_not_wipe_what_a_full_one_said() -> None:
    full = patient(
        identifier=[MR, CITIZEN],
        name=[{"use": "official", "text": "欧阳明"}],
        birthDate="1990-03-07",
        telecom=[{"system": "phone", "use": "mobile", "value": "13812345678"}],
        meta={"versionId": "3"},
    )
    assert merge(full, patient(identifier=[MR], gender="male")) == {
        **{name: value for name, value in full.items() if name != "meta"},
        "gender": "male",
    }


def test_a_new_number_takes_the_place_of_its_kind_only() -> None:
    home, old, new = (
        {"system": "phone", "use": use, "value": value}
        for use, value in (("home", "1"), ("mobile", "2"), ("mobile", "3"))
    )
    assert merge(patient(telecom=[old, home]), patient(telecom=[new]))["telecom"] == [new, home]


def test_names_by_use_addresses_by_use_and_type() -> None:
    stored = patient(
        name=[{"use": "official", "text": "李四"}, {"use": "nickname", "text": "小四"}],
        address=[{"use": "home", "text": "甲"}, {"use": "work", "text": "乙"}],
    )
    sent = patient(name=[{"use": "official", "text": "李肆"}], address=[{"use": "home", "text": "丙"}])
    made = merge(stored, sent)
    assert [name["text"] for name in made["name"]] == ["李肆", "小四"]
    assert [address["text"] for address in made["address"]] == ["丙", "乙"]


def test_a_period_is_filled_member_by_member() -> None:
    stored = encounter(period={"start": "2024-03-05"}, status="in-progress")
    sent = encounter(period={"end": "2024-03-12"}, status="finished")
    assert merge(stored, sent)["period"] == {"start": "2024-03-05", "end": "2024-03-12"}


@pytest.mark.parametrize("known", ["in-progress", "finished", "cancelled"])
def test_an_unknown_status_never_overwrites_a_known_one(known: str) -> None:
    nothing = {"system": "http://terminology.hl7.org/CodeSystem/v3-NullFlavor", "code": "UNK"}
    inpatient = {"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "IMP"}
    stored = encounter(**{"status": known, "class": inpatient})
    made = merge(stored, encounter(**{"status": "unknown", "class": nothing}))
    assert (made["status"], made["class"]) == (known, inpatient)


def test_a_code_is_replaced_whole() -> None:
    stored = patient(maritalStatus={"coding": [{"code": "S"}], "text": "未婚"})
    assert merge(stored, patient(maritalStatus={"coding": [{"code": "M"}]}))["maritalStatus"] == {
        "coding": [{"code": "M"}]
    }


def test_only_one_type_of_a_choice_stays() -> None:
    stored = {"resourceType": "AllergyIntolerance", "id": "a", "onsetString": "去年"}
    sent = {"resourceType": "AllergyIntolerance", "id": "a", "onsetDateTime": "2023"}
    assert merge(stored, sent) == sent


def test_a_mere_yes_does_not_take_the_time_of_death_away() -> None:
    stored = patient(deceasedDateTime="2025-01-02")
    assert merge(stored, patient(deceasedBoolean=True)) == stored
    assert merge(stored, patient(deceasedBoolean=False)) == patient(deceasedBoolean=False)


def test_what_stood_beside_a_value_goes_with_it() -> None:
    stored = patient(birthDate="1990-03-07", _birthDate={"extension": [{"url": "x"}]})
    assert "_birthDate" not in merge(stored, patient(birthDate="1990-03-08"))
    assert merge(stored, patient(birthDate="1990-03-07")) == stored


def test_a_patient_who_is_in_one_place_has_left_the_others() -> None:
    def at(place: str, **more: str) -> Json:
        return {**more, "location": {"reference": f"Location/{place}"}}

    stored = encounter(location=[at("a", status="active"), at("b", status="completed")])
    made = merge(stored, encounter(location=[at("c", status="active")]))
    assert made["location"] == [
        at("a", status="completed"),
        at("b", status="completed"),
        at("c", status="active"),
    ]
    # A result that mentions the old ward does not move the patient back.
    assert merge(made, encounter(location=[at("a")])) == made


@pytest.mark.parametrize(
    ("deletion", "left"),
    [
        ("gender", {"birthDate", "_birthDate", "telecom", "deceasedBoolean", "contact", "extension"}),
        ("birthDate", {"gender", "telecom", "deceasedBoolean", "contact", "extension"}),
        ("deceased", {"gender", "birthDate", "_birthDate", "telecom", "contact", "extension"}),
        ("telecom", {"gender", "birthDate", "_birthDate", "deceasedBoolean", "contact", "extension"}),
        (
            "absent.where(use='x')",
            {"gender", "birthDate", "_birthDate", "telecom", "deceasedBoolean", "contact", "extension"},
        ),
    ],
)
def test_deletions(deletion: str, left: set[str]) -> None:
    stored = patient(
        gender="male",
        birthDate="1990",
        _birthDate={"extension": []},
        telecom=[{"use": "home", "value": "1"}, {"use": "work", "value": "2"}],
        deceasedBoolean=True,
        contact=[{"relationship": [{"coding": [{"code": "C"}]}]}, {}],
        extension=[{"url": "a"}, {"url": "b"}],
    )
    assert merge(stored, patient(), deletion).keys() == {"resourceType", "id"} | left


def test_deletions_by_content() -> None:
    stored = patient(
        telecom=[{"use": "home", "value": "1"}, {"use": "work", "value": "2"}],
        contact=[{"relationship": [{"coding": [{"code": "C"}]}]}, {"gender": "male"}],
        extension=[{"url": "a"}, {"url": "b"}],
    )
    made = merge(
        stored,
        patient(),
        "telecom.where(use='home')",
        "contact.where(relationship.coding.code='C')",
        "extension.where(url='a')",
    )
    assert made == patient(
        telecom=[{"use": "work", "value": "2"}], contact=[{"gender": "male"}], extension=[{"url": "b"}]
    )


def test_a_deletion_in_an_object_leaves_the_rest_of_it() -> None:
    stored = encounter(period={"start": "2024", "end": "2025"}, length={"value": 1})
    assert merge(stored, encounter(), "period.end", "length") == encounter(period={"start": "2024"})


def test_neither_argument_is_changed() -> None:
    stored, sent = patient(identifier=[MR], gender="male"), patient(identifier=[CITIZEN])
    merge(stored, sent, "gender")
    assert (stored, sent) == (patient(identifier=[MR], gender="male"), patient(identifier=[CITIZEN]))


@pytest.mark.parametrize("case", CASES)
def test_a_message_told_twice_changes_nothing(case: str) -> None:
    for entry in translated(message(case)).entries:
        once = merged(None, entry)
        assert merged(once, entry) == once
        assert check(once) == []


def test_a_stay_told_by_four_messages() -> None:
    stored: dict[str, Json] = {}
    for case in ("adt-a01-admit", "adt-a08-update", "oru-r01-laboratory", "adt-a03-discharge"):
        for entry in translated(message(case)).entries:
            stored[entry.resource["id"]] = merged(stored.get(entry.resource["id"]), entry)
            assert check(stored[entry.resource["id"]]) == []
    kept = {
        each["resourceType"]: each
        for each in stored.values()
        if each["resourceType"] in ("Patient", "Encounter")
    }
    assert len(kept["Patient"]["identifier"]) == 4
    assert "address" not in kept["Patient"]
    assert [each["value"] for each in kept["Patient"]["telecom"]] == ["13700001111", "oym@example.org"]
    assert kept["Encounter"]["status"] == "finished"
    assert {each.get("status") for each in kept["Encounter"]["location"]} == {"completed"}
    assert "REF" not in str(kept["Encounter"]["participant"])
    assert len(resources(translated(message("adt-a03-discharge")), "Encounter")) == 1


IDENTIFIERS = st.fixed_dictionaries(
    {"system": st.sampled_from(("s", "t")), "value": st.sampled_from(("1", "2"))},
    optional={"type": st.just({"text": "MR"})},
)
TELECOMS = st.fixed_dictionaries(
    {"system": st.sampled_from(("phone", "email")), "value": st.sampled_from(("1", "2", "3"))},
    optional={"use": st.sampled_from(("home", "mobile"))},
)
LOCATIONS = st.fixed_dictionaries(
    {"location": st.sampled_from(({"reference": "Location/a"}, {"reference": "Location/b"}))},
    optional={"status": st.sampled_from(("active", "completed"))},
)
PATIENTS = st.fixed_dictionaries(
    {"resourceType": st.just("Patient"), "id": st.just("p")},
    optional={
        "identifier": st.lists(IDENTIFIERS, min_size=1, max_size=4),
        "telecom": st.lists(TELECOMS, min_size=1, max_size=4),
        "gender": st.sampled_from(("male", "female", "unknown")),
        "birthDate": st.sampled_from(("1990", "1991")),
        "_birthDate": st.just({"extension": [{"url": "u"}]}),
        "extension": st.lists(
            st.fixed_dictionaries({"url": st.sampled_from(("a", "b")), "valueString": st.sampled_from("xy")}),
            min_size=1,
        ),
        "generalPractitioner": st.lists(st.sampled_from(({"display": "甲"}, {"display": "乙"})), min_size=1),
    },
)
DECEASED = st.sampled_from(
    ({}, {"deceasedBoolean": True}, {"deceasedBoolean": False}, {"deceasedDateTime": "2024"})
)
ENCOUNTERS = st.fixed_dictionaries(
    {"resourceType": st.just("Encounter"), "id": st.just("e")},
    optional={
        "status": st.sampled_from(("unknown", "finished", "in-progress")),
        "location": st.lists(LOCATIONS, min_size=1, max_size=3),
        "period": st.fixed_dictionaries(
            {}, optional={"start": st.just("2024"), "end": st.sampled_from(("2024", "2025"))}
        ).filter(bool),
    },
)
DELETIONS = st.lists(
    st.sampled_from(
        ("gender", "telecom.where(use='home')", "deceased", "extension.where(url='a')", "identifier")
    ),
    max_size=2,
    unique=True,
)
PEOPLE = st.builds(lambda one, two: {**one, **two}, PATIENTS, DECEASED)


@given(st.one_of(st.none(), PEOPLE), PEOPLE, DELETIONS)
def test_merging_a_patient_twice_is_merging_once(
    stored: Json | None, sent: Json, deletions: list[str]
) -> None:
    entry = Entry(sent, "merge", tuple(deletions))
    once = merged(stored, entry)
    assert merged(once, entry) == once


@given(ENCOUNTERS, ENCOUNTERS)
def test_merging_a_visit_twice_is_merging_once(stored: Json, sent: Json) -> None:
    entry = Entry(sent)
    once = merged(stored, entry)
    assert merged(once, entry) == once
    assert sum(each.get("status") == "active" for each in once.get("location", ())) <= max(
        sum(each.get("status") == "active" for each in some.get("location", ())) for some in (stored, sent)
    )


@given(PEOPLE, PEOPLE)
def test_nothing_sent_is_lost_by_merging(stored: Json, sent: Json) -> None:
    made = merged(stored, Entry(sent))
    for each in sent.get("identifier", ()):
        assert each in made["identifier"]
    for each in stored.get("identifier", ()):
        assert any(
            each["system"] == one["system"] and each["value"] == one["value"] for one in made["identifier"]
        )
    for each in sent.get("telecom", ()):
        assert each in made["telecom"]


def test_a_time_of_death_taken_back_leaves_the_death() -> None:
    stored = {"resourceType": "Patient", "id": "p", "deceasedDateTime": "2024"}
    sent = {"resourceType": "Patient", "id": "p", "deceasedBoolean": True}
    assert merged(stored, Entry(sent, "merge", ("deceased",))) == sent


NAMES = st.lists(st.sampled_from("abc"), min_size=1, max_size=4)


@given(NAMES, NAMES)
def test_where_nothing_is_stored_it_is_as_if_nothing_were_known(names: list[str], uses: list[str]) -> None:
    said = [{"use": use, "text": name} for use, name in zip(uses, names, strict=False)]
    numbers = [{"system": "s", "value": name} for name in names]
    sent = patient(name=said, identifier=numbers, birthDate="1980", _birthDate={"id": "x"})
    made = merge(None, sent)
    assert made == merge({"resourceType": "Patient"}, sent) == merge(made, sent)


def test_who_was_given_up_stands_for_itself_once_the_merge_is_turned_round() -> None:
    other = {"reference": "Patient/q"}
    given_up = patient(active=False, link=[{"type": "replaced-by", "other": other}])
    turned = merge(given_up, patient(link=[{"type": "replaces", "other": other}]))
    assert turned == patient(link=[{"type": "replaces", "other": other}])
    assert merge(given_up, patient(gender="male"), "active") == given_up | {"gender": "male"}
    assert merge(patient(active=False), patient(gender="male")) == patient(active=False, gender="male")
