"""Newborns who are known by their mother, and their place among those born with them."""

import pytest

from mpi.normalisation.names import normal_name
from mpi.normalisation.newborns import is_newborn, told_birth_order


@pytest.mark.parametrize(
    ("name", "order"),
    [
        ("王芳之子", None),
        ("王芳之女2", 2),
        ("王芳之子(1)", 1),
        ("王芳之子②", 2),
        ("王芳之子Ⅱ", 2),
        ("王芳之子 大", 1),
        ("王芳之长子", 1),
        ("王芳之第二子", 2),
        ("王芳次女", 2),
        ("王芳的女儿", None),
        ("王芳儿子", None),
        ("王芳大宝", 1),
        ("王芳小宝", 2),
        ("王芳宝宝", None),
        ("王芳BABY", None),
        ("王芳之双胞胎2", 2),
        ("王芳（之子）", None),
        ("王芳(新生儿)", None),
        ("新生儿(王芳)", None),
        ("欧阳之子", None),
        ("阿依古丽•买买提之子乙", 2),
        ("女婴1", 1),
        ("Baby boy of Smith", None),
        ("Smith, Baby Boy", None),
        ("Smith, Girl A", 1),
        ("Baby Boy 2 Smith", 2),
        ("Twin B of Smith", 2),
        ("B/O Smith", None),
        ("Infant of Mary", None),
        ("苏婷玲女2", 2),
        ("蒋萍敏子(2)", 2),
    ],
)
def test_a_newborn_and_its_place(name: str, order: int | None) -> None:
    normal = normal_name(name)
    assert is_newborn(normal)
    assert told_birth_order(normal) == order


@pytest.mark.parametrize(
    "name",
    [
        "王小宝",
        "欧阳大宝",
        "欧阳大双",
        "王宝宝",
        "王芳子",
        "王芳女",
        "王之女",
        "BB King",
        "Webb",
        "Gibb",
        "Boy George",
    ],
)
def test_who_has_a_name(name: str) -> None:
    normal = normal_name(name)
    assert not is_newborn(normal)
    assert told_birth_order(normal) is None
