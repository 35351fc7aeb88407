"""The grammar of `_filter`."""

import json
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exchange.search.query.filter import Both, Either, Filter, Negated, Predicate, Step, filter_of
from exchange.search.query.query import SearchError


def compared(path: str, operator: str, value: str, at: int) -> Predicate:
    return Predicate(tuple(map(Step, path.split("."))), operator, value, at)


A, B, C = 'a eq "1"', "b ne 2", "c gt 2014"
FIRST = compared("a", "eq", "1", 0)
RELATED = Step("related", compared("type", "eq", "has-component", 8))


@pytest.mark.parametrize(
    ("text", "tree"),
    [
        (A, compared("a", "eq", "1", 0)),
        (f"  {A}  ", compared("a", "eq", "1", 2)),
        ('name co "x y) ]"', compared("name", "co", "x y) ]", 0)),
        (r'name co "\"é\\"', compared("name", "co", '"é\\', 0)),
        ("code eq http://loinc.org|1234-5", compared("code", "eq", "http://loinc.org|1234-5", 0)),
        ("subject.organization.name co x", compared("subject.organization.name", "co", "x", 0)),
        ("not eq 1", None),
        (f"{A} and {B}", Both((compared("a", "eq", "1", 0), compared("b", "ne", "2", 13)))),
        (
            f"{A} or {B} and {C}",
            Both(
                (
                    Either((compared("a", "eq", "1", 0), compared("b", "ne", "2", 12))),
                    compared("c", "gt", "2014", 23),
                )
            ),
        ),
        (
            f"{A} or ({B} and {C})",
            Either(
                (
                    compared("a", "eq", "1", 0),
                    Both((compared("b", "ne", "2", 13), compared("c", "gt", "2014", 24))),
                )
            ),
        ),
        (f"not({A})", Negated(compared("a", "eq", "1", 4))),
        (f"not {A}", Negated(compared("a", "eq", "1", 4))),
        (f"not (not ({A}))", Negated(Negated(compared("a", "eq", "1", 10)))),
        (
            'related[type eq "has-component"].target pr false',
            Predicate((RELATED, Step("target")), "pr", "false", 0),
        ),
        (
            "related[type eq has-component].target re Observation/4",
            Predicate(
                (Step("related", compared("type", "eq", "has-component", 8)), Step("target")),
                "re",
                "Observation/4",
                0,
            ),
        ),
        ("notes eq 1", compared("notes", "eq", "1", 0)),
        (
            "order eq 1 or andy eq 2",
            Either((compared("order", "eq", "1", 0), compared("andy", "eq", "2", 14))),
        ),
    ],
)
def test_the_tree(text: str, tree: Filter | None) -> None:
    if tree is None:
        with pytest.raises(SearchError):
            filter_of(text)
        return
    assert filter_of(text) == tree


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("", 1),
        ("a", 2),
        ("a eq", 5),
        ("a xx 1", 3),
        ("a eq 1 b eq 2", 8),
        ("a eq 1 and", 11),
        ("(a eq 1", 8),
        ("a eq 1)", 7),
        ("a[b eq 1 eq 2", 10),
        ("a[b eq 1] eq 2", 10),
        ('a eq "x', 6),
        ('a eq ""', 6),
        ('a eq "\\u0000"', 6),
        ("a. eq 1", 3),
        ("1 eq 1", 1),
    ],
)
def test_an_error_tells_the_place(text: str, at: int) -> None:
    with pytest.raises(SearchError) as caught:
        filter_of(text)
    issue = caught.value.issue
    assert issue.diagnostics.startswith(f"_filter, character {at}: ")
    assert (issue.code, issue.expression, caught.value.status) == ("invalid", "_filter", 400)


@pytest.mark.parametrize(
    "text",
    ["(" * 100 + A + ")" * 100, "not " * 100 + A, " and ".join([A] * 101), "a eq " + "x" * 8000, "a[" * 50],
)
def test_what_is_too_much(text: str) -> None:
    with pytest.raises(SearchError) as caught:
        filter_of(text)
    assert caught.value.issue.code == "too-costly"


names = st.from_regex(r"[a-z_][a-z0-9-]{0,8}", fullmatch=True).filter(lambda n: n not in ("and", "or", "not"))
tests = st.builds(
    lambda path, value: Predicate(tuple(map(Step, path)), "eq", value, 0),
    st.lists(names, min_size=1, max_size=3),
    st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\0"), min_size=1, max_size=8),
)
trees = st.recursive(
    tests,
    lambda inner: st.one_of(
        st.builds(Negated, inner),
        st.builds(Both, st.tuples(inner, inner)),
        st.builds(Either, st.tuples(inner, inner)),
    ),
    max_leaves=8,
)


def written(tree: Filter) -> str:
    match tree:
        case Negated(inner):
            return f"not ({written(inner)})"
        case Both(filters):
            return " and ".join(f"({written(each)})" for each in filters)
        case Either(filters):
            return " or ".join(f"({written(each)})" for each in filters)
        case Predicate(path, operator, value):
            return f"{'.'.join(step.name for step in path)} {operator} {json.dumps(value)}"


def bare(tree: Filter) -> Filter:
    """Without the places, and without parentheses that change nothing."""
    match tree:
        case Negated(inner):
            return Negated(bare(inner))
        case Both((first, *rest)) | Either((first, *rest)):
            begun = bare(first)
            head = begun.filters if isinstance(begun, type(tree)) else (begun,)
            return type(tree)((*head, *map(bare, rest)))
        case Predicate(path, operator, value):
            return Predicate(path, operator, value, 0)


@given(trees)
def test_what_is_written_is_read(tree: Filter) -> None:
    assert bare(filter_of(written(tree))) == bare(tree)


@given(st.text(alphabet='ab()[]. "\\eqandornot0123,|$', max_size=60))
def test_any_text_is_a_filter_or_an_error_of_the_client(text: str) -> None:
    with suppress(SearchError):
        filter_of(text)
