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
from mpi.normalisation.divisions import DISTRICTS, MUNICIPALITIES, MUNICIPALITY_OF, PROVINCES, district_now
from mpi.normalisation.numerals import NUMERALS, digits

_PROVINCE = re.compile(
    rf"(?:中国|中华人民共和国)?({'|'.join(PROVINCES)})(?:省|市|特别行政区|(?:壮族|回族|维吾尔)?自治区)?(?![东西南北中]?[路街道巷])(?:市辖区)?"
)
_CITY = re.compile(r"(?:市辖区|县)?([^市区县路街]{2,8}?)(?:市|自治州|州(?!市|区|县)|地区|盟)")
_DISTRICT = re.compile(
    r"([^市区县路街号]{2,15}?(?=自治县)|[^市区县路街号]{1,9}?)(?:自治县|林区|特区|(?<![小社校院厂])区|县|市|旗)"
)
# Districts of municipalities without 区, where no road is named after them.
_NO_ROAD = r"(?![区县]|新[区村城]|大[道街]|[东西南北中]?[路街道]|公园|[寺桥门])"
_BARE_DISTRICT = re.compile(rf"({'|'.join(DISTRICTS)}){_NO_ROAD}")
# Without the municipality before it no estate or village is named after it either.
_ALONE = re.compile(rf"({'|'.join(DISTRICTS)}){_NO_ROAD}(?![里苑村镇乡]|[小社]区|花园|家园|公寓)")
# The one character of a municipality, before one of its districts.
_ONE_CHARACTER: Final = {"京": "北京", "沪": "上海", "津": "天津", "渝": "重庆"}
_MUNICIPALITY = re.compile(rf"\A[京沪津渝](?=(?:{'|'.join(DISTRICTS)}){_NO_ROAD}|[^路街]{{2,3}}区)")
_DIRECTLY_BELOW = re.compile(r"(?:省|自治区)?直辖县级行政(?:区划|单位)")
_TOWN = re.compile(r"([^路街号]{1,8}?)(?:街道办事处|街道|镇|民族乡|乡|苏木)")
# Capitals and the like, which people write without 市 before a district; not where a road is named after one.
_WITHOUT_CITY = re.compile(
    r"(石家庄|太原|呼和浩特|沈阳|大连|长春|哈尔滨|南京|苏州|无锡|杭州|宁波|合肥|福州|厦门|南昌|济南|青岛|郑州|武汉|长沙|广州"
    r"|深圳|南宁|海口|成都|贵阳|昆明|拉萨|西安|兰州|西宁|银川|乌鲁木齐)(?=[^路街道巷市号0-9]{1,5}(?:区|县))"
)
# What stands between the numbers of a dwelling.
_UNITS = re.compile(r"(?<=[0-9a-z])(?:号楼|号院|单元|弄|幢|栋|座|号|楼|室|组|[#\-])+")
# What a clerk added behind the dwelling.
_NOTE = re.compile(r"[(（][^()（）]*[)）]\s*\Z|(?<=[0-9]室)[^0-9]+\Z|(?<=[0-9])号?\s*(?:租房|租住|暂住)\Z")
# An estate named between the number of its lane and that of the house: the lane tells which it is.
_ESTATE_IN_LANE = re.compile(r"(?<=[0-9]弄)[^0-9弄]{2,8}(?=[0-9]+(?:号|幢|栋|座|-))")
# The road before an estate with numbers of its own, which most leave out; not before dormitories and the
# like, of which there are many.
_ROAD_OF_ESTATE = re.compile(
    r"[^0-9]{2,}[0-9]+号(?=(?![院楼内附])[^0-9号]{3,8}(?<!院|楼|厂|校|队|内)"
    r"(?<!宿舍|家属|职工|教师|单元)[0-9]+(?:号楼|单元|幢|栋|座|号|-)[0-9])"
)
# Enough to tell a dwelling in its city: the name of a road or of an estate, and two numbers.
_TOLD_APART = re.compile(r"[\u3400-\u9fff]{2}.*[0-9]-.*[0-9]")
WITHOUT_DISTRICT: Final = "~"
"""Stands before the key of a dwelling of which nothing tells the district."""
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
        tells a dwelling from its neighbours, or nothing tells its town from others; `~` and the place where
        nobody said the district and the place has numbers enough."""
        if not (self.district or self.city) and _TOLD_APART.match(self.place):
            return WITHOUT_DISTRICT + self.place
        where = self.district or self.town or self.city
        return f"{where}{self.place}" if where and _NUMBER.search(self.place) else ""


def address(text: str) -> Address:
    """Takes an address apart as far as its own words go."""
    tight = _tight(_NOTE.sub("", text[:_LONGEST], 1))
    if found := _ROAD_AND_NUMBERS.match(tight):
        road, numbers = found.groups()
    else:
        road, numbers = _POSTCODE.sub("", tight, 1), ""
    province, city, district, town, place = _divided(road)
    return Address(province, city, district, town, _place(place + numbers))


def _place(text: str) -> str:
    told = (
        _ROAD_OF_ESTATE.sub("", _ESTATE_IN_LANE.sub("", text, 1), 1) if "号" in text or "弄" in text else text
    )
    return _UNITS.sub("-", told).strip("-")


def key_of_dwelling(text: str) -> str | None:
    """The key of an address that is a road in Chinese and numbers, as most are; None of any other."""
    found = _ROAD_AND_NUMBERS.match(text) if len(text) <= _SHORT else None
    road = _road(found[1]) if found else None
    if found is None or road is None:
        return None
    where, begins = road
    return where + begins + _UNITS.sub("-", found[2]).strip("-") if found[2] else ""


# Numbers stay as they are when what stands before them is normalised.
@lru_cache(maxsize=65536)
def _road(text: str) -> tuple[str, str] | None:
    """The district and what the place begins with; None of what is no Chinese, has numbers when it is
    normalised, or names no district."""
    plain = unicodedata.normalize("NFKC", text).casefold()
    tight = _tight(plain)
    if not is_chinese(plain) or _NUMBER.search(tight) or len(tight) > _SHORT or "(" in plain:
        return None
    _, _, district, _, place = _divided(tight)
    return None if not district or _NUMBER.search(place) else (district, place)


def is_chinese(text: str) -> bool:
    return _CHINESE.search(text) is not None


def _tight(text: str) -> str:
    return _SEPARATORS.sub("", simplified(unicodedata.normalize("NFKC", text).casefold()))


# A city has fewer roads than dwellings.
@lru_cache(maxsize=65536)
def _divided(text: str) -> tuple[str, str, str, str, str]:
    """The parts of an address; the last is what stands behind the town, its numerals as digits."""
    province, rest = _taken(_PROVINCE, _MUNICIPALITY.sub(lambda found: _ONE_CHARACTER[found[0]], text, 1))
    code = PROVINCES.get(province, "")
    rest = _DIRECTLY_BELOW.sub("", rest, 1)
    city, rest = ("", rest) if code in MUNICIPALITIES else _taken(_CITY, rest)
    if not city and code not in MUNICIPALITIES:
        city, rest = _taken(_WITHOUT_CITY, rest)
    if not code and not city:
        district, rest = _taken(_ALONE, rest)
        code = MUNICIPALITY_OF.get(district, "")
    else:
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
