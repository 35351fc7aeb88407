"""No expression takes long, much memory, or ends in anything but a result or a FhirPathError."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from profiles.definitions import definitions
from profiles.fhirpath import FhirPathError, compile_expression
from tests.profiles.fhirpath.samples import PATIENT

WIDE: dict[str, Any] = {
    "resourceType": "Patient",
    "name": [{"family": str(number), "given": ["a", "b"]} for number in range(500)],
}
MANY = "(" + "|".join(str(number) for number in range(40)) + ")"


@pytest.mark.parametrize(
    "text",
    [
        "descendants().select(%resource.descendants().select(%resource.descendants()))",
        "descendants().where(%resource.descendants().where(%resource.descendants().exists(id = 'x')))",
        "name.where(%resource in (%resource | $this)).select(%resource.name.combine($this).distinct())",
        f"{MANY}.aggregate($total & $total, 'abcdefgh')",
        f"{MANY}.aggregate($total.combine($total), (1 | 2))",
        f"{MANY}.aggregate($total.select($total), (1 | 2))",
        "'x'.repeat($this & 'x')",
        "0.repeat($this + 1)",
        "'" + "a" * 20000 + "'.replace('', '" + "b" * 20000 + "')",
        "'" + "a" * 20000 + "'.replaceMatches('a', '" + "b" * 20000 + "')",
    ],
)
def test_too_much(text: str) -> None:
    with pytest.raises(FhirPathError) as caught:
        compile_expression(text, definitions()).evaluate(WIDE, steps=300_000)
    assert caught.value.kind == "limit"


@pytest.mark.parametrize(
    "text",
    [
        "10.power(2147483647)",
        "1000000000.exp()",
        "99999999999.9 * 1e1".replace("1e1", "9999999999999999999.9"),
    ],
)
def test_numbers_that_are_too_big_are_empty(text: str) -> None:
    assert compile_expression(text, definitions()).evaluate(None) == []


def test_a_pattern_takes_linear_time() -> None:
    text = "'" + "a" * 50_000 + "!'.matches('^(a+)+$')"
    assert compile_expression(text, definitions()).evaluate(None) == [False]


@pytest.mark.parametrize(
    "text",
    [
        "(" * 5000 + "1" + ")" * 5000,
        "1" + "+1" * 5000,
        "-" * 5000 + "1",
        "a" + ".a" * 5000,
        "f(" * 5000,
        "'" + "x" * 70_000,
    ],
)
def test_too_deep_or_long(text: str) -> None:
    with pytest.raises(FhirPathError) as caught:
        compile_expression(text, definitions())
    assert caught.value.kind == "syntax"


def test_long_chains_of_one_operator_are_flat() -> None:
    assert compile_expression("true" + " and true" * 5000, definitions()).evaluate(None) == [True]
    assert compile_expression("1" + " | 1" * 5000, definitions()).evaluate(None) == [1]


WORDS = """
name given family 'a' 1 2.5 @2020 @T10 true {} $this $index %resource %context ( ) [ ] . , + - * /
div mod & | = ~ != < <= in contains and or xor implies is as Patient String HumanName where( select(
exists( count() first() all( repeat( children() descendants() ofType( iif( aggregate( toString()
not() empty() 'mg' day matches( sort( skip( single() lowBoundary() distinct() union( type()
hasValue() extension( resolve() trace(
"""
PARTS = st.sampled_from(WORDS.split())


@given(st.lists(PARTS, min_size=1, max_size=14).map(" ".join))
def test_any_text_gives_a_result_or_an_error(text: str) -> None:
    closed = text + ")" * max(0, text.count("(") - text.count(")"))
    for one in (text, closed):
        try:
            found = compile_expression(one, definitions()).evaluate(PATIENT, steps=20_000)
        except FhirPathError as error:
            found = [error.position or 0]
            wrong = not 0 <= found[0] <= len(one)
        else:
            wrong = not isinstance(found, list)
        assert not wrong


@given(st.text(alphabet="aP1.'\"`()[]{}@%$+-=|&<>~!/*, \n\\Ttrue0:", max_size=30))
def test_any_characters_are_read_or_refused(text: str) -> None:
    kind = "syntax"
    try:
        compile_expression(text, definitions())
    except FhirPathError as error:
        kind = error.kind
    assert kind == "syntax"
