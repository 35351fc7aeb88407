"""FHIRPath Patch: each operation on elements, primitives with extensions, choices and lists."""

import copy
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exchange.outcome import FhirError
from exchange.patch.fhirpath_patch import fhirpath_patch
from exchange.patch.located import Locator, at
from profiles.definitions import definitions

R4 = definitions()
PATIENT: dict[str, Any] = {
    "resourceType": "Patient",
    "id": "p",
    "text": {"status": "generated", "div": '<div xmlns="http://www.w3.org/1999/xhtml">x</div>'},
    "contained": [{"resourceType": "Organization", "id": "o", "name": "院"}],
    "active": True,
    "name": [
        {"family": "王", "given": ["小明", "Ming"]},
        {
            "given": [None, "Mimi", None],
            "_given": [
                {"extension": [{"url": "http://e.example/absent", "valueCode": "unknown"}]},
                None,
                {"id": "g"},
            ],
        },
    ],
    "birthDate": "1980-02-29",
    "_birthDate": {"extension": [{"url": "http://e.example/time", "valueTime": "08:30:00"}]},
    "deceasedBoolean": False,
    "contact": [{"relationship": [{"text": "wife"}], "period": {"start": "2001"}}],
    "multipleBirthInteger": 2,
}


def operation(type_: str, path: str, value: Any = None, **parts: Any) -> dict[str, Any]:
    listed: list[dict[str, Any]] = [
        {"name": "type", "valueCode": type_},
        {"name": "path", "valueString": path},
    ]
    for name, one in parts.items():
        listed.append({"name": name, "valueString" if name == "name" else "valueInteger": one})
    if value is not None:
        listed.append({"name": "value", **value})
    return {"name": "operation", "part": listed}


def patched(*operations: dict[str, Any], resource: dict[str, Any] = PATIENT) -> dict[str, Any]:
    before = copy.deepcopy(resource)
    changed = fhirpath_patch(resource, {"resourceType": "Parameters", "parameter": list(operations)}, R4)
    assert resource == before
    return changed


def change(*operations: dict[str, Any], of: dict[str, Any] = PATIENT) -> dict[str, Any]:
    """The properties that differ, None for those that are gone."""
    changed = patched(*operations, resource=of)
    return {name: changed.get(name) for name in (*of, *changed) if changed.get(name) != of.get(name)}


def test_add() -> None:
    assert change(operation("add", "Patient", {"valueCode": "male"}, name="gender")) == {"gender": "male"}
    name = patched(operation("add", "Patient.name[0]", {"valueString": "W"}, name="given"))["name"]
    assert name[0]["given"] == ["小明", "Ming", "W"]
    extended = {"valueDate": "2001", "_valueDate": {"id": "d"}}
    contact = patched(operation("add", "Patient.contact.period", extended, name="end"))["contact"]
    assert contact[0]["period"] == {"start": "2001", "end": "2001", "_end": {"id": "d"}}
    resource = {"resource": {"resourceType": "Organization", "id": "o2"}}
    assert len(patched(operation("add", "Patient", resource, name="contained"))["contained"]) == 2
    into = patched(operation("add", "Patient.contained[0]", {"valueBoolean": True}, name="active"))
    assert into["contained"][0]["active"] is True


def test_add_to_primitives() -> None:
    extension = {"valueExtension": {"url": "http://e.example/x", "valueInteger": 1}}
    changed = patched(operation("add", "Patient.birthDate", extension, name="extension"))
    assert len(changed["_birthDate"]["extension"]) == 2
    assert change(operation("add", "Patient.active", extension, name="extension")) == {
        "_active": {"extension": [extension["valueExtension"]]}
    }
    name = patched(operation("add", "Patient.name[0].given[1]", {"valueString": "i"}, name="id"))["name"][0]
    assert (name["given"], name["_given"]) == (["小明", "Ming"], [None, {"id": "i"}])


def test_values_of_parts() -> None:
    parts = {
        "part": [
            {"name": "relationship", "valueCodeableConcept": {"text": "son"}},
            {"name": "relationship", "valueCodeableConcept": {"text": "heir"}},
            {"name": "gender", "valueCode": "male"},
            {"name": "name", "part": [{"name": "family", "valueString": "王"}]},
        ]
    }
    contact = patched(operation("add", "Patient", parts, name="contact"))["contact"][1]
    assert contact == {
        "relationship": [{"text": "son"}, {"text": "heir"}],
        "gender": "male",
        "name": {"family": "王"},
    }
    value = {
        "part": [
            {"name": "url", "valueUri": "http://e.example/y"},
            {"name": "value", "valueDecimal": Decimal("1.10")},
        ]
    }
    added = patched(operation("add", "Patient", value, name="extension"))["extension"]
    assert added == [{"url": "http://e.example/y", "valueDecimal": Decimal("1.10")}]
    assert str(added[0]["valueDecimal"]) == "1.10"


