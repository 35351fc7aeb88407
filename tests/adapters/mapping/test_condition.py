import pytest

from adapters.mapping.condition import Condition, compile_condition
from adapters.mapping.draft import Scope

VALUES = {"A-1": "x", "B-2": "", "OBX-2": "NM", "event": "A01", "C-1.2": "7"}
ANYWHERE = Scope("", None)


def compiled(text: str) -> Condition:
    return compile_condition(
        text,
        lambda path: lambda node, scope: VALUES[path],
        lambda path: lambda node, scope: path == "A-1",
    )


@pytest.mark.parametrize(
    ("text", "holds"),
    [
        ("A-1 valued", True),
        ("B-2 valued", False),
        ("B-2 not valued", True),
        ("event = 'A01'", True),
        ("event != 'A01'", False),
        ("OBX-2 in ('SN', 'NM')", True),
        ("OBX-2 not in ('SN','NM')", False),
        ("not OBX-2 in ('SN')", True),
        ("A-1 repeats", True),
        ("B-2 not repeats", True),
        ("A-1 valued and B-2 valued", False),
        ("A-1 valued or B-2 valued and B-2 valued", True),
        ("(A-1 valued or B-2 valued) and B-2 valued", False),
        ("A-1 valued and C-1.2 = '7' and event = 'A01'", True),
        ("B-2 valued or B-2 valued or A-1 = 'x'", True),
        ("not (A-1 valued and B-2 valued)", True),
    ],
)
def test_conditions(text: str, holds: bool) -> None:
    assert compiled(text).holds(None, ANYWHERE) is holds


@pytest.mark.parametrize(
    "text",
    [
        "",
        "A-1",
        "A-1 is 'x'",
        "A-1 = x",
        "A-1 in 'x'",
        "(A-1 valued",
        "A-1 valued B-2 valued",
        "A-1 not 'x'",
        "A-1 = 'x",
        "$",
    ],
)
def test_what_is_no_condition_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        compiled(text)
