"""Chinese addresses as divisions and the rest, so that two ways of writing one place compare as equal.

Provinces by GB/T 2260; below them the names that stand in the address itself (市, 区, 县 …): an address
seldom has its codes.
"""

import re
import unicodedata
from functools import lru_cache
from typing import Final

import msgspec

from mpi.normalisation.characters import simplified
from mpi.normalisation.divisions import DISTRICTS, MUNICIPALITIES, PROVINCES, district_now
from mpi.normalisation.numerals import NUMERALS, digits

_PROVINCE = re.compile(
    rf"(?:中国|中华人民共和国)?({'|'.join(PROVINCES)})(?:省|市|特别行政区|(?:壮族|回族|维吾尔)?自治区)?(?!路|街|道|巷)(?:市辖区)?"
)
_CITY = re.compile(r"(?:市辖区|县)?([^市区县路街]{2,8}?)(?:市|自治州|州(?!市|区|县)|地区|盟)")
_DISTRICT = re.compile(
    r"([^市区县路街号]{2,15}?(?=自治县)|[^市区县路街号]{1,9}?)(?:自治县|林区|特区|区|县|市|旗)"
)
# Districts of municipalities without 区, where no road is named after them.
_BARE_DISTRICT = re.compile(
    rf"({'|'.join(DISTRICTS)})(?![区县新]|大[道街]|[东西南北中]?[路街道]|公园|[寺桥门])"
)
_DIRECTLY_BELOW = re.compile(r"(?:省|自治区)?直辖县级行政(?:区划|单位)")
_TOWN = re.compile(r"([^路街号]{1,8}?)(?:街道办事处|街道|镇|民族乡|乡|苏木)")
# Capitals and the like, which people write without 市 before a district; not where a road is named after one.
_WITHOUT_CITY = re.compile(
    r"(石家庄|太原|呼和浩特|沈阳|大连|长春|哈尔滨|南京|苏州|无锡|杭州|宁波|合肥|福州|厦门|南昌|济南|青岛|郑州|武汉|长沙|广州"
    r"|深圳|南宁|海口|成都|贵阳|昆明|拉萨|西安|兰州|西宁|银川|乌鲁木齐)(?=[^路街道巷市号0-9]{1,5}(?:区|县))"
)
# What stands between the numbers of a dwelling.
_UNITS = re.compile(r"(?<=[0-9a-z])(?:号楼|号院|单元|弄|幢|栋|座|号|楼|室|[#\-])+")
_NUMERAL = re.compile(rf"[{NUMERALS}]+(?=[号弄幢栋座室楼组]|单元)")
_SEPARATORS = re.compile(r"[\s,，。;；()（）/\\]+")
_NUMBER = re.compile(r"[0-9]")
_CHINESE = re.compile(r"[\u3400-\u9fff]")
_LONGEST: Final = 512
# Most are shorter.
_SHORT: Final = 128
# Nothing in such numbers names a division, or is a postcode.
_ROAD_AND_NUMBERS = re.compile(r"([^0-9]+)((?:[0-9]{1,5}[号楼院单元弄幢栋座室#\-]+)*(?:[0-9]{1,5})?)\Z")
_POSTCODE = re.compile(r"[0-9]{6}(?![0-9])")


class Address(msgspec.Struct, frozen=True):
    """`province` is two digits of GB/T 2260; `place` is road and numbers, with one mark for what stands
    between them (`3号楼2单元501室` → `3-2-501`). Every part is empty if the address does not say it."""

    province: str = ""
    city: str = ""
    district: str = ""
    town: str = ""
    place: str = ""

    @property
    def key(self) -> str:
        """District and place: what two ways of writing one dwelling have in common. Empty where no number
        tells a dwelling from its neighbours, or nothing tells its town from others."""
        where = self.district or self.town or self.city
        return f"{where}{self.place}" if where and _NUMBER.search(self.place) else ""


def address(text: str) -> Address:
    """Takes an address apart as far as its own words go."""
    tight = _tight(text[:_LONGEST])
    if found := _ROAD_AND_NUMBERS.match(tight):
        road, numbers = found.groups()
    else:
        road, numbers = _POSTCODE.sub("", tight, 1), ""
    province, city, district, town, place = _divided(road)
    return Address(province, city, district, town, _UNITS.sub("-", place + numbers).strip("-"))


def key_of_dwelling(text: str) -> str | None:
    """The key of an address that is a road in Chinese and numbers, as most are; None of any other."""
    found = _ROAD_AND_NUMBERS.match(text) if len(text) <= _SHORT else None
    road = _road(found[1]) if found else None
    if found is None or road is None:
        return None
    where, begins, is_numbered = road
    numbers = found[2]
    if not where or not (numbers or is_numbered):
        return ""
    return where + (begins + _UNITS.sub("-", numbers)).strip("-")


# Numbers stay as they are when what stands before them is normalised.
@lru_cache(maxsize=65536)
def _road(text: str) -> tuple[str, str, bool] | None:
    """Where it is, what the place begins with, and whether that has a number; None of what is no Chinese, or
    has digits when it is normalised."""
    plain = unicodedata.normalize("NFKC", text).casefold()
    tight = _tight(plain)
    if not is_chinese(plain) or _NUMBER.search(tight) or len(tight) > _SHORT:
        return None
    _, city, district, town, place = _divided(tight)
    return district or town or city, _UNITS.sub("-", place), bool(_NUMBER.search(place))


def is_chinese(text: str) -> bool:
    return _CHINESE.search(text) is not None


def _tight(text: str) -> str:
    return _SEPARATORS.sub("", simplified(unicodedata.normalize("NFKC", text).casefold()))


# A city has fewer roads than dwellings.
@lru_cache(maxsize=65536)
def _divided(text: str) -> tuple[str, str, str, str, str]:
    """The parts of an address; the last is what stands behind the town, its numerals as digits."""
    province, rest = _taken(_PROVINCE, text)
    code = PROVINCES.get(province, "")
    rest = _DIRECTLY_BELOW.sub("", rest, 1)
    city, rest = ("", rest) if code in MUNICIPALITIES else _taken(_CITY, rest)
    if not city and code not in MUNICIPALITIES:
        city, rest = _taken(_WITHOUT_CITY, rest)
    district, rest = _taken(_BARE_DISTRICT, rest) if code in MUNICIPALITIES else ("", rest)
    if not district:
        district, rest = _taken(_DISTRICT, rest)
    if code in MUNICIPALITIES and district == province:
        district, rest = _taken(_DISTRICT, rest)
    town, rest = _taken(_TOWN, rest)
    place = _NUMERAL.sub(lambda found: digits(found[0]), rest)
    return code, city, district_now(code, city, district), town, place


def _taken(pattern: re.Pattern[str], text: str) -> tuple[str, str]:
    found = pattern.match(text)
    return (found[1], text[found.end() :]) if found else ("", text)
