"""The demonstration's world: hospitals, residents, and the messages each hospital sends, from one seed.

Half of the hospitals send GB18030, under the several names that vendors give it or under none; versions are
2.3.1 to 2.5.1.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random

from exchange.demo.laboratory import PANELS, measure
from exchange.demo.messages import (
    CONTROL_ID,
    Doctor,
    Sender,
    Visit,
    admission,
    cancellation,
    correction,
    discharge,
    merge,
    registration,
    results,
    update,
)
from exchange.demo.people import CITY, DISTRICTS, Resident, phone_number, resident

_KINDS = ("人民医院", "中心医院", "中医医院", "妇幼保健院", "第一医院", "肿瘤医院")
_VERSIONS = ("2.3.1", "2.4", "2.5", "2.5.1")
GB18030_NAMES = ("GB 18030-2000", "GB18030", "", "GBK", "GB 18030-2000", "GB2312")
DECLARED_NAMES = tuple(name for name in GB18030_NAMES if name)
_DEPARTMENTS = (
    "心内科", "呼吸内科", "消化内科", "内分泌科", "肾内科", "普外科", "骨科", "神经内科", "急诊科", "老年科",
)  # fmt: skip
_DIAGNOSES = (
    ("I10.x00", "原发性高血压"), ("E11.900", "2型糖尿病"), ("J18.900", "肺炎"), ("K29.500", "慢性胃炎"),
    ("I25.101", "冠状动脉粥样硬化性心脏病"), ("N18.900", "慢性肾脏病"), ("M51.202", "腰椎间盘突出"),
)  # fmt: skip
_ALLERGIES = (("YP001", "青霉素"), ("YP014", "头孢曲松"), ("SW003", "花生"))
_OPENING = datetime(2026, 1, 5, 8, 0)
_HOSPITALS_A_RESIDENT = (1, 1, 1, 2, 2, 3, 4)
_DOCTORS = 12
_ALLERGIC = 0.06
_MOVED = 0.25
_CANCELLED = 0.03
_CORRECTED = 0.05
_MERGED = 0.03
_RETURNED = 0.2

Timed = tuple[datetime, str]


@dataclass(frozen=True, slots=True)
class World:
    """`visited` are the codes of the hospitals where a resident (by number) has been; `messages` are each
    hospital's in the order it sends them, as bytes in its charset."""

    hospitals: tuple[Sender, ...]
    residents: tuple[Resident, ...]
    visited: Mapping[int, tuple[str, ...]]
    messages: Mapping[str, tuple[bytes, ...]]

    @property
    def size(self) -> int:
        """How many messages there are."""
        return sum(map(len, self.messages.values()))


def world(
    seed: int = 1,
    hospitals: int = 38,
    residents: int = 300,
    messages: int | None = None,
    gb18030_names: Sequence[str] = GB18030_NAMES,
) -> World:
    """The same arguments give the same bytes. Nobody falls ill any more once there are `messages`."""
    rng = Random(seed)  # noqa: S311 - a world to be repeated, not a secret
    senders = tuple(_sender(rng, number, gb18030_names) for number in range(1, hospitals + 1))
    sent: dict[str, list[Timed]] = {sender.code: [] for sender in senders}
    people: list[Resident] = []
    visited: dict[int, tuple[str, ...]] = {}
    count = 0
    for number in range(1, residents + 1):
        if messages is not None and count >= messages:
            break
        person = resident(rng, number)
        chosen = rng.sample(senders, min(rng.choice(_HOSPITALS_A_RESIDENT), hospitals))
        people.append(person)
        visited[number] = tuple(sender.code for sender in chosen)
        for sender in chosen:
            made = list(_stays(rng, sender, person))
            sent[sender.code].extend(made)
            count += len(made)
    return World(
        senders, tuple(people), visited, {one.code: _encoded(one, sent[one.code]) for one in senders}
    )