def test_choices() -> None:
    time = {"valueDateTime": "2020-01-01"}
    assert change(operation("replace", "Patient.deceased", time)) == {
        "deceasedBoolean": None,
        "deceasedDateTime": "2020-01-01",
    }
    bare = {"resourceType": "Patient", "id": "p"}
    for name in ("deceased", "deceasedDateTime"):
        assert change(operation("add", "Patient", time, name=name), of=bare) == {
            "deceasedDateTime": "2020-01-01"
        }
    assert change(operation("delete", "Patient.deceased")) == {"deceasedBoolean": None}


def test_insert_and_move() -> None:
    name = {"valueHumanName": {"text": "x"}}
    assert patched(operation("insert", "Patient.name", name, index=0))["name"][0] == {"text": "x"}
    assert patched(operation("insert", "Patient.name", name, index=2))["name"][2] == {"text": "x"}
    assert patched(operation("insert", "Patient.telecom", {"valueContactPoint": {"value": "1"}}, index=0))[
        "telecom"
    ] == [{"value": "1"}]
    given_ = patched(operation("insert", "Patient.name[1].given", {"valueString": "M"}, index=1))["name"][1]
    assert given_["given"] == [None, "M", "Mimi", None]
    assert [one and list(one) for one in given_["_given"]] == [["extension"], None, None, ["id"]]
    moved = patched(operation("move", "Patient.name[1].given", source=2, destination=0))["name"][1]
    assert moved["given"] == [None, None, "Mimi"]
    assert [one and list(one) for one in moved["_given"]] == [["id"], ["extension"], None]


def test_replace() -> None:
    assert change(operation("replace", "Patient.birthDate", {"valueDate": "1990"})) == {
        "birthDate": "1990",
        "_birthDate": None,
    }
    assert patched(operation("replace", "Patient.name.given[1]", {"valueString": "M"}))["name"][0][
        "given"
    ] == [
        "小明",
        "M",
    ]
    where = "Patient.birthDate.extension.where(url = 'http://e.example/time').value"
    changed = patched(operation("replace", where, {"valueTime": "09:00:00"}))
    assert changed["_birthDate"]["extension"][0]["valueTime"] == "09:00:00"
    assert (
        patched(operation("replace", "Patient.text.div", {"valueString": "<div/>"}))["text"]["div"]
        == "<div/>"
    )
    assert (
        patched(operation("replace", "Patient.contained.name", {"valueString": "x"}))["contained"][0]["name"]
        == "x"
    )
    assert patched(operation("replace", "Patient.name[1].given[2].id", {"valueString": "h"}))["name"][1][
        "_given"
    ][2] == {"id": "h"}


def test_delete() -> None:
    assert change(operation("delete", "Patient.gender")) == {}
    assert change(operation("delete", "Patient.contact.period.start")) == {
        "contact": [{"relationship": [{"text": "wife"}]}]
    }
    both = (
        operation("delete", "Patient.contact.period"),
        operation("delete", "Patient.contact.relationship"),
    )
    assert change(*both) == {"contact": None}
    assert change(operation("delete", "Patient.birthDate")) == {"birthDate": None, "_birthDate": None}
    assert change(operation("delete", "Patient.birthDate.extension")) == {"_birthDate": None}
    rest = patched(operation("delete", "Patient.name[1].given[0].extension"))["name"][1]
    assert (rest["given"], rest["_given"]) == (["Mimi", None], [None, {"id": "g"}])
    rest = patched(operation("delete", "Patient.name[1].given[1]"))["name"][1]
    assert "given" not in rest
    assert len(rest["_given"]) == 2


