"""Languages that are asked for, in order, and how well a text's language fits one (BCP 47).

https://www.rfc-editor.org/rfc/rfc4647 and https://www.rfc-editor.org/rfc/rfc9110#field.accept-language
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, Literal

Fit = Literal["full", "region", "language"]
FITS: Final[tuple[Fit, ...]] = ("full", "region", "language")
MAX_LANGUAGES: Final = 32

_TAG = re.compile(r"(?:\*|[A-Za-z]{1,8}(?:-[A-Za-z0-9]{1,8})*)\Z")
_QUALITY = re.compile(r"q=(0(?:\.[0-9]{0,3})?|1(?:\.0{0,3})?)\Z")


class NotALanguage(ValueError):
    """This is no list of language tags."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """A language tag, and how much it is wanted: from 0 (not at all) to 1."""

    tag: str
    quality: float = 1.0


@dataclass(frozen=True, slots=True)
class Languages:
    """Those that are asked for, best first; `sent` is how it was said."""

    wanted: tuple[Wanted, ...]
    sent: str

    @property
    def tags(self) -> str:
        return ", ".join(each.tag for each in self.wanted if each.tag != "*" and each.quality > 0)

    @property
    def told(self) -> str:
        """As an expansion repeats it."""
        if all(each.quality == 1 for each in self.wanted):
            return ",".join(each.tag for each in self.wanted)
        return ", ".join(
            each.tag if each.quality == 1 else f"{each.tag}; q={each.quality:g}" for each in self.wanted
        )

    @property
    def refuses_others(self) -> bool:
        return any(each.tag == "*" and each.quality == 0 for each in self.wanted)

    @property
    def takes_others(self) -> bool:
        return any(each.tag == "*" and each.quality > 0 for each in self.wanted)

    def take(self, language: str) -> bool:
        """Whether a text in that language is one of those asked for; one without language always is."""
        return not language or any(fits(each, language, "language") for each in self.wanted)


@lru_cache(1024)
def languages(header: str) -> Languages:
    """`de, en;q=0.5, *;q=0`; raises NotALanguage."""
    entries = [entry.strip() for entry in header.split(",")]
    if not any(entries) or len(entries) > MAX_LANGUAGES:
        raise NotALanguage(header[:64])
    found = [_wanted(entry) for entry in entries if entry]
    ranked = sorted(found, key=lambda each: -each.quality)
    return Languages(tuple(ranked), header)


def _wanted(entry: str) -> Wanted:
    tag, *parameters = (part.strip() for part in entry.split(";"))
    if not _TAG.match(tag):
        raise NotALanguage(entry[:64])
    quality = 1.0
    for parameter in parameters:
        found = _QUALITY.match(parameter.replace(" ", ""))
        if not found:
            raise NotALanguage(entry[:64])
        quality = float(found[1])
    return Wanted(tag, quality)


def fits(wanted: Wanted, language: str, fit: Fit) -> bool:
    """Whether a text in `language` is what is wanted, as exactly as `fit` says."""
    if wanted.quality <= 0:
        return False
    return wanted.tag == "*" or (bool(language) and same(wanted.tag, language, fit))


@lru_cache(4096)
def same(one: str, other: str, fit: Fit) -> bool:
    a, b = one.lower().split("-"), other.lower().split("-")
    if fit == "full":
        return a == b
    if a[0] != b[0]:
        return False
    return fit == "language" or _region(a) == _region(b)


def _region(parts: Sequence[str]) -> str:
    """The subtag of a region: `CN` of `zh-Hans-CN`."""
    return next((part for part in parts[1:] if len(part) == 2 or (len(part) == 3 and part.isdigit())), "")
