"""Names: one form, placeholders, newborns, sound."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mpi.names import is_newborn, is_placeholder, normal_name, text_from_human_name, told_birth_order
from mpi.pinyin import pinyin


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
    "name", ["无名氏", "无名氏3", "不详", "未知", "某某", "-", "123", "Unknown", "未知女性", "无"]
)
def test_placeholders(name: str) -> None:
    assert is_placeholder(normal_name(name))


@pytest.mark.parametrize(
    "name", ["王芳之子", "王芳之女1", "欧阳芳之长子", "王芳大双", "张三婴儿", "新生儿王", "Baby Boy Smith"]
)
def test_newborns(name: str) -> None:
    assert is_newborn(normal_name(name))


@pytest.mark.parametrize("name", ["王羲之", "王伟", "李双", "欧阳伟", "吴铭", "买买提·艾力", "John Doerr"])
def test_names_of_people(name: str) -> None:
    assert not is_placeholder(normal_name(name))
    assert not is_newborn(normal_name(name))


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
    ("name", "order"),
    [
        ("王芳大双", 1),
        ("王芳之子乙", 2),
        ("王芳之女3", 3),
        ("王芳之女", None),
        ("王二", None),
        ("王小双", None),
    ],
)
def test_a_newborn_s_place_in_the_order_of_birth(name: str, order: int | None) -> None:
    assert told_birth_order(normal_name(name)) == order


@pytest.mark.parametrize(
    ("sent", "normal"),
    [("张三（患者）", "张三"), ("王伟(已故)", "王伟"), ("買買提·艾力", "买买提·艾力"), ("(无)", "(无)")],
)
def test_a_clerk_s_note_and_traditional_forms(sent: str, normal: str) -> None:
    assert normal_name(sent) == normal


@pytest.mark.parametrize("name", ["某男", "王某某", "李某", "张氏", "婴儿", "未命名", "無名氏3"])
def test_what_stands_for_an_unknown_name(name: str) -> None:
    assert is_placeholder(normal_name(name))
