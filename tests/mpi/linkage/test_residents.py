"""Files of residents of China are linked under the guards of the online decision."""

import random
from typing import Any

import pytest

from mpi.linkage.columns import map_from_document
from mpi.linkage.decisions import Decided, decided
from mpi.linkage.groups import link
from mpi.linkage.residents import guards_for
from mpi.linkage.table import table
from mpi.linkage.training import trained
from tests.mpi.people import valid_id

KINDS = {
    "name": "name",
    "sex": "sex",
    "born": "date",
    "number": "citizen-id",
    "card": "identifier",
    "phone": "phone",
    "home": "address",
}
COLUMNS: dict[str, Any] = {"columns": {name: {"kind": kind} for name, kind in KINDS.items()}}
HOME, PHONE = "长安区人民路12号3号楼501室", "13912345678"
TWIN = ("王雨萱", "女", "2015-03-04", "", "", PHONE, HOME)


def _others(size: int) -> list[tuple[str, ...]]:
    """Two records of each of so many people."""
    draw = random.Random(3)
    told = []
    for number in range(size):
        born = f"{draw.randint(1940, 2012)}-{draw.randint(1, 12):02}-{draw.randint(1, 28):02}"
        name = draw.choice("李张刘陈杨赵黄") + "".join(draw.choices("伟芳娜敏静强磊洋艳勇军杰娟涛超", k=2))
        one = (
            name,
            draw.choice("男女"),
            born,
            "",
            "",
            f"138{draw.randrange(10**8):08}",
            f"桥西区光明路{number + 1}号",
        )
        own = valid_id(born, 2 * draw.randrange(400) + (one[1] == "男"))
        told += [(*one[:3], own, *one[4:]), (*one[:3], own if number % 2 else "", *one[4:])]
    return told


def _decided(*told: tuple[str, ...]) -> list[Decided]:
    """What came of these, among others."""
    rows = [*told, *_others(150)]
    made = table({name: [row[at] for row in rows] for at, name in enumerate(KINDS)}, KINDS, [0] * len(rows))
    model = trained(made, map_from_document(COLUMNS))
    return list(decided(made, model, link(made, model)))[: len(told)]


def _with(record: tuple[str, ...], **told: str) -> tuple[str, ...]:
    return tuple(told.get(name, value) for name, value in zip(KINDS, record, strict=True))


@pytest.mark.parametrize(
    "other",
    [
        _with(TWIN, name="王雨轩"),
        _with(TWIN, name="王雨晴"),
        _with(TWIN, name="无名氏"),
        _with(TWIN, sex="男"),
        _with(TWIN, born="2018-11-21"),
    ],
)
def test_who_shares_a_home_is_not_linked_but_shown(other: tuple[str, ...]) -> None:
    one, two = _decided(TWIN, other)
    assert one.person != two.person
    assert two.kind == "review"
    assert "guard" in two.explanation


def test_two_valid_numbers_are_two_people() -> None:
    first = _with(TWIN, number=valid_id("2015-03-04", 122))
    same, other = (
        _with(TWIN, name=name, number=valid_id("2015-03-04", 144)) for name in ("王雨萱", "王雨轩")
    )
    one, two = _decided(first, same)
    assert one.person != two.person
    assert "review" in (one.kind, two.kind)
    one, two = _decided(first, other)
    assert one.person != two.person
    assert {one.kind, two.kind} == {"new"}


def test_a_child_under_its_mother_s_number_is_not_she() -> None:
    number = valid_id("1990-08-09", 122)
    mother = ("李芳", "女", "1990-08-09", number, "", PHONE, HOME)
    one, two, again = _decided(mother, _with(mother, name="李芳之女", born="2015-03-04"), mother)
    assert one.person == again.person != two.person


def test_a_slip_is_outvoted_by_those_that_share_a_number() -> None:
    number = valid_id("2015-03-04", 122)
    told = [_with(TWIN, number=number)] * 3 + [_with(TWIN, name="王语萱", number=number), TWIN]
    assert len({decision.person for decision in _decided(*told)}) == 1


def test_files_of_others_have_no_guards_of_their_own() -> None:
    kinds = {"name": "name", "born": "date"}
    made = table({"name": ["John Brown", "Ann Lee"], "born": ["", ""]}, kinds, [0, 0])
    found = map_from_document({"columns": {name: {"kind": kind} for name, kind in kinds.items()}})
    assert guards_for(made, found) == ()
