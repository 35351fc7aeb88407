"""How names sound: Soundex of Latin words, pinyin of Chinese ones."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exchange.search.value.sound import sought_sounds, soundex, sounds


@pytest.mark.parametrize(
    ("word", "code"),
    [
        ("robert", "r163"),
        ("rupert", "r163"),
        ("rubin", "r150"),
        ("ashcraft", "a261"),
        ("ashcroft", "a261"),
        ("tymczak", "t522"),
        ("pfister", "p236"),
        ("honeyman", "h555"),
        ("lee", "l000"),
        ("gutierrez", "g362"),
    ],
)
def test_soundex(word: str, code: str) -> None:
    assert soundex(word) == code


@given(st.text(st.characters(min_codepoint=97, max_codepoint=122), min_size=1))
def test_a_code_is_a_letter_and_three_digits(word: str) -> None:
    code = soundex(word)
    assert (len(code), code[0], code[1:].isdecimal()) == (4, word[0], True)


@pytest.mark.parametrize(
    ("name", "value", "found"),
    [
        ({"family": "Smith", "given": ["Jon"]}, "Smyth", True),
        ({"family": "Smith", "given": ["Jon"]}, "John Smyth", True),
        ({"family": "Smith", "given": ["Jon"]}, "John Brown", False),
        ({"family": "张", "given": ["三"]}, "章三", True),
        ({"family": "张", "given": ["三"]}, "章", True),
        ({"family": "张", "given": ["三"]}, "zhang san", True),
        ({"family": "张", "given": ["三"]}, "zhangsan", True),
        ({"text": "张三"}, "章三", True),
        ({"text": "张三"}, "李四", False),
        ({"family": "单"}, "山", True),
        ("Robert Clinic", "Rupert", True),
    ],
)
def test_a_name_is_found_by_how_it_sounds(name: Any, value: str, found: bool) -> None:
    there = set(sounds(name))
    groups = sought_sounds(value)
    assert groups
    assert all(there.intersection(group) for group in groups) is found
