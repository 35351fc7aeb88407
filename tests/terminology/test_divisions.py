"""GB/T 2260 with its history."""

import pytest

from terminology.checks import CodeOf
from terminology.divisions import ALL_DIVISIONS, DIVISIONS, above, division_entries
from terminology.expansion import expand
from terminology.library import Library
from terminology.lookup import look_up
from terminology.options import options_of
from terminology.scope import Scope

LIBRARY = Library(division_entries())


def properties(code: str) -> dict[str, object]:
    found = look_up(Scope(LIBRARY, options_of(())), CodeOf(DIVISIONS, code))
    return {each.code: each.value for each in found.properties} | {"display": found.display}


@pytest.mark.parametrize(
    ("code", "display", "inactive", "parent"),
    [
        ("310000", "上海市", False, None),
        ("110101", "东城区", False, "110100"),
        ("330109", "萧山区", False, "330100"),
        ("330121", "萧山县", True, "330100"),
        ("110229", "延庆县", True, "110200"),
    ],
)
def test_a_code_says_whether_it_is_still_one(
    code: str, display: str, inactive: bool, parent: str | None
) -> None:
    told = properties(code)
    assert (told["display"], told["inactive"]) == (display, inactive)
    assert ("listedTo" in told) == inactive
    assert above(code) == (parent or "")


def test_what_a_code_was_called_before_is_a_designation() -> None:
    system = LIBRARY.code_system(DIVISIONS)
    assert system is not None
    assert len(system) > 7_000
    renamed = [n for n in range(len(system)) if len(system.designations(n)) > 1]
    assert len(renamed) > 100


def test_those_of_today_can_be_asked_for() -> None:
    scope = Scope(LIBRARY, options_of([("activeOnly", "true"), ("filter", "浦东"), ("count", 5)]))
    value_set = scope.value_set(ALL_DIVISIONS)
    assert value_set is not None
    assert [each.code for each in expand(scope, value_set).contains] == ["310115"]
