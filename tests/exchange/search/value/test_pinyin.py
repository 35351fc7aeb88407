"""Chinese names in pinyin: surnames as families read them, initials, ü."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pypinyin import lazy_pinyin

from exchange.search.value.pinyin import _syllables, pinyin_forms, sought_pinyin
from exchange.search.value.text import is_chinese

CHARACTERS = st.text(st.characters(min_codepoint=0x4E00, max_codepoint=0x9FA5), min_size=1, max_size=4)


@pytest.mark.parametrize(
    ("part", "name", "forms"),
    [
        ("family", "张", {"zhang"}),
        ("given", "三", {"san"}),
        ("text", "张三", {"zhangsan", "zs"}),
        ("given", "小明", {"xiaoming", "xm"}),
        ("family", "单", {"shan"}),
        ("family", "仇", {"qiu"}),
        ("family", "解", {"xie"}),
        ("family", "曾", {"zeng"}),
        ("family", "尉迟", {"yuchi", "yc"}),
        ("text", "尉迟恭", {"yuchigong", "ycg"}),
        ("text", "单于明", {"chanyuming", "cym"}),
        ("text", "万俟卨", {"moqixie", "mqx"}),
        ("given", "解", {"jie"}),
        ("family", "乐", {"yue", "le"}),
        ("text", "吕布", {"lvbu", "lubu", "lyubu", "lb"}),
        ("text", "张 三", {"zhangsan", "zs"}),
        ("text", "古丽·娜尔", {"gulinaer", "glne"}),
        ("family", "Smith", set()),
        ("text", "王Tom", set()),
        ("text", "", set()),
    ],
)
def test_what_a_name_is_found_by(part: str, name: str, forms: set[str]) -> None:
    found = set(pinyin_forms(part, name)) if is_chinese(name) else set()
    assert found == forms


@pytest.mark.parametrize(
    ("value", "sought"),
    [
        ("zhangsan", "zhangsan"),
        ("Zhang San", "zhangsan"),
        ("zhāng sān", "zhangsan"),
        ("xi'an", "xian"),
        ("Lü", "lv"),
        ("ZS", "zs"),
        ("张", ""),
        ("z3", ""),
        ("", ""),
    ],
)
def test_what_is_looked_for(value: str, sought: str) -> None:
    assert sought_pinyin(value) == sought


@given(CHARACTERS, st.sampled_from(("family", "given", "text")))
def test_a_name_is_found_by_each_of_its_forms(name: str, part: str) -> None:
    for form in pinyin_forms(part, name):
        assert sought_pinyin(form) == form != ""
        assert not any(other != form and other.startswith(form) for other in pinyin_forms(part, name))


# Characters that make words in which they are read otherwise, and some that the dictionary does not know.
AMBIGUOUS = st.text(st.sampled_from("重庆长行银乐音会计一不了朝阳单于小明㐀𪛖·a"), min_size=1, max_size=5)


@given(CHARACTERS | AMBIGUOUS)
def test_read_as_the_dictionary_reads_the_whole(characters: str) -> None:
    assert list(_syllables(characters)) == lazy_pinyin(characters)
