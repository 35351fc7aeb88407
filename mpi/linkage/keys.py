"""Blocking keys over columns: `surname`, `surname:4` (beginning), `surname:sound`, `born:year` …"""

import re
from collections.abc import Callable
from typing import Final

from mpi.linkage.model import ModelError
from mpi.linkage.table import Column, Table, derived
from mpi.normalisation.pinyin import pinyin

# The groups of American Soundex; a vowel parts two equal ones.
_SOUNDS: Final = str.maketrans("bfpvcgjkqsxzdtlmnr", "111122222222334556")
_SILENT = re.compile(r"[hw]")
_DOUBLE = re.compile(r"(.)\1+")
_VOWEL = re.compile(r"[aeiouy]")
_NOT_LETTER = re.compile(r"[^a-z]")


def key_column(table: Table, key: str) -> Column:
    """The column that a key names. Raises ModelError."""
    name, _, form = key.partition(":")
    if name not in table.columns:
        raise ModelError(f"the blocking key {key} names no column")
    column = table.columns[name]
    if not form:
        return column
    cut = _cut(form)
    return derived(column, [cut(value) for value in column.values])


def _cut(form: str) -> Callable[[str], str]:
    if form.isdecimal():
        size = int(form)
        return lambda value: value[:size]
    if form not in _FORMS:
        raise ModelError(
            f"a blocking key has no form {form}; there are {', '.join(sorted(_FORMS))} and numbers"
        )
    return _FORMS[form]


def sound(value: str) -> str:
    """Pinyin of a Chinese name; else Soundex without its limit of length."""
    if value[:1] > "\u2fff":
        return pinyin(value)
    letters = _NOT_LETTER.sub("", value)
    coded = _DOUBLE.sub(r"\1", _SILENT.sub("", letters[1:]).translate(_SOUNDS))
    return letters[:1] + _VOWEL.sub("", coded)


_FORMS: Final[dict[str, Callable[[str], str]]] = {
    "sound": sound,
    "year": lambda value: value[:4],
    "month-day": lambda value: value[5:] if len(value) == 10 else "",
    "last": lambda value: value[-4:] if len(value) > 4 else "",
    "word": lambda value: value.partition(" ")[0],
}
