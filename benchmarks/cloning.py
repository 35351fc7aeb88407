"""A patient's record as another patient's: new ids, other names, shifted dates; everything else as it was.

Stored bytes are changed as text, so that a clone is as real as what it was made from.
"""

import random
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from typing import Final

SURNAMES: Final = (
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗郑梁谢宋唐许韩冯邓曹彭曾肖田董潘袁蔡蒋余杜叶程魏苏吕丁任沈姚"
)
GIVEN: Final = (
    "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超秀霞平刚桂英华慧玲红建国文辉志云海鹏飞燕兰新春雪梅浩宇欣怡子轩晨曦"
)
MAX_SHIFT_WEEKS: Final = 100

_UUID: Final = re.compile(rb"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_DATE: Final = re.compile(rb'(?<=")(?:19|20)\d\d-\d\d-\d\d(?=["T])')
_NAME: Final = re.compile(rb'("(?:family|given)":\[?"[A-Za-z\']+)(\d{1,3})')
_DIGITS: Final = re.compile(rb'("value":")(999-\d\d-\d{4}|S\d{8}|X\d{7,8}X)"')


@dataclass(frozen=True, slots=True)
class Group:
    """A patient and what is in its compartment: the stored bodies, and the ids that are theirs alone."""

    bodies: tuple[bytes, ...]
    ids: frozenset[bytes]


def groups_of(bodies: Sequence[bytes], patients: Sequence[bytes | None]) -> list[Group]:
    """The bodies by the patient they belong to; those that belong to none are nobody's."""
    gathered: dict[bytes, list[bytes]] = {}
    for body, patient in zip(bodies, patients, strict=True):
        if patient is not None:
            gathered.setdefault(patient, []).append(body)
    return [Group(tuple(each), frozenset(id_of(body) for body in each)) for each in gathered.values()]


def id_of(body: bytes) -> bytes:
    return body.split(b'"', 8)[7]


def clone(group: Group, number: int) -> Iterator[bytes]:
    """The group as the patient of this number."""
    chance = random.Random(f"{number} {id_of(group.bodies[0])!r}")
    mask = chance.getrandbits(122) | 1
    shift = chance.randint(-MAX_SHIFT_WEEKS, 0) * 7
    new = {id_: _renamed(id_, mask) for id_ in group.ids}
    for body in group.bodies:
        renamed = _UUID.sub(lambda found: new.get(found[0], found[0]), body)
        moved = _DATE.sub(lambda found: shifted(found[0], shift), renamed)
        yield _another(moved, chance) if moved.startswith(b'{"resourceType":"Patient"') else moved


def _renamed(id_: bytes, mask: int) -> bytes:
    number = f"{int(id_.replace(b'-', b''), 16) ^ mask:032x}"
    parts = (number[:8], number[8:12], number[12:16], number[16:20], number[20:])
    return "-".join(parts).encode()


@lru_cache(1 << 19)
def shifted(day: bytes, days: int) -> bytes:
    """The date so many days later."""
    try:
        return (date.fromisoformat(day.decode()) + timedelta(days)).isoformat().encode()
    except ValueError:
        return day


def _another(body: bytes, chance: random.Random) -> bytes:
    """A Patient with other numbers in its names and identifiers, and a Chinese name beside its own."""
    body = _NAME.sub(lambda found: b"%b%d" % (found[1], chance.randrange(1000)), body)
    body = _DIGITS.sub(lambda found: b'%b%010d"' % (found[1], chance.randrange(10**10)), body)
    family, given = chance.choice(SURNAMES), "".join(chance.choices(GIVEN, k=chance.randint(1, 2)))
    name = f'"name":[{{"text":"{family}{given}","family":"{family}","given":["{given}"]}},'
    return body.replace(b'"name":[', name.encode(), 1)
