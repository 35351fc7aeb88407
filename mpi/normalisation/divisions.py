"""Divisions of GB/T 2260: provinces, districts of municipalities that people write without 区, and what
abolished districts belong to now.

Only what became part of one other division as a whole; the full table changes every year.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

# The code of each province and its short name.
_CODES: Final = (
    "11:北京 12:天津 13:河北 14:山西 15:内蒙古 21:辽宁 22:吉林 23:黑龙江 31:上海 32:江苏 33:浙江 "
    "34:安徽 35:福建 36:江西 37:山东 41:河南 42:湖北 43:湖南 44:广东 45:广西 46:海南 50:重庆 51:四川 52:贵州 "
    "53:云南 54:西藏 61:陕西 62:甘肃 63:青海 64:宁夏 65:新疆 71:台湾 81:香港 82:澳门 15:内蒙"
)
PROVINCES: Final = MappingProxyType(
    {name: code for code, name in (pair.split(":") for pair in _CODES.split())}
)
MUNICIPALITIES: Final = frozenset(("11", "12", "31", "50"))

# Behind the code of their municipality.
_DISTRICTS: Final = (
    "11 东城 西城 朝阳 丰台 石景山 海淀 门头沟 房山 通州 顺义 昌平 大兴 怀柔 平谷 密云 延庆 宣武 崇文",
    "31 黄浦 徐汇 长宁 静安 普陀 虹口 杨浦 闵行 宝山 嘉定 浦东 金山 松江 青浦 奉贤 崇明 闸北 卢湾 南汇",
    "12 河东 河西 南开 河北 红桥 东丽 西青 津南 北辰 武清 宝坻 静海 宁河 蓟州 塘沽 汉沽 大港",
    "50 万州 涪陵 渝中 大渡口 江北 沙坪坝 九龙坡 南岸 北碚 綦江 大足 渝北 巴南 黔江 长寿 江津 合川 永川 南川",
)
MUNICIPALITY_OF: Final[Mapping[str, str]] = MappingProxyType(
    {name: row[:2] for row in _DISTRICTS for name in row[2:].split()}
)
DISTRICTS: Final = tuple(MUNICIPALITY_OF)

# By province or city, as far as the name alone does not tell: the district that was, and what it is now.
_SUCCESSORS: Final = (
    ":闸北:静安 :卢湾:黄浦 :南汇:浦东新 31:浦东:浦东新 31:南市:黄浦 31:川沙:浦东新 31:吴淞:宝山 "
    ":宣武:西城 :崇文:东城 :塘沽:滨海新 :汉沽:滨海新 12:大港:滨海新 :白下:秦淮 南京:下关:鼓楼 "
    ":沧浪:姑苏 :金阊:姑苏 苏州:平江:姑苏 杭州:下城:拱墅 杭州:江干:上城 宁波:江东:鄞州 :鄞:鄞州 "
    ":动力:香坊 哈尔滨:太平:道外 广州:东山:越秀 :芳村:荔湾 :萝岗:黄埔 50:万盛:綦江 50:双桥:大足"
)
_NOW: Final[Mapping[tuple[str, str], str]] = MappingProxyType(
    {(where, was): now for where, was, now in (each.split(":") for each in _SUCCESSORS.split())}
)


def district_now(province: str, city: str, district: str) -> str:
    """What the district is called today."""
    for where in ("", province, city):
        if (now := _NOW.get((where, district))) is not None:
            return now
    return district
