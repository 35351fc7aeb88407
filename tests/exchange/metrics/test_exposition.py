"""The text format, as a Prometheus server reads it."""

import re

from hypothesis import given
from hypothesis import strategies as st

from exchange.metrics.exposition import Family, Sample, exposition

_LINE = re.compile(r'([a-z_]+)(?:\{(\w+)="((?:[^"\\\n]|\\\\|\\"|\\n)*)"\})? (\S+)')
_BACK = {"\\\\": "\\", '\\"': '"', "\\n": "\n"}


def test_families_are_told_in_the_order_of_their_names() -> None:
    later = Family("yilian_b", "gauge", "How far behind.", [Sample({}, 1.5)])
    first = Family("yilian_a_total", "counter", "How many.", [Sample({"hospital": "h1", "type": "ADT"}, 2.0)])
    assert exposition([later, first]).decode() == (
        "# HELP yilian_a_total How many.\n# TYPE yilian_a_total counter\n"
        'yilian_a_total{hospital="h1",type="ADT"} 2\n'
        "# HELP yilian_b How far behind.\n# TYPE yilian_b gauge\nyilian_b 1.5\n"
    )


@given(st.text(st.characters(codec="utf-8")), st.integers(0, 10**15))
def test_whatever_a_label_holds_is_one_line_and_comes_back(label: str, value: int) -> None:
    text = exposition([Family("a_total", "counter", "A.", [Sample({"hospital": label}, value)])]).decode()
    [_, _, line, rest] = text.split("\n")
    found = _LINE.fullmatch(line)
    assert found is not None
    assert not rest
    told = re.sub(r"\\.", lambda part: _BACK[part[0]], found[3])
    assert (told, int(found[4])) == (label, value)
