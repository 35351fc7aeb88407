"""Groups out of pairs: chains and bridges."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from mpi.linkage.clusters import average_linkage, components, inner_pairs

EDGES = st.lists(st.tuples(st.integers(0, 19), st.integers(0, 19)), max_size=30)


@given(EDGES)
def test_components_are_what_walking_finds(edges: list[tuple[int, int]]) -> None:
    one, other = (np.asarray([edge[side] for edge in edges], np.int64) for side in (0, 1))
    found = components(20, one, other).tolist()
    walked = list(range(20))
    for _ in range(20):
        for a, b in edges:
            walked[a] = walked[b] = min(walked[a], walked[b])
    assert found == walked


def test_a_weak_bridge_does_not_join_two_persons() -> None:
    weight = np.full((6, 6), -8.0)
    weight[:3, :3] = weight[3:, 3:] = 10.0
    weight[2, 3] = weight[3, 2] = 9.0
    group = average_linkage(weight, 0.0).tolist()
    assert group == [0, 0, 0, 3, 3, 3]


def test_a_forbidden_pair_keeps_its_groups_apart() -> None:
    weight = np.full((3, 3), 10.0)
    weight[0, 2] = weight[2, 0] = -np.inf
    assert len(set(average_linkage(weight, 0.0).tolist())) == 2


def test_a_file_that_holds_nobody_twice() -> None:
    weight = np.full((3, 3), 10.0)
    weight[0, 1] = weight[1, 0] = 12.0
    group = average_linkage(weight, 0.0, np.asarray([0, 1, 1], np.int8)).tolist()
    assert group == [0, 0, 2]


def test_every_pair_within_a_component() -> None:
    one, other = inner_pairs(np.asarray([0, 0, 2, 0, 2, 5]))
    assert sorted(zip(one.tolist(), other.tolist(), strict=True)) == [(0, 1), (0, 3), (1, 3), (2, 4)]
