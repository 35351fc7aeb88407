"""Scopes are read strictly, and a grant permits what they say."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exchange.trust.grant import grant
from exchange.trust.refusal import InsufficientScope
from exchange.trust.scopes import INBOX, LETTERS, InvalidScope, Scope, narrowed, parse_scope, parse_scopes

letters = st.sets(st.sampled_from(LETTERS), min_size=1).map(lambda s: "".join(x for x in LETTERS if x in s))
scopes = st.builds(Scope, st.sampled_from(["*", "Patient", "Observation", INBOX]), letters)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("system/Observation.rs", Scope("Observation", "rs")),
        ("system/*.cruds", Scope("*", "cruds")),
        ("system/hl7v2.c", Scope("hl7v2", "c")),
        ("system/Patient.read", Scope("Patient", "rs")),
        ("system/Patient.write", Scope("Patient", "cud")),
        ("system/*.*", Scope("*", "cruds")),
    ],
)
def test_versions_1_and_2(text: str, expected: Scope) -> None:
    assert parse_scope(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "",
        "system/Observation.",
        "system/Observation.sr",
        "system/Observation.rr",
        "system/Observation.rs?category=laboratory",
        "system/observation.rs",
        "system/../Patient.rs",
        "patient/Observation.rs",
        "user/*.rs",
        "launch",
        "system/Observation.rs\n",
        "system/Observátion.rs",
        "system/*",
        "*",
    ],
)
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(InvalidScope):
        parse_scope(text)


@given(st.lists(scopes))
def test_scopes_survive_a_token(held: list[Scope]) -> None:
    assert parse_scopes(" ".join(map(str, held))) == tuple(held)


@given(
    st.lists(scopes), st.lists(scopes), st.sampled_from(["Patient", "Observation", INBOX, "Slot"]), letters
)
def test_narrowing_grants_what_both_permit_and_no_more(
    asked: list[Scope], held: list[Scope], kind: str, some: str
) -> None:
    got, wanted, allowed = grant("c", narrowed(asked, held)), grant("c", asked), grant("c", held)
    for letter in some:
        both = wanted.permits(kind, letter) and allowed.permits(kind, letter)
        assert got.permits(kind, letter) == both


def test_types_and_letters() -> None:
    held = grant("c", parse_scopes("system/Observation.rs system/Patient.r system/*.c"))
    assert held.permits("Observation", "s")
    assert held.permits("Slot", "c")
    assert not held.permits("Patient", "s")
    assert held.types("s") == frozenset({"Observation"})
    assert held.types("r") == frozenset({"Observation", "Patient"})
    assert held.types("c") is None
    assert held.types("d") == frozenset()


def test_a_missing_scope_is_named() -> None:
    held = grant("c", parse_scopes("system/hl7v2.c"))
    held.require(INBOX, "c")
    with pytest.raises(InsufficientScope) as caught:
        held.require("Patient", "r")
    assert caught.value.status == 403
    assert 'error="insufficient_scope", scope="system/Patient.r"' in caught.value.challenge
