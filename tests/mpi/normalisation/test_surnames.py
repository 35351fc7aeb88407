"""Names in parts, in sound and in one set of characters."""

import pytest

from mpi.normalisation.characters import simplified
from mpi.normalisation.pinyin import pinyin, pinyin_keys
from mpi.normalisation.surnames import name_parts


@pytest.mark.parametrize(
    ("name", "parts"),
    [
        ("王伟", ("王", "伟")),
        ("欧阳伟", ("欧阳", "伟")),
        ("欧阳", ("欧", "阳")),
        ("买买提·艾力", ("", "买买提·艾力")),
        ("王", ("王", "")),
        ("", ("", "")),
    ],
)
def test_parts(name: str, parts: tuple[str, str]) -> None:
    assert name_parts(name) == parts


@pytest.mark.parametrize(
    ("name", "key"),
    [("单伟", "shanwei"), ("曾国", "zengguo"), ("尉迟恭", "yuchigong"), ("吕布", "lvbu"), ("Lü Bu", "lvbu")],
)
def test_surnames_have_their_own_readings(name: str, key: str) -> None:
    assert pinyin(name) == key


def test_a_romanised_name_has_the_keys_of_both_orders() -> None:
    assert pinyin_keys("wei wang") == ("weiwang", "wangwei")
    assert pinyin_keys("lyu bu")[0] == pinyin("吕布")
    assert pinyin_keys("王伟") == ("wangwei",)


@pytest.mark.parametrize(
    ("sent", "folded"), [("陳國華", "陈国华"), ("張昇", "张升"), ("王羣", "王群"), ("李伟", "李伟")]
)
def test_one_set_of_characters(sent: str, folded: str) -> None:
    assert simplified(sent) == simplified(folded) == folded
