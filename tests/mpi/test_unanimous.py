"""What columns show is what deciding one record after another shows, only sooner."""

import numpy as np
from hypothesis import example, given
from hypothesis import strategies as st
from msgspec.structs import replace

from mpi.blocking import blocking_keys
from mpi.normalisation.demographics import Demographics
from mpi.relink import Placed, differences, in_doubt
from mpi.relink_parts import Part
from mpi.unanimous import facts_of, unanimous
from mpi.weigh import SCALE, Scale, scale
from tests.mpi.strategies import demographics

RESIDENT = Demographics(
    names=("王子安",),
    pinyin=("wangzian",),
    gender="male",
    birth_date="1980-05-06",
    phones=("13912345678",),
    addresses=("黄浦南京东路1",),
)


def part_of(records: list[Demographics]) -> Part:
    """All as one component; who shares a key with an earlier one follows."""
    seen: set[int] = set()
    following = []
    for each in records:
        keys = {key.key for key in blocking_keys(each)}
        following.append(not seen.isdisjoint(keys))
        seen |= keys
    return Part(list(range(1, len(records) + 1)), [len(records)], following, frozenset())


def shown(records: list[Demographics], by: Scale = SCALE) -> bool:
    part = part_of(records)
    (holds,) = unanimous(
        facts_of(records, by), [1] * len(records), part.sizes, np.asarray(part.following), by
    ).tolist()
    return bool(holds)


@st.composite
def visits(draw: st.DrawFn) -> list[Demographics]:
    """Records that mostly repeat each other, some with a fact left out or another one."""
    told = [draw(st.sampled_from((RESIDENT, draw(demographics()))))]
    for _ in range(draw(st.integers(1, 5))):
        before = draw(st.sampled_from(told))
        other = draw(demographics())
        name = draw(st.sampled_from(("", "names", "gender", "birth_date", "citizen_ids", "cards", "phones")))
        changed = {name: getattr(other, name)} if name else {}
        if name == "names":
            changed["pinyin"] = other.pinyin
        told.append(replace(before, **changed))
    return told


@given(visits())
@example([RESIDENT, RESIDENT, replace(RESIDENT, phones=())])
@example([RESIDENT, replace(RESIDENT, phones=(), addresses=()), RESIDENT])
def test_what_is_shown_is_decided_so(records: list[Demographics]) -> None:
    placed = [Placed(number, 1, told, False) for number, told in enumerate(records, 1)]
    part = part_of(records)
    left = in_doubt({each.record: each for each in placed}, part, SCALE)
    assert left in ([], placed)
    if not left:
        assert list(differences(placed, SCALE)) == []


def test_residents_who_agree_need_no_look() -> None:
    assert shown([RESIDENT, RESIDENT, replace(RESIDENT, phones=())])
    assert shown([replace(RESIDENT, citizen_ids=("31010119800506101X",))] * 3)


def test_what_speaks_against_it_is_looked_at() -> None:
    for other in (
        replace(RESIDENT, gender="female"),
        replace(RESIDENT, names=("王子轩",), pinyin=("wangzixuan",)),
        replace(RESIDENT, phones=(), addresses=(), birth_date="1980-01-01"),
        replace(RESIDENT, phones=("13912345679",), addresses=()),
    ):
        assert not shown([RESIDENT, other])


def test_two_under_somebody_elses_number_are_looked_at() -> None:
    child = replace(RESIDENT, citizen_ids=("310101195505061018",), phones=(), addresses=())
    assert not shown([child, replace(child, birth_date="1983-02-03")])
    assert not shown([child, replace(child, names=("王子按",))])
    assert not shown([replace(child, birth_date="1955-05-06"), replace(child, names=("王子按",))])


def test_a_telephone_of_a_crowd_tells_nothing() -> None:
    alone = replace(RESIDENT, addresses=())
    crowd = scale(replace(SCALE.model, crowded=alone.phones))
    assert shown([alone, alone])
    assert not shown([alone, alone], crowd)
    assert shown([RESIDENT, RESIDENT], crowd)


def test_components_are_told_apart() -> None:
    records = [RESIDENT, RESIDENT, RESIDENT, replace(RESIDENT, gender="female")]
    holds = unanimous(
        facts_of(records, SCALE), [1, 1, 2, 2], [2, 2], np.asarray([False, True, False, True]), SCALE
    )
    assert holds.tolist() == [True, False]
