"""ADT A01 to A62: what each event does to what is stored, and that what takes an event back restores it."""

from typing import Any

import pytest

from adapters.hl7v2.events import SUPPORTED
from adapters.merge import merged
from profiles.definitions import definitions
from profiles.validator import Validator
from profiles.validator.special import RULES
from tests.adapters.hl7v2.golden import translated

Json = dict[str, Any]
Store = dict[str, Json]
PID = "PID|1||8801^^^H1^MR||钱^多||19700102|F||||||||||ACC9^^^H1"
OTHER = "PID|2||8802^^^H1^MR||孙^丙||19710102|M"
MRG = "MRG|8800^^^H1^MR||ACC8^^^H1||V76^^^H1^VN"
ACTIVE, PLANNED, OVER = "in-progress", "planned", "finished"
validator = Validator(definitions(), rules=RULES)


def pv1(place: str = "W1", number: str = "V77", **fields: str) -> str:
    """PV1 of a visit in a place; `f42="…"` sets PV1-42."""
    values = {2: "I", 3: f"{place}^R1^B1^H1", 7: "1001^赵^医", 19: f"{number}^^^H1^VN", 44: "20240301080000"}
    values |= {int(name[1:]): text for name, text in fields.items()}
    return "PV1|" + "|".join(values.get(field, "") for field in range(1, 53))


def sent(store: Store, event: str, *segments: str) -> Store:
    """What is stored after a message. All of it is R4, and nothing of the message is left over."""
    header = f"MSH|^~\\&|HIS|H1|HUB|YL|20240301083012||ADT^{event}|C{event}|P|2.5.1"
    translation = translated("\r".join((header, f"EVN|{event}|20240301083000", *segments)))
    assert [issue for issue in translation.issues if issue.severity in ("error", "fatal")] == []
    assert translation.residue == []
    after = dict(store)
    for entry in translation.entries:
        name = f"{entry.resource['resourceType']}/{entry.resource['id']}"
        after[name] = merged(store.get(name), entry)
        found = [issue for issue in validator.validate(after[name]) if issue.severity in ("error", "fatal")]
        assert [i for i in found if i.code in ("structure", "value", "required", "invariant")] == []
    return after


def of_type(store: Store, kind: str) -> list[Json]:
    return [each for each in store.values() if each["resourceType"] == kind]


def visit(store: Store) -> Json:
    """The Encounter V77, its lists in any order."""
    (found,) = [each for each in of_type(store, "Encounter") if each["identifier"][0]["value"] == "V77"]
    return {
        name: sorted(value, key=str) if isinstance(value, list) else value for name, value in found.items()
    }


# Event → the segments, and the status of the visit V77 that stood in `in-progress` before.
VISITS: dict[str, tuple[tuple[str, ...], str]] = {
    **{event: ((PID, pv1()), ACTIVE) for event in ("A01", "A04", "A06", "A07", "A12", "A13", "A22", "A52")},
    "A02": ((PID, pv1("W2")), ACTIVE),
    "A03": ((PID, pv1(f45="20240304")), OVER),
    "A05": ((PID, pv1()), PLANNED),
    "A08": ((PID, pv1()), ACTIVE),
    "A09": ((PID, pv1(f42="W2^^^H1")), ACTIVE),
    "A10": ((PID, pv1("W2")), "arrived"),
    "A11": ((PID, pv1()), "cancelled"),
    "A14": ((PID, pv1()), PLANNED),
    "A15": ((PID, pv1(f42="W2^^^H1")), ACTIVE),
    "A16": ((PID, pv1(), "PV2|||||||||20240309"), ACTIVE),
    "A17": ((PID, pv1("W2"), OTHER, pv1("W1", "V78")), ACTIVE),
    "A19": ((PID, pv1()), ACTIVE),
    "A21": ((PID, pv1()), "onleave"),
    "A23": ((PID, pv1()), "entered-in-error"),
    "A25": ((PID, pv1()), ACTIVE),
    "A26": ((PID, pv1()), ACTIVE),
    "A27": ((PID, pv1()), "cancelled"),
    "A32": ((PID, pv1()), ACTIVE),
    "A33": ((PID, pv1()), ACTIVE),
    "A38": ((PID, pv1()), "cancelled"),
    "A53": ((PID, pv1()), "onleave"),
    **{event: ((PID, pv1()), ACTIVE) for event in ("A54", "A55", "A56", "A57", "A58", "A59", "A61", "A62")},
}


@pytest.mark.parametrize("event", VISITS)
def test_the_status_of_the_visit(event: str) -> None:
    segments, status = VISITS[event]
    after = sent(sent({}, "A01", PID, pv1()), event, *segments)
    assert visit(after)["status"] == status


