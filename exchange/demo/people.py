"""Invented residents of an invented city: names by real frequency, citizen ids that pass every check.

Surname shares are rounded from the published ranking; division codes are GB/T 2260. Everything else is drawn
from the seed, so the same seed gives the same people.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from random import Random

from mpi.citizen_id import check_character

SURNAMES = {
    "王": 72, "李": 70, "张": 66, "刘": 52, "陈": 46, "杨": 31, "黄": 22, "赵": 21, "吴": 20, "周": 19,
    "徐": 15, "孙": 15, "马": 13, "朱": 12, "胡": 12, "郭": 11, "何": 11, "林": 11, "高": 10, "罗": 9,
    "郑": 9, "梁": 8, "谢": 8, "宋": 7, "唐": 7, "许": 6, "邓": 6, "韩": 6, "冯": 6, "曹": 6,
    "欧阳": 1, "上官": 1, "司马": 1, "诸葛": 1, "尉迟": 1,
}  # fmt: skip
MALE = "伟强磊军洋勇杰涛超明刚平辉鹏华飞鑫波斌宇浩凯健俊帆帅旭宁龙林"
FEMALE = "芳娜敏静丽艳娟霞秀燕玲桂英华慧巧美玉萍红月彩春菊兰凤洁梅琳素云"
SHARED = "文志建国春晓雪子海永天新小德玉少嘉思梓一"
MINORITY = ("艾克拜尔·买买提", "古丽娜尔·艾山", "阿依古丽·吐尔逊", "迪力木拉提·阿不都拉", "巴特尔·苏和")
DIVISIONS = {
    "310101": "黄浦区", "310104": "徐汇区", "310105": "长宁区", "310106": "静安区", "310107": "普陀区",
    "310109": "虹口区", "310110": "杨浦区", "310112": "闵行区", "310113": "宝山区", "310114": "嘉定区",
    "310115": "浦东新区", "310116": "金山区", "310117": "松江区", "310118": "青浦区", "310120": "奉贤区",
}  # fmt: skip
STREETS = ("人民路", "中山路", "解放路", "建设路", "和平路", "新华路", "幸福路", "文化路", "复兴路", "长江路")
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
    division = rng.choice(tuple(DIVISIONS))
    order = rng.randrange(1, 499) * 2 + (1 if male else 0)
    return Resident(
        number=number,
        family=family,
        given=given,
        male=male,
        born=born,
        citizen_id=citizen_id_of(division, born, order),
        health_card=f"{rng.getrandbits(256):064X}"[:56] + f"{number:08X}",
        phone=f"1{rng.choice('3578')}{rng.randrange(10**9):09d}",
        district=rng.choice(tuple(DIVISIONS.values())),
        street=_street(rng),
    )


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
