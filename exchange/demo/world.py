"""The demonstration's world: hospitals, residents, and the messages each hospital sends, from one seed.

Half of the hospitals send GB18030, under the several names that vendors give it; versions are 2.3.1 to 2.5.1.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random

from exchange.demo.laboratory import PANELS, measure
from exchange.demo.messages import Sender, Visit, admission, discharge, merge, registration, results, update
from exchange.demo.people import DIVISIONS, Resident, resident

_KINDS = ("人民医院", "中心医院", "中医医院", "妇幼保健院", "第一医院", "肿瘤医院")
_VERSIONS = ("2.3.1", "2.4", "2.5", "2.5.1")
_GB18030_NAMES = ("GB 18030-2000", "GB18030", "GBK", "GB2312")
_DEPARTMENTS = (
    "心内科",
    "呼吸内科",
    "消化内科",
    "内分泌科",
    "肾内科",
    "普外科",
    "骨科",
    "神经内科",
    "妇产科",
    "急诊科",
)
_DIAGNOSES = (
    ("I10.x00", "原发性高血压"), ("E11.900", "2型糖尿病"), ("J18.900", "肺炎"), ("K29.500", "慢性胃炎"),
    ("I25.101", "冠状动脉粥样硬化性心脏病"), ("N18.900", "慢性肾脏病"), ("M51.202", "腰椎间盘突出"),
)  # fmt: skip
_OPENING = datetime(2026, 1, 5, 8, 0)
_HOSPITALS_A_RESIDENT = (1, 1, 1, 2, 2, 3, 4)
_MERGE_SHARE = 0.03


@dataclass(frozen=True, slots=True)
class World:
    """`messages` are each hospital's in the order it sends them, as bytes in its charset."""

    hospitals: tuple[Sender, ...]
    residents: tuple[Resident, ...]
    visited: Mapping[int, tuple[str, ...]]
    messages: Mapping[str, tuple[bytes, ...]]


def world(seed: int = 1, hospitals: int = 38, residents: int = 400) -> World:
    """The same arguments give the same bytes."""
    rng = Random(seed)  # noqa: S311 - a world to be repeated, not a secret
    senders = tuple(_sender(rng, number) for number in range(1, hospitals + 1))
    people = tuple(resident(rng, number) for number in range(1, residents + 1))
    sent: dict[str, list[tuple[datetime, str]]] = {sender.code: [] for sender in senders}
    visited = {}
    for person in people:
        count = min(rng.choice(_HOSPITALS_A_RESIDENT), hospitals)
        chosen = rng.sample(senders, count)
        visited[person.number] = tuple(sender.code for sender in chosen)
        for sender in chosen:
            sent[sender.code].extend(_stay(rng, sender, person))
    return World(
        senders, people, visited, {sender.code: _encoded(sender, sent[sender.code]) for sender in senders}
    )


def _sender(rng: Random, number: int) -> Sender:
    district = tuple(DIVISIONS.values())[(number - 1) % len(DIVISIONS)]
    kind = _KINDS[(number - 1) // len(DIVISIONS) % len(_KINDS)]
    gb18030 = number % 2 == 0
    return Sender(
        code=f"H{number:02d}",
        name=district + kind,
        version=_VERSIONS[number % len(_VERSIONS)],
        codec="gb18030" if gb18030 else "utf-8",
        charset=rng.choice(_GB18030_NAMES) if gb18030 else "UNICODE UTF-8",
    )


def _stay(rng: Random, sender: Sender, person: Resident) -> list[tuple[datetime, str]]:
    """One resident's messages from one hospital, each with its event time."""
    at = _OPENING + timedelta(minutes=rng.randrange(60 * 24 * 30))
    visit = _visit(rng, sender, person, at)
    messages = [(at, admission(visit, at))]
    if rng.random() < 0.3:
        at += timedelta(minutes=rng.randrange(5, 60))
        messages.append((at, update(visit, at)))
    for panel in rng.sample(PANELS, rng.randrange(1, len(PANELS))):
        at += timedelta(minutes=rng.randrange(30, 600))
        messages.append((at, results(visit, at, panel, measure(rng, panel))))
    at += timedelta(minutes=rng.randrange(30, 60 * 72))
    messages.append((at, discharge(visit, at)))
    if rng.random() < _MERGE_SHARE:
        other = f"{visit.patient_number}9"
        messages.append((at + timedelta(minutes=1), registration(visit, at + timedelta(minutes=1), other)))
        messages.append((at + timedelta(minutes=9), merge(visit, at + timedelta(minutes=9), other)))
    return messages


def _visit(rng: Random, sender: Sender, person: Resident, at: datetime) -> Visit:
    return Visit(
        sender=sender,
        person=person,
        patient_number=f"{rng.randrange(10**7):07d}{person.number:05d}",
        visit_number=f"{at:%y%m%d}{person.number:05d}",
        inpatient=rng.random() < 0.4,
        admitted=at,
        department=rng.choice(_DEPARTMENTS),
        doctor=(f"D{rng.randrange(1, 60):03d}", *_doctor(rng)),
        diagnosis=rng.choice(_DIAGNOSES),
        # Not everybody shows the identity card at every counter; the health card is asked for then.
        shows_citizen_id=rng.random() < 0.9,
    )


def _doctor(rng: Random) -> tuple[str, str]:
    person = resident(rng, 0)
    return person.family, person.given


def _encoded(sender: Sender, messages: list[tuple[datetime, str]]) -> tuple[bytes, ...]:
    """In event order, with the control ids counted in that order."""
    ordered = sorted(messages, key=lambda message: message[0])
    return tuple(
        text.replace("{control_id}", f"{sender.code}-{number:06d}").encode(sender.codec)
        for number, (_, text) in enumerate(ordered, start=1)
    )
