"""Residents of a Chinese city and what its hospitals write of them: made up, with who is who.

What is assumed, and only that: the 40 most frequent surnames hold about 60 % of people (王, 李, 张, 刘, 陈
about 30 %); given names of one or two of 100 characters, so that a million people share some 150,000 names;
1.1 % of births are twins (a tenth of them of one sex with one character of difference in the name); families
of one to four at one address with one telephone of four shared; a citizen id is missing from the record of
60 % of children under 6, 25 % under 16 and 4 % of others; a health card is known for 35 % of records; 3 % of
infants come under the mother's id.

Errors of a record, each on its own: another character of the same sound 0.8 %, a wrong character 0.3 %, a
traditional form 0.5 %, a missing telephone 25 %, another telephone 12 %, a move 8 %, the first of January for
the birth date 0.6 %, a slip in the birth date 0.8 %, a slip in the citizen id 0.6 % (its check character
tells), a wrong sex 0.2 %.

What is rare is planted where it is to be counted: a `Mix` says how many births are twins, how many residents
have a stranger of their name, birth date and sex, and how many records tell nothing but these three; and how
many of infants' records come under the mother's id, if not 3 %.
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Final

import msgspec

from mpi.normalisation.citizen_id import check_character
from mpi.normalisation.demographics import Card, Demographics
from mpi.normalisation.implied import implied
from mpi.normalisation.names import normal_name
from mpi.normalisation.pinyin import pinyin_keys

SURNAMES: Final = (
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林高罗郑梁谢宋唐许韩邓冯曹彭曾肖田董潘袁蔡蒋余于杜叶程魏苏吕丁"
    "任卢姚沈钟姜崔谭陆范汪廖石金韦贾夏付方邹熊白孟秦邱侯江尹薛闫段雷龙黎史陶贺毛郝顾龚邵万覃武钱戴严"
    "莫孔向常汤"
)
GIVEN: Final = (
    "伟芳娜秀英敏静丽强磊军洋勇艳杰娟涛明超兰霞平刚桂文辉建华国红玉春梅海燕雪荣爱珍云莉志东林峰宇浩轩"
    "子涵欣怡梓晨博雨佳琪思远嘉俊凯天佑诗婷宁瑞鑫哲睿航晓慧婉清若一诺可心乐乐安然泽楷铭阳昊煜霖诚毅"
)
_SAME_SOUND: Final = {
    "伟": "维",
    "芳": "方",
    "静": "敬",
    "丽": "莉",
    "明": "铭",
    "华": "桦",
    "国": "帼",
    "志": "智",
    "辉": "晖",
    "英": "瑛",
}
_TRADITIONAL: Final = dict(zip("张刘陈国华丽伟军", "張劉陳國華麗偉軍", strict=True))
_STREETS: Final = (
    "人民路",
    "解放路",
    "中山路",
    "建设街",
    "和平里",
    "新华路",
    "学府路",
    "滨河路",
    "文化路",
    "长江路",
)
_TODAY: Final = date(2026, 1, 1)


@dataclass(frozen=True, slots=True)
class Resident:
    number: int
    name: str
    male: bool
    born: date
    citizen_id: str
    phone: str
    address: str
    card: str
    mother: str = ""
    twin: int = -1
    namesake: int = -1
    has_namesake: bool = False


@dataclass(frozen=True, slots=True)
class Mix:
    """Shares: of births that are twins, of residents who have a namesake of the same day and sex, of records
    without any number, telephone or address, of infants' records under the mother's id."""

    twins: float = 0.011
    namesakes: float = 0.0
    bare: float = 0.0
    borrowed: float = 0.03


CITY: Final = Mix()


@dataclass(frozen=True, slots=True)
class Visit:
    """A hospital's record and whose it is."""

    resident: int
    demographics: Demographics


def residents(size: int, seed: int = 1, mix: Mix = CITY) -> list[Resident]:
    """At least `size` of them, by families."""
    draw = random.Random(seed)
    made: list[Resident] = []
    used: set[str] = set()
    while len(made) < size:
        family = list(_family(draw, len(made), used, mix.twins))
        made += family
        for one in family:
            if mix.namesakes and draw.random() < mix.namesakes:
                made[one.number] = replace(one, has_namesake=True)
                made.append(_namesake(draw, len(made), one, used))
    return made


def visits(people: list[Resident], each: float, seed: int = 2, mix: Mix = CITY) -> list[Visit]:
    """Records of hospitals in the order of their arrival, `each` of them for a resident on average."""
    draw = random.Random(seed)
    made = [
        visit
        for person in people
        for visit in _visits(draw, person, 1 + int(draw.expovariate(1 / (each - 0.5))), mix.borrowed)
    ]
    draw.shuffle(made)
    if mix.bare:
        made = [_bare(visit) if draw.random() < mix.bare else visit for visit in made]
    return made


def _namesake(draw: random.Random, number: int, one: Resident, used: set[str]) -> Resident:
    """A stranger of the same name, birth date and sex."""
    address = f"和平区{draw.choice(_STREETS)}{draw.randint(1, 400)}号{draw.randint(101, 2604)}室"
    made = _resident(draw, number, "", address, _phone(draw), one.male, one.born, used)
    return replace(made, name=one.name, namesake=one.number)


def _bare(visit: Visit) -> Visit:
    known = msgspec.structs.replace(visit.demographics, citizen_ids=(), cards=(), phones=(), addresses=())
    return replace(visit, demographics=known)


