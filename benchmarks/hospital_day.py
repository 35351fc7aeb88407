"""What a hospital's application sends in a day: visits, reports, requests and appointments, in Chinese.

HL7 v2.5.1, chapters 3, 4, 7 and 10. Made from a seed, so that each run and each judge makes the same again.
"""

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

FAMILIES: Final = "赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨朱秦尤许何吕施张孔曹严华金魏陶姜"
GIVEN: Final = "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超秀霞平刚桂英文玉兰建国志红"
STREETS: Final = ("建国路", "人民路", "中山北路", "解放大道", "和平里", "学院南路")
DISTRICTS: Final = ("110101", "310104", "440305", "510107", "330106", "420102")
WARDS: Final = ("内科", "外科", "儿科", "急诊科", "心内科", "骨科")
TESTS: Final = (
    *(("6690-2", "白细胞", "10*9/L", "3.5-9.5"), ("789-8", "红细胞", "10*12/L", "4.3-5.8")),
    *(("718-7", "血红蛋白", "g/L", "130-175"), ("4544-3", "红细胞压积", "%", "40-50")),
    *(("777-3", "血小板", "10*9/L", "125-350"), ("2345-7", "葡萄糖", "mmol/L", "3.9-6.1")),
    *(("2160-0", "肌酐", "umol/L", "57-97"), ("3094-0", "尿素", "mmol/L", "3.1-8.0")),
    *(("1742-6", "丙氨酸氨基转移酶", "U/L", "9-50"), ("1920-8", "天门冬氨酸氨基转移酶", "U/L", "15-40")),
)
PANELS: Final = (("CBC", "血常规"), ("BIO", "生化全项"), ("LIV", "肝功能"), ("REN", "肾功能"))
_WEIGHTS: Final = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CHECK: Final = "10X98765432"
_START: Final = datetime(2024, 3, 1, 7)
# A hospital that has seen so many patients in the run replaces them one by one.
MOST_PATIENTS: Final = 2_000


@dataclass(slots=True)
class Resident:
    """A patient of one hospital as its application knows him; `edition` counts what A08 changed."""

    number: str
    citizen: str
    name: str
    born: str
    sex: str
    phone: str
    visit: str = ""
    edition: int = 0


@dataclass(slots=True)
class HospitalDay:
    """One sending application. If it is `enhanced`, MSH-15 asks to be told of receipt, MSH-16 of nothing."""

    number: int
    seed: int
    enhanced: bool = False
    sent: int = 0
    visits: int = 0
    patients: list[Resident] = field(default_factory=list)
    chance: random.Random = field(init=False)

    def __post_init__(self) -> None:
        self.chance = random.Random(f"{self.seed}/{self.number}")

    def __next__(self) -> bytes:
        """Of a hundred messages 12 register, 5 admit, 18 correct, 5 discharge, 30 report, 20 request (half of
        them as OMG) and 10 make an appointment."""
        self.sent += 1
        draw = self.chance.random()
        if not self.patients or draw < 0.12:
            return _registered(self, self._newcomer())
        resident = self.chance.choice(self.patients)
        return next(make for limit, make in _MIX if draw < limit)(self, resident)

    @property
    def facility(self) -> str:
        return f"H{self.number:02}"

    @property
    def clock(self) -> str:
        """Event time: it grows with each message."""
        return f"{_START + timedelta(seconds=3 * self.sent):%Y%m%d%H%M%S}"

    @property
    def order(self) -> str:
        return f"{self.number:02}{self.sent:08}"

    def message(self, kind: str, *segments: str) -> bytes:
        asks = "|AL|NE||" if self.enhanced else "||||"
        header = f"MSH|^~\\&|HIS|{self.facility}|YILIAN|REGION|{self.clock}||{kind}|M{self.order}|P|2.5.1||"
        return "".join(f"{each}\r" for each in (f"{header}{asks}UNICODE UTF-8", *segments)).encode()

    def visit_of(self, resident: Resident) -> None:
        """A new one."""
        self.visits += 1
        resident.visit = f"V{self.number:02}{self.visits:07}"

    def _newcomer(self) -> Resident:
        choose = self.chance
        born = f"{choose.randint(1935, 2020)}{choose.randint(1, 12):02}{choose.randint(1, 28):02}"
        order = choose.randrange(1000)
        citizen = citizen_id(f"{choose.choice(DISTRICTS)}{born}{order:03}")
        name = f"{choose.choice(FAMILIES)}^{choose.choice(GIVEN)}{choose.choice(GIVEN)}"
        phone = f"13{choose.randrange(10**9):09}"
        self.visit_of(resident := Resident("", citizen, name, born, "FM"[order % 2], phone))
        resident.number = f"{self.number:02}{self.visits:07}"
        if len(self.patients) < MOST_PATIENTS:
            self.patients.append(resident)
        else:
            self.patients[choose.randrange(MOST_PATIENTS)] = resident
        return resident


