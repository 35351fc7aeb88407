"""Invented residents of an invented city: names by real frequency, citizen ids that pass every check.

Surname shares are rounded from the published ranking; division codes are GB/T 2260. Everything else is drawn
from the seed, so the same seed gives the same people; any likeness to a living person is chance.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from random import Random

from mpi.normalisation.citizen_id import check_character

SURNAMES = {
    "王": 72, "李": 70, "张": 66, "刘": 52, "陈": 46, "杨": 31, "黄": 22, "赵": 21, "吴": 20, "周": 19,
    "徐": 15, "孙": 15, "马": 13, "朱": 12, "胡": 12, "郭": 11, "何": 11, "林": 11, "高": 10, "罗": 9,
    "郑": 9, "梁": 8, "谢": 8, "宋": 7, "唐": 7, "许": 6, "邓": 6, "韩": 6, "冯": 6, "曹": 6,
    "欧阳": 1, "上官": 1, "司马": 1, "诸葛": 1, "尉迟": 1,
}  # fmt: skip
MALE = "伟强磊军洋勇杰涛超明刚平辉鹏华飞鑫波斌宇浩凯健俊帆帅旭宁龙林"
FEMALE = "芳娜敏静丽艳娟霞秀燕玲桂英华慧巧美玉萍红月彩春菊兰凤洁梅琳素云"
# In GB18030 the last byte of 珅 is `|` and that of 碶 is `\`: real characters, and a trap for parsers.
SHARED = "文志建国春晓雪子海永天新小德玉少嘉思梓一珅"
MINORITY = ("艾克拜尔·买买提", "古丽娜尔·艾山", "阿依古丽·吐尔逊", "迪力木拉提·阿不都拉", "巴特尔·苏和")
CITY = "云浦市"
# Real codes, for an id names the place where it was given; the city and its districts are invented.
DIVISIONS = (
    "310101",
    "310104",
    "310110",
    "310115",
    "320102",
    "330106",
    "340104",
    "410102",
    "510104",
    "110105",
)
DISTRICTS = (
    "望江区", "鹤鸣区", "东湖区", "清溪区", "北屏区", "南浦新区", "松岗区", "柳林区", "白沙区", "临港新区",
    "金塘县", "云溪县", "石门区",
)  # fmt: skip
STREETS = ("人民路", "中山路", "解放路", "建设路", "和平路", "新华路", "幸福路", "文化路", "复兴路", "碶桥路")
_FIRST_BIRTHDAY = date(1936, 1, 1)
_BIRTHDAYS = (date(2024, 12, 31) - _FIRST_BIRTHDAY).days


@dataclass(frozen=True, slots=True)
class Resident:
    """One person: `family` and `given` are apart as HL7 v2 sends them; a minority name is all `given`."""

    number: int
    family: str
    given: str
    male: bool
    born: date
    citizen_id: str
    health_card: str
    phone: str
    district: str
    street: str

    @property
    def name(self) -> str:
        """The name as people write it."""
        return self.family + self.given


def citizen_id_of(division: str, born: date, order: int) -> str:
    """The 18 characters for a division, a birth date and an order number (odd: male)."""
    body = f"{division}{born:%Y%m%d}{order:03d}"
    return body + check_character(body)


def resident(rng: Random, number: int) -> Resident:
    """Draw one resident; `number` makes the health card unique."""
    male = rng.random() < 0.5
    family, given = _name(rng, male)
    born = _FIRST_BIRTHDAY + timedelta(days=rng.randrange(_BIRTHDAYS))
    division = rng.choice(DIVISIONS)
    order = rng.randrange(1, 499) * 2 + (1 if male else 0)
    return Resident(
        number=number,
        family=family,
        given=given,
        male=male,
        born=born,
        citizen_id=citizen_id_of(division, born, order),
        health_card=f"{rng.getrandbits(256):064X}"[:56] + f"{number:08X}",
        phone=phone_number(rng),
        district=rng.choice(DISTRICTS),
        street=_street(rng),
    )


def phone_number(rng: Random) -> str:
    return f"1{rng.choice('3578')}{rng.randrange(10**9):09d}"


def _street(rng: Random) -> str:
    lane, house, flat = rng.randrange(1, 999), rng.randrange(1, 60), rng.randrange(101, 1899)
    return f"{rng.choice(STREETS)}{lane}弄{house}号{flat}室"


def _name(rng: Random, male: bool) -> tuple[str, str]:
    if rng.random() < 0.01:
        return "", rng.choice(MINORITY)
    family = rng.choices(tuple(SURNAMES), weights=tuple(SURNAMES.values()))[0]
    letters = (MALE if male else FEMALE) + SHARED
    given = rng.choice(letters) if rng.random() < 0.25 else rng.choice(SHARED) + rng.choice(letters)
    return family, given