def _family(draw: random.Random, start: int, used: set[str], twins: float) -> Iterator[Resident]:
    street = f"和平区{draw.choice(_STREETS)}{draw.randint(1, 400)}号"
    address = f"{street}{draw.randint(1, 60)}号楼{draw.randint(101, 2604)}室"
    phone = _phone(draw)
    surname = _surname(draw)
    father = _resident(draw, start, surname, address, phone, True, _adult(draw), used)
    yield father
    if draw.random() < 0.75:
        mother = _resident(draw, start + 1, _surname(draw), address, phone, False, _adult(draw), used)
        yield mother
        number = start + 2
        for _ in range(draw.choice((0, 1, 1, 2))):
            born = mother.born + timedelta(days=draw.randint(20 * 365, 38 * 365))
            if born >= _TODAY:
                continue
            children = list(_births(draw, number, surname, address, phone, born, mother, used, twins))
            number += len(children)
            yield from children


def _births(
    draw: random.Random,
    number: int,
    surname: str,
    address: str,
    phone: str,
    born: date,
    mother: Resident,
    used: set[str],
    twins: float,
) -> Iterator[Resident]:
    first = _resident(draw, number, surname, address, phone, draw.random() < 0.52, born, used)
    first = replace(first, mother=mother.citizen_id)
    if draw.random() >= twins:
        yield first
        return
    second = _resident(
        draw,
        number + 1,
        surname,
        address,
        phone,
        first.male if draw.random() < 0.65 else not first.male,
        born,
        used,
    )
    name = first.name[:-1] + draw.choice(GIVEN) if draw.random() < 0.6 else second.name
    if name == first.name:
        name = first.name[:-1] + ("安" if first.name[-1] != "安" else "宁")
    yield replace(first, twin=number + 1)
    yield replace(second, name=name, mother=mother.citizen_id, twin=number)


def _surname(draw: random.Random) -> str:
    # A frequency that falls with the rank as 1 / (rank + 3): five hold a third, forty three quarters.
    ranks = range(len(SURNAMES))
    return draw.choices(SURNAMES, [1 / (rank + 3) for rank in ranks])[0]


def _adult(draw: random.Random) -> date:
    return _TODAY - timedelta(days=draw.randint(18 * 365, 92 * 365))


def _resident(
    draw: random.Random,
    number: int,
    surname: str,
    address: str,
    phone: str,
    male: bool,
    born: date,
    used: set[str],
) -> Resident:
    given = "".join(
        draw.choices(GIVEN, [1 / (rank + 12) for rank in range(len(GIVEN))], k=draw.choice((1, 2, 2, 2)))
    )
    own = phone if draw.random() < 0.25 else _phone(draw)
    card = f"JKK{draw.randrange(10**13):013}" if draw.random() < 0.6 else ""
    return Resident(
        number, surname + given, male, born, _citizen_id(draw, born, male, used), own, address, card
    )


def _citizen_id(draw: random.Random, born: date, male: bool, used: set[str]) -> str:
    while True:
        order = draw.randrange(500) * 2 + male
        body = f"2101{draw.choice(('02', '03', '05', '06', '11'))}{born:%Y%m%d}{order:03}"
        made = body + check_character(body)
        if made not in used:
            used.add(made)
            return made


def _phone(draw: random.Random) -> str:
    return f"1{draw.choice('3578')}{draw.randrange(10**9):09}"


def _visits(draw: random.Random, person: Resident, count: int, borrowed: float) -> Iterator[Visit]:
    moved = f"沈河区{draw.choice(_STREETS)}{draw.randint(1, 400)}号{draw.randint(101, 2604)}室"
    number = _phone(draw)
    for _ in range(count):
        yield Visit(person.number, _record(draw, person, moved, number, borrowed))


def _record(draw: random.Random, person: Resident, moved: str, number: str, borrowed: float) -> Demographics:
    name = normal_name(_written(draw, person.name))
    age = (_TODAY - person.born).days / 365
    missing = 0.6 if age < 6 else 0.25 if age < 16 else 0.04
    citizen = () if draw.random() < missing + 0.006 else (person.citizen_id,)
    if age < 1 and person.mother and draw.random() < borrowed:
        citizen = (person.mother,)
    phone = "" if draw.random() < 0.25 else number if draw.random() < 0.12 else person.phone
    male = person.male if draw.random() >= 0.002 else not person.male
    cards = (Card("health-card", "card", person.card),) if person.card and draw.random() < 0.6 else ()
    return implied(
        Demographics(
            names=(name,),
            pinyin=pinyin_keys(name),
            gender="male" if male else "female",
            birth_date=_told_birth(draw, person.born),
            citizen_ids=citizen,
            cards=cards,
            phones=(phone,) if phone else (),
            addresses=(moved if draw.random() < 0.08 else person.address,),
        )
    )


def _written(draw: random.Random, name: str) -> str:
    chance = draw.random()
    if chance < 0.008:
        return "".join(_SAME_SOUND.get(character, character) for character in name)
    if chance < 0.011:
        return name[:-1] + draw.choice(GIVEN)
    if chance < 0.016:
        return "".join(_TRADITIONAL.get(character, character) for character in name)
    return name


def _told_birth(draw: random.Random, born: date) -> str:
    chance = draw.random()
    if chance < 0.006:
        return f"{born:%Y}-01-01"
    if chance < 0.014:
        return (born + timedelta(days=draw.choice((-10, -1, 1, 10)))).isoformat()
    return born.isoformat()
