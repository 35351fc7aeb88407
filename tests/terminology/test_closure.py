"""A closure table that grows in any order says the same as the whole hierarchy at once."""

from hypothesis import given
from hypothesis import strategies as st
from pyroaring import BitMap

from terminology.closure import added
from terminology.code_system import CodeSystem, Header
from terminology.hierarchy import Hierarchy

SIZE = 8


def system_of(edges: list[tuple[int, int]]) -> CodeSystem:
    """Edges go from a concept to a later one, so that there is no circle."""
    codes = [str(n) for n in range(SIZE)]
    down = [(a, a + 1 + b % (SIZE - a - 1)) for a, b in edges if a < SIZE - 1]
    numbers = {code: n for n, code in enumerate(codes)}
    header = Header("urn:s", "1", is_case_sensitive=True)
    return CodeSystem(header, codes, codes, numbers, Hierarchy(SIZE, down), [{}] * SIZE)


@given(
    st.lists(st.tuples(st.integers(0, SIZE - 1), st.integers(0, 99)), max_size=12),
    st.lists(st.sets(st.integers(0, SIZE - 1), max_size=4), max_size=6),
)
def test_each_edge_is_told_once_and_all_are(edges: list[tuple[int, int]], steps: list[set[int]]) -> None:
    system = system_of(edges)
    there: list[str] = []
    told: list[tuple[str, str]] = []
    for step in steps:
        more = added(system, BitMap(step), there)
        there += more.codes
        told += [(each.below, each.above) for each in more.edges]
    assert len(there) == len(set(there))
    assert len(told) == len(set(told))
    assert set(told) == {
        (one, other)
        for one in there
        for other in there
        if one != other and system.tree.is_below(int(one), int(other))
    }
