"""FHIR JSON keeps every number's text and refuses what cannot be kept."""

import json
import time
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exchange.fhirjson import MAX_DEPTH, UnreadableJson, dumps, identity, loads, read, rest_of, split

numbers = st.from_regex(r"-?(0|[1-9][0-9]{0,17})(\.[0-9]{1,17})?([eE][+-]?[0-9]{1,2})?", fullmatch=True)
texts = st.text('ab:\\"/{}[],\n\t\x7f-0u中é😀 N', max_size=8)


def objects(leaves: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    """JSON texts of objects whose leaves are JSON texts."""

    def containers(children: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
        lists = st.lists(children, max_size=4).map(lambda items: f"[{','.join(items)}]")
        return lists | members(children)

    def members(children: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
        pairs = st.dictionaries(texts, children, max_size=4)
        return pairs.map(
            lambda named: (
                "{"
                + ",".join(f"{json.dumps(name, ensure_ascii=False)}:{value}" for name, value in named.items())
                + "}"
            )
        )

    return members(st.recursive(leaves, containers, max_leaves=12))


anything = objects(
    numbers
    | texts.map(lambda text: json.dumps(text, ensure_ascii=False))
    | st.sampled_from(("true", "false"))
)


@given(anything)
def test_dumps_after_loads_gives_the_same_text(text: str) -> None:
    once = dumps(loads(text.encode()))
    assert json.loads(once, parse_float=str, parse_int=str) == json.loads(
        text, parse_float=str, parse_int=str
    )
    assert dumps(loads(once)) == once


@given(numbers)
def test_a_number_keeps_its_text(text: str) -> None:
    raw = b'{"value":%s}' % text.encode()
    assert dumps(loads(raw)) == raw


@given(anything)
def test_escaped_and_indented_text_reads_the_same(text: str) -> None:
    spelled = json.dumps(json.loads(text, parse_float=Decimal, parse_int=Decimal), default=str, indent=2)
    plain = json.loads(spelled)
    assert loads(spelled.encode()) == plain


@pytest.mark.parametrize(
    "text", ["1.10", "1E+2", "1e2", "0.0000001", "-0", "-0.0", "100", "123456789012345678901234567890"]
)
def test_spelling_survives(text: str) -> None:
    raw = f'{{"a":[{text},{{"b":{text}}}]}}'.encode()
    assert dumps(loads(raw)) == raw


def test_a_float_becomes_a_decimal() -> None:
    value = loads(b'{"value":1.10}')["value"]
    assert type(value) is Decimal
    assert value.as_tuple().exponent == -2


@given(
    st.lists(st.sampled_from(["a", "b", 'a"', "a\\", ":", 'x":', "\\"]), min_size=1, max_size=5),
    st.booleans(),
)
def test_a_duplicate_member_is_always_seen(names: list[str], spaced: bool) -> None:
    separator = " : " if spaced else ":"
    raw = "{" + ",".join(f'{json.dumps(name)}{separator}":"' for name in names) + "}"
    if len(set(names)) == len(names):
        assert loads(raw.encode()) == dict.fromkeys(names, ":")
    else:
        with pytest.raises(UnreadableJson, match="twice"):
            loads(raw.encode())


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        (b"", "structure"),
        (b"[]", "structure"),
        (b"null", "structure"),
        (b'"text"', "structure"),
        (b"{", "structure"),
        (b'{"a":1}}', "structure"),
        (b'{"a" 1}', "structure"),
        (b'{"a":01}', "structure"),
        (b'{"a":NaN}', "structure"),
        (b'{"a":-Infinity}', "structure"),
        (b'{"a":1,"a":2}', "structure"),
        (b'{"a":{"b":1,"\\u0062":2}}', "structure"),
        (b'{"a" :1,"a":2}', "structure"),
        (b'{"a":"\\u0000"}', "value"),
        (b'{"a":["x",["\\u0000"]]}', "value"),
        (b'{"a\\u0000":1}', "value"),
        (b'{"a":"\x01"}', "structure"),
        (b'{"a":"\\ud800"}', "structure"),
        (b'{"a":"\\ud800x"}', "structure"),
        (b'{"a":"\\udc00\\ud800"}', "structure"),
        (b'{"a":"\xed\xa0\x80"}', "structure"),
        (b'{"a":"\xff"}', "structure"),
        (b'{"a":1e999999999}', "value"),
        (b'{"a":1e-999999999}', "value"),
        (b'{"a":' + b"9" * 101 + b"}", "value"),
        (b'{"a":' + b"9" * 100_000 + b"}", "structure"),
        (b'{"a":1.' + b"0" * 100_000 + b"}", "value"),
        (b'{"a":' * MAX_DEPTH + b"{}" + b"}" * MAX_DEPTH, "structure"),
        (b'{"a":' * 100_000, "structure"),
        (b'{"a":' + b"[" * 1_000_000, "structure"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_what_cannot_be_kept_is_refused(raw: bytes, code: str) -> None:
    started = time.process_time()
    with pytest.raises(UnreadableJson) as refused:
        loads(raw)
    assert time.process_time() - started < 1
    assert refused.value.issue.code == code
    assert refused.value.issue.diagnostics


def test_the_deepest_allowed() -> None:
    raw = b'{"a":' * (MAX_DEPTH - 1) + b"{}" + b"}" * (MAX_DEPTH - 1)
    assert dumps(loads(raw)) == raw


def test_an_escaped_backslash_before_u0000_is_no_nul() -> None:
    assert loads(b'{"a":"\\\\u0000"}') == {"a": "\\u0000"}


def test_malformed_text_is_reported_with_its_position() -> None:
    with pytest.raises(UnreadableJson, match=r"byte 5"):
        loads(b'{"a" 1}')
    with pytest.raises(UnreadableJson, match=r"byte 6"):
        loads(b'{"a":"\xff"}')


@pytest.mark.parametrize(
    "number", [Decimal("NaN"), Decimal("Infinity"), Decimal("-Infinity"), Decimal("sNaN")]
)
def test_no_text_is_made_of_what_is_no_number(number: Decimal) -> None:
    with pytest.raises(ValueError, match="malformed"):
        dumps({"a": number})


def test_the_words_nan_and_infinity_are_fine_in_text() -> None:
    assert dumps({"a": "NaN Infinity"}) == b'{"a":"NaN Infinity"}'


@pytest.mark.parametrize(
    ("resource", "rest"),
    [
        ({}, {}),
        ({"meta": {}}, {}),
        ({"meta": {"versionId": "7", "lastUpdated": "2020-01-01T00:00:00Z"}}, {}),
        ({"meta": {"profile": ["p"], "versionId": "7"}}, {"meta": {"profile": ["p"]}}),
        ({"active": True, "meta": {"source": "s"}}, {"meta": {"source": "s"}, "active": True}),
        ({"active": True}, {"active": True}),
    ],
)
def test_split_leaves_room_for_version_and_time(resource: dict[str, Any], rest: dict[str, Any]) -> None:
    head, tail = split({"resourceType": "Patient", **resource, "id": "1"})
    body = loads(head + b'"versionId":"%d","lastUpdated":"%s"' % (3, b"now") + tail)
    meta = {"versionId": "3", "lastUpdated": "now", **rest.pop("meta", {})}
    assert body == {"resourceType": "Patient", "id": "1", "meta": meta, **rest}
    assert identity(head + tail) == (b"Patient", b"1")
    assert list(body)[:3] == ["resourceType", "id", "meta"]


@given(anything)
def test_the_text_beside_the_value_is_what_dumps_gives(text: str) -> None:
    for raw in (text, json.dumps(json.loads(text), indent=1), f" {text}\n"):
        value, compact = read(raw.encode())
        assert value == loads(raw.encode())
        assert compact == dumps(value)


leading = st.permutations(
    [
        ("resourceType", "Patient"),
        ("id", "p1"),
        ("meta", {"versionId": "7", "source": "urn:x"}),
        ("gender", "male"),
        ("name", [{"text": "甲"}]),
    ]
)


@given(leading, st.integers(1, 5))
def test_the_rest_of_the_text_splits_like_the_value(members: list[tuple[str, Any]], count: int) -> None:
    named = dict(members[:count])
    value, text = read(json.dumps(named, ensure_ascii=False).encode())
    rest = rest_of(value, text)
    whole = value | {"resourceType": "Patient", "id": "p2"}
    assert split(whole, rest) == split(whole)


def test_a_long_run_of_digits_in_a_string_is_no_number() -> None:
    raw = b'{"a":"%b"}' % (b"7" * 300)
    assert dumps(loads(raw)) == raw


@given(st.integers(0, 40), st.integers(90, 112), st.sampled_from([b"%b", b"-%b", b"1.%b", b"[%b]"]))
def test_a_number_of_more_than_a_hundred_characters_is_always_seen(
    offset: int, digits: int, form: bytes
) -> None:
    number = form % (b"7" * digits)
    raw = b'{"%b":%b}' % (b"a" * offset, number)
    if digits + number.count(b"1.") * 2 > 100:  # the sign of an integer does not count
        with pytest.raises(UnreadableJson, match="100 characters"):
            loads(raw)
    else:
        assert dumps(loads(raw)) == raw
