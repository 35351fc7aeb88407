"""Addresses: divisions, and one key for one dwelling."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mpi.normalisation.addresses import Address, address, key_of_dwelling

_NUMBERS = st.integers(1, 99999)
_UNITS = st.tuples(_NUMBERS, st.sampled_from(("号", "号楼", "单元", "栋", "-", "#")))
DWELLINGS = st.builds(
    lambda units, last: "".join(f"{number}{unit}" for number, unit in units) + str(last),
    st.lists(_UNITS, max_size=4),
    _NUMBERS,
)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (
            "上海市浦东新区张江镇祖冲之路887弄3号501室",
            Address("31", "", "浦东新", "张江", "祖冲之路887-3-501"),
        ),
        ("辽宁省沈阳市和平区南京南街三号", Address("21", "沈阳", "和平", "", "南京南街3")),
        ("北京市市辖区朝阳区建国路88号", Address("11", "", "朝阳", "", "建国路88")),
        ("广西壮族自治区南宁市青秀区民族大道1号", Address("45", "南宁", "青秀", "", "民族大道1")),
        ("内蒙古自治区锡林郭勒盟东乌珠穆沁旗", Address("15", "锡林郭勒", "东乌珠穆沁", "", "")),
        ("北京路5号", Address("", "", "", "", "北京路5")),
        ("", Address()),
    ],
)
def test_divisions(text: str, found: Address) -> None:
    assert address(text) == found


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("上海市浦东新区祖冲之路887弄3号501室", "浦东新区 祖冲之路８８７弄３号５０１"),
        ("辽宁沈阳市和平区南京南街三号楼2单元", "沈阳市和平区南京南街3号楼2单元"),
    ],
)
def test_two_ways_of_writing_one_dwelling(one: str, other: str) -> None:
    assert address(one).key == address(other).key != ""


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("上海市闸北区共和新路100号", "上海市静安区共和新路100号"),
        ("上海市南汇区惠南镇东城路1号", "上海浦东惠南镇东城路1号"),
        ("北京市宣武区广安门内大街1号", "北京西城广安门内大街1号"),
        ("上海徐汇漕溪北路1200弄3号501室", "上海市徐匯區漕溪北路1200弄3號501室"),
        ("内蒙呼和浩特新城区中山路1号", "内蒙古自治区呼和浩特市新城区中山路1号"),
        ("湖北省恩施州恩施市舞阳大道1号", "恩施土家族苗族自治州恩施市舞阳大道1号"),
        ("河南省直辖县级行政区划济源市沁园路1号", "河南省济源市沁园路1号"),
        ("深圳南山区科技路1栋", "广东省深圳市南山区科技路1栋"),
        ("浙江省宁波市鄞县中河路1号", "宁波市鄞州区中河路1号"),
    ],
)
def test_divisions_that_were_and_short_names(one: str, other: str) -> None:
    assert address(one).key == address(other).key != ""


@pytest.mark.parametrize("text", ["北京市朝阳路5号", "上海静安寺路5号", "上海市浦东大道5号"])
def test_a_road_named_after_a_district_is_a_road(text: str) -> None:
    assert address(text).district == ""


def test_a_district_alone_is_no_dwelling() -> None:
    assert address("江苏省镇江市丹徒区").key == ""


@given(st.text(max_size=600))
def test_anything_is_taken_apart(text: str) -> None:
    address(text)


@pytest.mark.parametrize(
    "written",
    [
        "辽宁省沈阳市和平区人民路12号3号楼2单元501室",
        "沈阳市和平区人民路12号3幢2-501",
        "和平区人民路十二号三号楼二单元501",
        "辽宁沈阳和平区人民路12号3#2-501",
        "110000 辽宁省沈阳市和平区人民路12号3栋2单元501",
    ],
)
def test_one_dwelling_written_in_many_ways(written: str) -> None:
    assert address(written).key == "和平人民路12-3-2-501"


@pytest.mark.parametrize(
    "written", ["无", "不详", "本地", "同上", "新疆乌鲁木齐市天山区", "人民路12号", "农村"]
)
def test_what_tells_no_dwelling_is_worth_nothing(written: str) -> None:
    assert address(written).key == ""


def test_a_road_named_after_a_city_is_no_city() -> None:
    assert address("上海市黄浦区南京东路1号").city == ""
    assert address("武汉路3号").city == ""


@given(
    st.sampled_from(("辽宁省沈阳市和平区南京街", "上海市浦东新区张江镇祖冲之路", "和平里三号院")), DWELLINGS
)
def test_numbers_are_read_alike_whatever_stands_behind_them(road: str, numbers: str) -> None:
    # With a letter behind them they are not taken for the numbers of a road at once.
    assert address(f"{road}{numbers}").place + "z" == address(f"{road}{numbers}z").place


_PIECES = st.sampled_from(
    [
        *"0129０２①一十百號号楼院单單元弄幢栋座室#-－ 　,，路街區区县市省aÅ㎡½組组甲\u0308",
        *[
            "辽宁省",
            "瀋陽市",
            "北京",
            "朝阳区",
            "南京",
            "街道办事处",
            "中山路",
            "110001",
            "3单元",
            "号楼",
            "3号2号楼",
            "12号501室",
        ],
    ]
)


@given(st.lists(_PIECES, max_size=14).map("".join))
def test_the_key_of_a_road_and_numbers_is_that_of_the_address(text: str) -> None:
    assert key_of_dwelling(text) in (None, address(unicodedata.normalize("NFKC", text).casefold()).key)


def test_most_addresses_are_a_road_and_numbers() -> None:
    assert key_of_dwelling("辽宁省沈阳市和平区和平里284号29号楼627室") == "和平和平里284-29-627"
    assert key_of_dwelling("12 Main Street") is None


@pytest.mark.parametrize(
    "written",
    [
        "上海市松江区九亭镇朱龙村8组178号",
        "沪松江九亭镇朱龙村8-178",
        "松江朱龙村八组178号（父母家）",
        "松江区九亭镇朱龙村8组178号 租房",
    ],
)
def test_groups_of_a_village_and_short_municipalities(written: str) -> None:
    assert address(written).key == "松江朱龙村8-178"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        # The lane tells which estate it is, and an estate which road.
        ("上海市普陀区桃浦路143弄东方新村75号507室", "普陀桃浦路143-75-507"),
        ("徐汇区漕溪北路443号阳光花园52幢1单元1203室", "上海徐汇阳光花园52-1-1203"),
        ("黄浦瑞金小区15-2-502", "上海市黄浦区瑞金小区15栋2单元502室"),
        ("浦东川沙新镇七灶村10-156", "上海市浦东新区川沙新镇七灶村10组156号"),
        ("杨浦新华公寓39-404", "上海市杨浦区新华公寓39幢404室（近地铁）"),
    ],
)
def test_estates_and_districts_left_out(one: str, other: str) -> None:
    assert address(one).key == address(other).key != ""


@pytest.mark.parametrize(
    "written", ["人民路12号大院3号楼501室", "人民路12号职工宿舍3号楼501室", "人民路12号楼3单元501室"]
)
def test_of_dormitories_and_courts_there_are_many(written: str) -> None:
    assert address(f"和平区{written}").key.startswith("和平人民路12-")


@pytest.mark.parametrize(
    ("written", "key"),
    [
        ("宛平南路403弄53号1004室", "~宛平南路403-53-1004"),
        ("河南南路753弄48号305室", "~河南南路753-48-305"),
        ("惠南镇陆楼村12组355号", "~陆楼村12-355"),
        ("昆山市人民路12号501室", "昆山人民路12-501"),
        ("人民路12号", ""),
        ("朝阳小区3号楼101", "~朝阳小区3-101"),
    ],
)
def test_a_dwelling_of_which_nothing_tells_the_district(written: str, key: str) -> None:
    assert address(written).key == key