REFUSED = [
    (operation("add", "Patient", {"valueBoolean": True}, name="active"), 422),
    (operation("add", "Patient", {"valueInteger": 1}, name="deceased"), 422),
    (operation("add", "Patient", {"valueInteger": 1}, name="wrong"), 422),
    (operation("add", "Patient.name", {"valueString": "x"}, name="family"), 422),
    (operation("add", "Patient.gender", {"valueString": "x"}, name="id"), 422),
    (operation("replace", "Patient.gender", {"valueCode": "male"}), 422),
    (operation("replace", "Patient", {"valueCode": "male"}), 422),
    (operation("replace", "Patient.name", {"valueHumanName": {}}), 422),
    (operation("replace", "Patient.name.count()", {"valueInteger": 1}), 422),
    (operation("replace", "Patient.wrong", {"valueCode": "male"}), 422),
    (operation("delete", "Patient.name"), 422),
    (operation("delete", "Patient"), 422),
    (operation("insert", "Patient.name", {"valueHumanName": {}}, index=3), 422),
    (operation("insert", "Patient.gender", {"valueCode": "male"}, index=0), 422),
    (operation("insert", "Patient.name.given", {"valueString": "x"}, index=0), 422),
    (operation("move", "Patient.name", source=0, destination=2), 422),
    (operation("move", "Patient.telecom", source=0, destination=0), 422),
    (operation("replace", "Patient.gender.", {"valueCode": "male"}), 400),
    (operation("replace", "Patient.active"), 400),
    (operation("replace", "Patient.active", {"valueBoolean": True, "valueCode": "x"}), 400),
    (operation("insert", "Patient.name", {"valueHumanName": {}}), 400),
    (operation("insert", "Patient.name", {"valueHumanName": {}}, index=-1), 400),
    (operation("wrong", "Patient.name"), 400),
    (operation("add", "Patient", {"part": [1]}, name="contact"), 400),
    (operation("add", "Patient", {"part": []}, name="contact"), 400),
    ({"name": "operation"}, 400),
    ({"name": "other", "part": []}, 400),
    ({"name": "operation", "part": [{"name": "wrong", "valueCode": "add"}]}, 400),
    ("x", 400),
]


@pytest.mark.parametrize(("one", "status"), REFUSED)
def test_refused(one: Any, status: int) -> None:
    with pytest.raises(FhirError) as refused:
        patched(one)
    assert refused.value.status == status
    assert refused.value.issues[0].expression.startswith("Parameters.parameter[0]")


def test_what_an_operation_breaks_the_next_finds_broken() -> None:
    with pytest.raises(FhirError) as refused:
        patched(
            operation("replace", "Patient.name[0]", {"valueString": "text"}),
            operation("add", "Patient.name[0]", {"valueString": "x"}, name="given"),
        )
    assert refused.value.status == 422


def places(value: Any, place: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    """Of all elements that are values or objects."""
    if type(value) is dict:
        inner = [
            p
            for name, child in value.items()
            if name != "resourceType"
            for p in places(child, (*place, name))
        ]
        return [place, *inner] if place else inner
    if type(value) is list:
        return [p for n, child in enumerate(value) for p in places(child, (*place, n)) if child is not None]
    return [place]


def path_of(place: tuple[str | int, ...]) -> str:
    names = {"deceasedBoolean": "deceased", "multipleBirthInteger": "multipleBirth"}
    steps = [
        f"[{step}]"
        if isinstance(step, int)
        else "." + names.get(step.removeprefix("_"), step.removeprefix("_"))
        for step in place
    ]
    return "Patient" + "".join(steps)


@given(st.sampled_from([p for p in places(PATIENT) if not any(str(s).startswith("value") for s in p)]))
def test_every_element_is_found_where_it_stands(place: tuple[str | int, ...]) -> None:
    targets = Locator(R4).targets(PATIENT, path_of(place))
    if str(place[-1]).startswith("_") or (isinstance(place[-1], int) and str(place[-2]).startswith("_")):
        place = tuple(str(s).removeprefix("_") if isinstance(s, str) and s == place[-1] else s for s in place)
        place = (
            (*place[:-2], str(place[-2]).removeprefix("_"), place[-1])
            if isinstance(place[-1], int)
            else place
        )
    assert [target.place for target in targets] == [place]


@given(
    st.lists(st.integers(0, 3), min_size=1, max_size=6), st.lists(st.integers(0, 3), min_size=6, max_size=6)
)
def test_moves_only_reorder(sources: list[int], destinations: list[int]) -> None:
    resource = {
        "resourceType": "Patient",
        "identifier": [{"value": str(n)} for n in range(4)],
    }
    operations = [
        operation("move", "Patient.identifier", source=source, destination=destination)
        for source, destination in zip(sources, destinations, strict=False)
    ]
    expected = list(range(4))
    for source, destination in zip(sources, destinations, strict=False):
        expected.insert(destination, expected.pop(source))
    moved = patched(*operations, resource=resource)["identifier"]
    assert [int(at(moved, (n, "value"))) for n in range(4)] == expected
