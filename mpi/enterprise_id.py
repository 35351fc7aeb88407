"""Enterprise identifiers: opaque, random, with a check character of ISO 7064 MOD 37,36.

Fifteen random characters (77 bits) say nothing about their holder and are never given twice; the sixteenth
finds every single wrong character and every swap of neighbours when the number is read out or typed.
"""

import secrets
from typing import Final

_ALPHABET: Final = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_VALUES: Final = {character: value for value, character in enumerate(_ALPHABET)}
_BODY: Final = 15
_FAIR: Final = 252


def check_character(body: str) -> str:
    """ISO 7064 MOD 37,36 over digits and capital letters."""
    remainder = 36
    for character in body:
        remainder = (remainder + _VALUES[character]) % 36 or 36
        remainder = remainder * 2 % 37
    return _ALPHABET[(37 - remainder) % 36]


def new_enterprise_id() -> str:
    """A fresh identifier of 16 characters; a FHIR id as it is."""
    # Of 256 values of a byte the first 252 fall evenly on 36 characters.
    fair: list[int] = []
    while len(fair) < _BODY:
        fair += [byte for byte in secrets.token_bytes(2 * _BODY) if byte < _FAIR]
    body = "".join([_ALPHABET[byte % len(_ALPHABET)] for byte in fair[:_BODY]])
    return body + check_character(body)


def is_enterprise_id(text: str) -> bool:
    """Whether the text could be an identifier of ours: form and check character."""
    well_formed = len(text) == _BODY + 1 and all(character in _VALUES for character in text)
    return well_formed and check_character(text[:-1]) == text[-1]
