r"""Escape sequences of HL7 v2 text: `\F\ \S\ \T\ \R\ \E\ \P\ \X..\`, and formatting commands.

HL7 v2.8 chapter 2, 2.7 Use of escape sequences in text fields.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from dataclasses import field as attribute
from functools import cache, lru_cache

# Highlighting and indentation carry no text.
_LAYOUT = re.compile(r"[HN]|\.(?:fi|nf|in[+-]?\d{1,3}|ti[+-]?\d{1,3})")
_BREAK = re.compile(r"\.(?:br|ce|sp(\d{1,2})?)")
_LONG = 2000
_SKIP = re.compile(r"\.sk(\d{1,2})")


@dataclass(frozen=True, slots=True)
class Delimiters:
    """MSH-1 and MSH-2. An absent one is U+0000: no message contains it, so splitting at it does nothing."""

    field: str = "|"
    component: str = "^"
    repetition: str = "~"
    escape: str = "\\"
    subcomponent: str = "&"
    truncation: str = "\0"
    codec: str = "utf-8"
    _signs: frozenset[str] = attribute(init=False, repr=False, compare=False, default=frozenset())

    def __post_init__(self) -> None:
        signs = (self.field, self.component, self.repetition, self.escape, self.subcomponent, '"')
        object.__setattr__(self, "_signs", frozenset(signs))

    @property
    def encoding(self) -> str:
        """MSH-2."""
        characters = (self.component, self.repetition, self.escape, self.subcomponent, self.truncation)
        return "".join(characters).rstrip("\0")

    def has_none(self, text: str) -> bool:
        """Whether a text is meant as it stands: no separator, no escape, no quote, nothing unprintable."""
        return self._signs.isdisjoint(text) and text.isprintable()

    def unescape(self, text: str) -> str:
        r"""The text meant. Unknown sequences (`\Z..\`, `\C..\`, `\M..\`, a lone escape) stay verbatim."""
        return text if self.escape not in text else _unescaper(self)(text)

    def escaped(self, text: str) -> str:
        r"""The text as it may stand in a field; a line break becomes `\.br\`."""
        return text.translate(_table(self))


@cache
def _unescaper(delimiters: Delimiters) -> Callable[[str], str]:
    plain, codec = _plain(delimiters), delimiters.codec
    mark = re.escape(delimiters.escape)
    # A character of several bytes may be written as several sequences.
    pattern = re.compile(rf"((?:{mark}X(?:[0-9A-Fa-f]{{2}})+{mark})+)|{mark}([^{mark}\r\n]+){mark}")
    begin = delimiters.escape + "X"

    def meaning(found: re.Match[str]) -> str:
        sequence = found.group(2)
        if sequence is None:
            return _bytes(found.group(), begin, delimiters.escape, codec)
        known = plain.get(sequence)
        return known if known is not None else _command(sequence, found.group())

    @lru_cache(maxsize=8)  # several rows look at one field
    def long(text: str) -> str:
        return pattern.sub(meaning, text)

    return lambda text: pattern.sub(meaning, text) if len(text) < _LONG else long(text)


def _bytes(run: str, begin: str, end: str, codec: str) -> str:
    r"""What the bytes of adjacent `\X..\` mean together or, if nothing, each by itself."""
    written = run[len(begin) : -len(end)]
    between = end + begin
    if (whole := _decoded(written.replace(between, ""), codec)) is not None:
        return whole
    each = written.split(between)
    return "".join(_decoded(digits, codec) or f"{begin}{digits}{end}" for digits in each)


def _decoded(digits: str, codec: str) -> str | None:
    try:
        text = bytes.fromhex(digits).decode(codec)
    except UnicodeDecodeError:
        return None
    return None if "\0" in text else text


def _command(sequence: str, verbatim: str) -> str:
    if broken := _BREAK.fullmatch(sequence):
        return "\n" * int(broken.group(1) or 1)
    if skipped := _SKIP.fullmatch(sequence):
        return " " * int(skipped.group(1))
    return "" if _LAYOUT.fullmatch(sequence) else verbatim


@cache
def _plain(delimiters: Delimiters) -> dict[str, str]:
    characters = {
        "F": delimiters.field,
        "S": delimiters.component,
        "R": delimiters.repetition,
        "E": delimiters.escape,
        "T": delimiters.subcomponent,
        "P": delimiters.truncation,
    }
    return {letter: character for letter, character in characters.items() if character != "\0"}


@cache
def _table(delimiters: Delimiters) -> dict[int, str]:
    mark = delimiters.escape
    if mark == "\0":  # nothing can be escaped: what would break the frame becomes a space
        return {ord(character): " " for character in "\r\n" + "".join(_plain(delimiters).values())}
    table = {ord(character): f"{mark}{letter}{mark}" for letter, character in _plain(delimiters).items()}
    return {**table, 0x0A: f"{mark}.br{mark}", 0x0D: f"{mark}.br{mark}"}