def _sender(rng: Random, number: int, gb18030_names: Sequence[str]) -> Sender:
    district = DISTRICTS[(number - 1) % len(DISTRICTS)]
    kind = _KINDS[(number - 1) // len(DISTRICTS) % len(_KINDS)]
    even = number % 2 == 0
    code = f"H{number:02d}"
    return Sender(
        code=code,
        name=f"{CITY}{district}{kind}",
        version=_VERSIONS[number // 2 % len(_VERSIONS)],
        codec="gb18030" if even else "utf-8",
        charset=gb18030_names[number // 2 % len(gb18030_names)] if even else "UNICODE UTF-8",
        name_fields=1 if number % 3 == 0 else 2,
        doctors=tuple(_doctor(rng, code, place) for place in range(1, _DOCTORS + 1)),
    )


def _doctor(rng: Random, code: str, place: int) -> Doctor:
    person = resident(rng, 0)
    return Doctor(f"{code}D{place:03d}", person.family or person.given, person.given if person.family else "")


def _stays(rng: Random, sender: Sender, person: Resident) -> Iterator[Timed]:
    """One resident's messages from one hospital: one stay or two under the same patient number."""
    number = f"{rng.randrange(10**7):07d}{person.number:05d}"
    at = _OPENING + timedelta(minutes=rng.randrange(60 * 24 * 30))
    visit = _visit(rng, sender, person, number, at)
    if rng.random() < _CANCELLED:
        yield at, admission(visit, at)
        yield at + timedelta(minutes=40), cancellation(visit, at + timedelta(minutes=40))
        return
    yield from _stay(rng, visit)
    if rng.random() < _RETURNED:
        at += timedelta(days=40, minutes=rng.randrange(60 * 24 * 10))
        yield from _stay(rng, _visit(rng, sender, person, number, at))


def _stay(rng: Random, visit: Visit) -> Iterator[Timed]:
    """From admission to discharge, and what the registration desk corrects afterwards."""
    at = visit.admitted
    yield at, admission(visit, at)
    if rng.random() < _MOVED:
        at += timedelta(minutes=rng.randrange(5, 60))
        yield at, update(visit, at)
    for panel in rng.sample(PANELS, rng.randrange(1, 4)):
        at += timedelta(minutes=rng.randrange(30, 600))
        yield at, results(visit, at, panel, measure(rng, panel))
    at += timedelta(minutes=rng.randrange(30, 60 * 72))
    yield at, discharge(visit, at)
    if rng.random() < _CORRECTED:
        at += timedelta(minutes=rng.randrange(30, 600))
        yield at, correction(visit, at, phone_number(rng))
    if rng.random() < _MERGED:
        other = f"{visit.patient_number}9"
        yield at + timedelta(minutes=1), registration(visit, at + timedelta(minutes=1), other)
        yield at + timedelta(minutes=9), merge(visit, at + timedelta(minutes=9), other)


def _visit(rng: Random, sender: Sender, person: Resident, patient_number: str, at: datetime) -> Visit:
    return Visit(
        sender=sender,
        person=person,
        patient_number=patient_number,
        visit_number=f"{at:%y%m%d}{person.number:05d}",
        inpatient=rng.random() < 0.4,
        admitted=at,
        department=rng.choice(_DEPARTMENTS),
        doctor=rng.choice(sender.doctors),
        diagnosis=rng.choice(_DIAGNOSES),
        allergy=rng.choice(_ALLERGIES) if rng.random() < _ALLERGIC else None,
        # Not everybody shows the identity card at every counter; the health card is asked for then.
        shows_citizen_id=rng.random() < 0.9,
    )


def _encoded(sender: Sender, messages: list[Timed]) -> tuple[bytes, ...]:
    """In event order, with the control ids counted in that order."""
    ordered = sorted(messages, key=lambda message: message[0])
    return tuple(
        text.replace(CONTROL_ID, f"{sender.code}-{number:06d}").encode(sender.codec)
        for number, (_, text) in enumerate(ordered, start=1)
    )
