"""Enterprise identifiers and their check character."""

import re

from hypothesis import assume, given
from hypothesis import strategies as st

from mpi.enterprise_id import check_character, is_enterprise_id, new_enterprise_id

ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
bodies = st.text(ALPHABET, min_size=15, max_size=15)


def test_a_new_identifier_is_valid_and_a_fhir_id() -> None:
    made = {new_enterprise_id() for _ in range(200)}
    assert len(made) == 200
    assert all(is_enterprise_id(text) and re.fullmatch(r"[A-Za-z0-9\-.]{1,64}", text) for text in made)


def test_the_check_character_of_a_published_number() -> None:
    # ISRC's Global Release Identifier uses the same check: A1-2425G-ABC1234002-M.
    assert check_character("A12425GABC1234002") == "M"


@given(bodies, st.integers(0, 15), st.sampled_from(ALPHABET))
def test_one_wrong_character_is_found(body: str, position: int, character: str) -> None:
    whole = body + check_character(body)
    assume(whole[position] != character)
    assert not is_enterprise_id(whole[:position] + character + whole[position + 1 :])


@given(st.text(max_size=20))
def test_no_text_breaks_it(text: str) -> None:
    assert is_enterprise_id(text) in (True, False)