def citizen_id(seventeen: str) -> str:
    """With the check digit of GB 11643."""
    total = sum(int(digit) * weight for digit, weight in zip(seventeen, _WEIGHTS, strict=True))
    return seventeen + _CHECK[total % 11]


def _pid(day: HospitalDay, who: Resident) -> str:
    street = STREETS[(int(who.number) + who.edition) % len(STREETS)]
    return (
        f"PID|1||{who.number}^^^{day.facility}^MR~{who.citizen}^^^^NI||{who.name}||{who.born}|{who.sex}|||"
        f"{street}{who.edition + 1}号^^北京^^100020^CN^H||{who.phone}^PRN^CP"
    )


def _pv1(day: HospitalDay, who: Resident, kind: str = "O", left: str = "") -> str:
    ward = WARDS[int(who.number) % len(WARDS)]
    visit = f"{who.visit}^^^{day.facility}^VN"
    return (
        f"PV1|1|{kind}|{ward}^301^2^{day.facility}||||1001^赵^医||||||||||||{visit}{'|' * 25}20240301{left}"
    )


def _registered(day: HospitalDay, who: Resident) -> bytes:
    return day.message("ADT^A04^ADT_A01", f"EVN|A04|{day.clock}", _pid(day, who), _pv1(day, who))


def _admitted(day: HospitalDay, who: Resident) -> bytes:
    day.visit_of(who)
    return day.message(
        "ADT^A01^ADT_A01",
        f"EVN|A01|{day.clock}",
        _pid(day, who),
        _pv1(day, who, "I"),
        f"DG1|1||I10^原发性高血压^I10C||{day.clock}|A",
    )


def _corrected(day: HospitalDay, who: Resident) -> bytes:
    """A patient that moved."""
    who.edition += 1
    return day.message("ADT^A08^ADT_A01", f"EVN|A08|{day.clock}", _pid(day, who), _pv1(day, who))


def _discharged(day: HospitalDay, who: Resident) -> bytes:
    return day.message(
        "ADT^A03^ADT_A03", f"EVN|A03|{day.clock}", _pid(day, who), _pv1(day, who, "I", f"|{day.clock}")
    )


def _reported(day: HospitalDay, who: Resident) -> bytes:
    """Five to ten results."""
    chance = day.chance
    code, name = chance.choice(PANELS)
    tests = chance.sample(TESTS, chance.randint(5, 10))
    results = (
        f"OBX|{place}|NM|{test}^{title}^LN||{chance.randint(10, 2000) / 10}|{unit}|{normal}|"
        f"{chance.choice(('', '', 'H', 'L'))}|||F|||{day.clock}||1002^钱^检"
        for place, (test, title, unit, normal) in enumerate(tests, 1)
    )
    return day.message(
        "ORU^R01^ORU_R01",
        _pid(day, who),
        _pv1(day, who),
        f"ORC|RE|P{day.order}^HIS|F{day.order}^LIS||CM||||{day.clock}|||1001^赵^医",
        f"OBR|1|P{day.order}^HIS|F{day.order}^LIS|{code}^{name}^L|||{day.clock}||||||||1001^赵^医||||||"
        f"{day.clock}||LAB|F",
        *results,
    )


def _requested(day: HospitalDay, who: Resident, kind: str = "ORM^O01^ORM_O01") -> bytes:
    code, name = day.chance.choice(PANELS)
    return day.message(
        kind,
        _pid(day, who),
        _pv1(day, who),
        f"ORC|NW|P{day.order}^HIS|||IP||||{day.clock}|||1001^赵^医",
        f"OBR|1|P{day.order}^HIS||{code}^{name}^L|||{day.clock}||||||||1001^赵^医",
    )


def _requested_general(day: HospitalDay, who: Resident) -> bytes:
    return _requested(day, who, "OMG^O19^OMG_O19")


def _appointed(day: HospitalDay, who: Resident) -> bytes:
    ward = day.chance.choice(WARDS)
    return day.message(
        "SIU^S12^SIU_S12",
        f"SCH|A{day.order}^HIS||||||复诊^复诊^L|ROUTINE|20|min|^^20^{day.clock}^{day.clock}|||||1001^赵^医|||||"
        "|||||Booked",
        _pid(day, who),
        _pv1(day, who),
        "RGS|1|A",
        f"AIL|1|A|{ward}^101^^{day.facility}",
        f"AIP|1|A|1001^赵^医|D||{day.clock}|||20|min",
    )


_MIX: Final[tuple[tuple[float, Callable[[HospitalDay, Resident], bytes]], ...]] = (
    (0.17, _admitted),
    (0.35, _corrected),
    (0.40, _discharged),
    (0.70, _reported),
    (0.80, _requested),
    (0.90, _requested_general),
    (1.00, _appointed),
)
