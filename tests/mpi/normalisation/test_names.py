"""Names: one form, one sound."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mpi.normalisation.names import normal_name, text_from_human_name
from mpi.normalisation.pinyin import pinyin, pinyin_keys


@pytest.mark.parametrize(
    ("sent", "normal"),
    [
        ("王 伟", "王伟"),
        ("王　伟", "王伟"),
        ("买买提•艾力", "买买提·艾力"),
        ("买买提．艾力", "买买提·艾力"),
        ("买买提・艾力", "买买提·艾力"),
        ("买买提.艾力", "买买提·艾力"),
        ("ＷＡＮＧ  Wei", "wang wei"),
        ("O'Neill, J.", "o'neill, j"),
        ("", ""),
        ("   ", ""),
    ],
)
def test_normal_form(sent: str, normal: str) -> None:
    assert normal_name(sent) == normal


@given(st.text(max_size=150))
def test_the_normal_form_is_stable(text: str) -> None:
    normal = normal_name(text)
    if len(normal) <= 128:
        assert normal_name(normal) == normal


@pytest.mark.parametrize(
    ("sent", "normal"),
    [
        ("伟张", "张伟"),
        ("志强王", "王志强"),
        ("小王", "小王"),
        ("林王", "林王"),
        ("国林", "国林"),
        ("买买提·王", "买买提·王"),
    ],
)
def test_the_surname_comes_first(sent: str, normal: str) -> None:
    assert normal_name(sent) == normal


def test_names_that_sound_alike_have_one_key() -> None:
    assert pinyin("王伟") == pinyin("王维") == "wangwei"
    assert pinyin("wang wei") == "wangwei"
    assert pinyin("·") == ""


@pytest.mark.parametrize(
    ("human_name", "text"),
    [
        ({"text": "王伟"}, "王伟"),
        ({"text": "王伟", "family": "Wang", "given": ["Wei"]}, "王伟"),
        ({"text": "Dr. Wei Wang", "family": "Wang", "given": ["Wei"]}, "Wang Wei"),
        ({"family": "王", "given": ["伟"]}, "王 伟"),
        ({}, ""),
    ],
)
def test_text_of_a_human_name(human_name: dict[str, object], text: str) -> None:
    assert text_from_human_name(human_name) == text


@pytest.mark.parametrize(
    ("sent", "normal"),
    [("张三（患者）", "张三"), ("王伟(已故)", "王伟"), ("買買提·艾力", "买买提·艾力"), ("(无)", "(无)")],
)
def test_a_clerk_s_note_and_traditional_forms(sent: str, normal: str) -> None:
    assert normal_name(sent) == normal


@pytest.mark.parametrize("dot", "·•．・･‧∙⋅●◦˙﹒ꞏ᛫。—-_")
def test_every_dot_of_a_minority_name(dot: str) -> None:
    assert normal_name(f"买买提{dot}艾力") == normal_name(f"买买提 {dot} 艾力") == "买买提·艾力"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("內田換", "内田换"),
        ("沈爲兪", "沈为俞"),
        ("鍾瀋", "锺沈"),
        ("龑頫", "䶮𫖯"),
        ("王\u200b伟\ufe00", "王伟"),
        ("王·伟", "王伟"),
        ("王伟女士", "王伟"),
        ("王伟【VIP】", "王伟[已故]"),
        ("Wang Wei(王伟)", "王伟"),
        ("O’Neill", "O'Neill"),
    ],
)
def test_two_ways_of_writing_one_name(one: str, other: str) -> None:
    assert normal_name(one) == normal_name(other)


@pytest.mark.parametrize("name", ["Lǚ Wei", "LÜ WEI", "lv2 wei3", "LYU, Wei", "吕伟", "呂偉"])
def test_every_way_of_writing_a_sound(name: str) -> None:
    assert pinyin(normal_name(name)) == "lvwei"


@pytest.mark.parametrize(
    ("sent", "normal"),
    [
        ("18床刘静静", "刘静静"),
        ("刘静静 加36床", "刘静静"),
        ("刘静静先生 3床", "刘静静"),
        ("刘静静1", "刘静静"),
        ("*刘静静", "刘静静"),
        ("刘静静*", "刘静静"),
        ("*静静", "*静静"),
        ("王芳之子2", "王芳之子2"),
        ("苏婷玲女2", "苏婷玲女2"),
        ("王亚男1", "王亚男1"),
        ("患者12", "患者12"),
        ("3床", "3床"),
        ("0<王伟<", "王伟"),
    ],
)
def test_beds_and_marks_are_no_part_of_a_name(sent: str, normal: str) -> None:
    assert normal_name(sent) == normal


def test_a_surname_without_its_dots_has_both_keys() -> None:
    assert set(pinyin_keys("lu yanyao")) & set(pinyin_keys("吕嫣瑶"))
    assert set(pinyin_keys("yanyao lu")) & set(pinyin_keys("吕嫣瑶"))