# Event → segments; how many records are (replaced by another, replacing another, inactive, linked).
PERSONS: dict[str, tuple[tuple[str, ...], tuple[int, int, int, int]]] = {
    "A24": ((PID, OTHER), (0, 0, 0, 2)),
    "A28": ((PID,), (0, 0, 0, 0)),
    "A29": ((PID,), (0, 0, 1, 0)),
    "A31": ((PID,), (0, 0, 0, 0)),
    "A37": ((PID, OTHER), (0, 0, 0, 0)),
    "A60": ((PID, "IAM|1|DA|1^青霉素^L|SV|皮疹|A|A1"), (0, 0, 0, 0)),
    **dict.fromkeys(("A18", "A30", "A34", "A36", "A39", "A40", "A46", "A47"), ((PID, MRG), (1, 1, 1, 0))),
    **dict.fromkeys(("A35", "A41", "A42", "A48", "A49", "A50", "A51"), ((PID, MRG), (0, 0, 0, 0))),
    **dict.fromkeys(("A43", "A44", "A45"), ((PID, MRG), (0, 0, 0, 0))),
}


@pytest.mark.parametrize("event", PERSONS)
def test_the_records_of_the_person(event: str) -> None:
    segments, expected = PERSONS[event]
    after = sent(sent({}, "A28", PID), event, *segments)
    patients = of_type(after, "Patient")
    links = [link["type"] for each in patients for link in each.get("link", ())]
    inactive = sum(each.get("active") is False for each in patients)
    kinds = ("replaced-by", "replaces", "seealso")
    gone, survives, linked = (links.count(kind) for kind in kinds)
    assert (gone, survives, inactive, linked) == expected


def test_every_event_is_tried() -> None:
    assert {*VISITS, *PERSONS, "A20"} == SUPPORTED["ADT"] == {f"A{number:02}" for number in range(1, 63)}


# What happened before; the event and its segments; what takes it back.
ADMITTED = (("A01", pv1()),)
TAKEN_BACK: dict[str, tuple[tuple[tuple[str, str], ...], tuple[str, ...], tuple[str, ...]]] = {
    "A12 a transfer": (ADMITTED, ("A02", PID, pv1("W2", f6="W1^R1^B1^H1")), ("A12", PID, pv1())),
    "A13 a discharge": (
        ADMITTED,
        ("A03", PID, pv1(f36="01", f37="家", f45="20240304103000")),
        ("A13", PID, pv1()),
    ),
    "A25 a pending discharge": (ADMITTED, ("A16", PID, pv1(), "PV2|||||||||20240309"), ("A25", PID, pv1())),
    "A26 a pending transfer": (
        ADMITTED,
        ("A15", PID, pv1(f42="W2^R1^B1^H1"), "PV2|W3^R1^B1^H1"),
        ("A26", PID, pv1(f42="W2^R1^B1^H1"), "PV2|W3^R1^B1^H1"),
    ),
    "A32 an arrival": (ADMITTED, ("A10", PID, pv1("W2")), ("A32", PID, pv1())),
    "A33 a departure": (ADMITTED, ("A09", PID, pv1("W2")), ("A33", PID, pv1())),
    "A52 a leave": (ADMITTED, ("A21", PID, pv1(), "PV2" + "|" * 47 + "20240305"), ("A52", PID, pv1())),
    "A53 a return": ((*ADMITTED, ("A21", pv1())), ("A22", PID, pv1()), ("A53", PID, pv1())),
    "A55 another attending doctor": (ADMITTED, ("A54", PID, pv1(f7="1002^钱^医")), ("A55", PID, pv1())),
    "A62 a consultant": (ADMITTED, ("A61", PID, pv1(f9="1003^孙^医")), ("A62", PID, pv1())),
}


@pytest.mark.parametrize("case", TAKEN_BACK)
def test_what_takes_an_event_back_restores_the_visit(case: str) -> None:
    history, happened, taken_back = TAKEN_BACK[case]
    before: Store = {}
    for event, segment in history:
        before = sent(before, event, PID, segment)
    during = sent(before, *happened)
    assert visit(during) != visit(before)
    assert visit(sent(during, *taken_back)) == visit(before)


def test_records_are_linked_and_unlinked() -> None:
    before = sent(sent({}, "A28", PID), "A28", OTHER)
    after = sent(sent(before, "A24", PID, OTHER), "A37", PID, OTHER)
    assert of_type(after, "Patient") == of_type(before, "Patient")


@pytest.mark.parametrize("event", ["A43", "A44", "A45"])
def test_what_is_moved_belongs_to_the_other_record(event: str) -> None:
    before = sent({}, "A01", PID.replace("8801", "8800").replace("ACC9", "ACC8"), pv1(number="V76"))
    after = sent(before, event, PID, MRG)
    (moved,) = [each for each in of_type(after, "Encounter") if each["identifier"][0]["value"] == "V76"]
    (to,) = [each for each in of_type(after, "Patient") if each["identifier"][0]["value"] == "8801"]
    assert moved["subject"]["reference"] == f"Patient/{to['id']}"
    assert moved["status"] == ACTIVE


def test_an_answer_may_hold_several_patients() -> None:
    header = "MSH|^~\\&|HIS|H1|HUB|YL|20240301083012||ADR^A19|C1|P|2.5.1"
    answer = (
        "MSA|AA|Q1",
        "QAK|Q1|OK",
        "QRD|20240301|R|I|Q1|||1^RD|8801|DEM",
        PID,
        pv1(),
        OTHER,
        pv1("W2", "V78"),
    )
    translation = translated("\r".join((header, *answer)))
    visits = [e.resource for e in translation.entries if e.resource["resourceType"] == "Encounter"]
    assert len({each["subject"]["reference"] for each in visits}) == 2
    assert translation.residue == []
