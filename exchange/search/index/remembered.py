"""What codes, references, texts and names put into the index, each worked out once.

https://hl7.org/fhir/R4/search.html#ptypes
"""

import re
from uuid import UUID

from exchange.fhirjson import dumps
from exchange.search.index.memo import Memo, Unwritten
from exchange.search.index.phrase import Phrase, text_phrase, texts_path, uri_phrase
from exchange.search.value import numbers
from exchange.search.value.pinyin import pinyin_forms
from exchange.search.value.references import canonical_tokens, local_target, reference_tokens
from exchange.search.value.text import is_chinese, normalised
from exchange.search.value.token import coded, h64, of_system, present, salt, token
from mpi.keys import patient_key
from terminology.naming import canonical_system

Tokens = tuple[int, ...]
StringRow = tuple[int, str, str]
# What `$meta` of a type must know by name (`exchange.operations.meta_in_use`).
_LABELS = (".meta.tag", ".meta.security")
_LONGEST_LABEL = 500
_ID = re.compile(r"[A-Za-z0-9.-]{1,64}\Z")
Coding = tuple[str | None, str | None, str | None]
"""System, code and display."""


def codings(path: str, unwritten: Unwritten) -> Memo[Coding, Tokens]:
    """Its tokens: with code in system first if it has a code; those of its display, too."""

    def make(key: Coding) -> Tokens:
        system, code, display = canonical_system(key[0] or ""), key[1], key[2]
        values = [coded(system, code), code] if code else []
        if system:
            values.append(of_system(system))
        tokens = [token(path, value) for value in values]
        if code and path.endswith(_LABELS):
            unwritten.add(label_phrase(path, key))
        if display:
            tokens.append(unwritten.add(text_phrase(texts_path(path), display)))
        return tuple(tokens)

    return unwritten.remembered(make)


def label_phrase(path: str, coding: Coding) -> Phrase:
    """A tag or a security label under the token of its code in its system; nobody searches by this text."""
    value = dumps([part or "" for part in coding]).decode()
    known = value if len(value) <= _LONGEST_LABEL else ""
    return Phrase(
        token(path, coded(canonical_system(coding[0] or ""), coding[1] or "")), salt(path), known, ()
    )


def texts(path: str, unwritten: Unwritten, *, by_prefix: bool = True) -> Memo[str, int]:
    """text → its token."""

    def make(key: str) -> int:
        return unwritten.add(text_phrase(path, key, sought_by_prefix=by_prefix))

    return unwritten.remembered(make)


def uris(path: str, unwritten: Unwritten) -> Memo[str, Tokens]:
    """uri → its tokens; it can be found by what it begins with, and one with a version without that.

    What stands after `#` names a message of the source (`meta.source`), so it is left out of that.
    """

    def make(key: str) -> Tokens:
        whole = key.partition("|")[0]
        source = whole.partition("#")[0] if path.endswith(".meta.source") else whole
        unwritten.add(uri_phrase(path, source))
        if key != whole and path.endswith(".meta.profile"):
            unwritten.add(uri_phrase(path, key))
        return (token(path, present()), *dict.fromkeys(token(path, each) for each in (source, whole, key)))

    return unwritten.remembered(make)


def literals(path: str) -> Memo[str, Tokens]:
    """code, id, string or uri → its tokens."""
    return Memo(lambda key: (token(path, present()), token(path, key)))


def values_only(path: str) -> Memo[str, Tokens]:
    """As `literals`, of an element whose presence is said otherwise."""
    return Memo(lambda key: (token(path, key),))


def canonicals(path: str) -> Memo[str, Tokens]:
    return Memo(lambda key: canonical_tokens(path, key))


def references(path: str, base: str) -> Memo[str, tuple[Tokens, UUID | None]]:
    """reference → its tokens, and the key of the Patient of ours that it names."""

    there, salted = token(path, present("Patient")), salt(path)

    def make(key: str) -> tuple[Tokens, UUID | None]:
        if key.startswith("Patient/") and _ID.match(key, len("Patient/")):  # nearly all are such
            return (there, h64(key) ^ salted), patient_key(key[len("Patient/") :])
        target = local_target(key, base)
        is_patient = target is not None and target[0] == "Patient"
        return (
            reference_tokens(path, key, base),
            patient_key(target[1]) if target is not None and is_patient else None,
        )

    return Memo(make)


def other_references(path: str, base: str) -> Memo[str, Tokens]:
    """reference → its tokens."""
    return Memo(lambda key: reference_tokens(path, key, base))


def leading_references(path: str, base: str) -> Memo[str, tuple[Tokens, UUID | None]]:
    """As `references`, where the patient column says that a Patient of ours is there."""
    plain = references(path, base)

    def make(key: str) -> tuple[Tokens, UUID | None]:
        tokens, patient = plain.make(key)
        there = token(path, present("Patient"))
        return tuple(each for each in tokens if patient is None or each != there), patient

    return Memo(make)


def systems(path: str) -> Memo[str | None, tuple[str, Tokens]]:
    """An identifier's system → the canonical one, and the token that says it."""

    def make(key: str | None) -> tuple[str, Tokens]:
        system = canonical_system(key or "")
        return system, (token(path, of_system(system)),) if system else ()

    return Memo(make)


def units() -> Memo[tuple[str | None, str | None, str | None], tuple[int | None, ...]]:
    """(system, code, unit) → the unit tokens of a quantity's rows; None for its only row without a unit."""

    def make(key: tuple[str | None, str | None, str | None]) -> tuple[int | None, ...]:
        system, code, unit = (part or "" for part in key)
        return numbers.unit_tokens(canonical_system(system), code, unit) or (None,)

    return Memo(make)


def name_parts(number: int, part: str) -> Memo[str, tuple[StringRow, ...]]:
    """A part of a HumanName → its rows: as it is written, and in pinyin under the negative id."""

    def make(key: str) -> tuple[StringRow, ...]:
        own = (number, normalised(key), key)
        forms = pinyin_forms(part, key) if is_chinese(key) else ()
        return (own, *((-number, form, "") for form in forms))

    return Memo(make)


def hashed(path: str) -> Memo[str, int]:
    """value → its token alone."""
    salted = salt(path)
    return Memo(lambda key: h64(key) ^ salted)
