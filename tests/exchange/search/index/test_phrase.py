"""Texts and uris by which their resources are found: words of Chinese and of other scripts, beginnings."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exchange.search.index.phrase import sought_words, text_phrase, texts_path, uri_phrase, words
from exchange.search.value.token import salt, token


@pytest.mark.parametrize(
    ("text", "value", "found"),
    [
        ("Essential (primary) hypertension", "hypertension", True),
        ("Essential (primary) hypertension", "PRIMARY essential", True),
        ("Essential (primary) hypertension", "hyper", False),
        ("原发性高血压", "高血压", True),
        ("原发性高血压", "血", True),
        ("原发性高血压", "压血", False),
        ("2型糖尿病 diabetes", "糖尿病 Diabetes", True),
        ("Ménière's disease", "meniere", True),
        ("x", "...", True),
    ],
)
def test_words(text: str, value: str, found: bool) -> None:
    assert set(sought_words(value)).issubset(words(text)) is found


@given(
    st.lists(st.text(st.characters(codec="utf-8", categories=("L", "N")), min_size=1, max_size=8), min_size=1)
)
def test_a_text_has_each_of_its_words(parts: list[str]) -> None:
    text = " ".join(parts)
    assert all(set(sought_words(part)) <= set(words(text)) for part in parts)


def test_one_text_is_one_token_whatever_its_case() -> None:
    path = texts_path("Observation.code")
    one, other = text_phrase(path, "Body  Height"), text_phrase(path, "body height")
    assert (one.token, one.value) == (other.token, "body height")
    assert text_phrase(texts_path("Observation.category"), "body height").token != one.token
    assert text_phrase(path, "body weight").token != one.token


def test_long_texts_differ_by_their_ends() -> None:
    path = texts_path("x")
    assert text_phrase(path, "a" * 300 + "b").token != text_phrase(path, "a" * 300 + "c").token


def test_a_uri_has_the_token_of_an_exact_search() -> None:
    phrase = uri_phrase("ValueSet.url", "http://a/b")
    assert phrase == (token("ValueSet.url", "http://a/b"), salt("ValueSet.url"), "http://a/b", ())
