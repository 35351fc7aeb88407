"""Regular expressions by RE2, which takes time in proportion to the text. http://hl7.org/fhirpath/N1/#matches

What RE2 does not have (look-ahead, references back to a group) is refused.
"""

import re
from functools import lru_cache
from typing import Any, Final

import re2

from profiles.fhirpath.error import failure
from profiles.fhirpath.frame import MAX_TEXT, limited

_MAX_PATTERN: Final = 4096
_SHORT: Final = 128
_GROUP: Final = re.compile(r"\$(?:(\d)|\{(\w+)\}|(\$))|\\(.)", re.DOTALL)


def matches(text: str, pattern: str) -> bool:
    """Whether any part of the text matches."""
    return _matches(text, pattern) if len(text) <= _SHORT else _found(text, pattern)


def _found(text: str, pattern: str) -> bool:
    return _test(pattern).search(text.encode()) is not None


# Names and paths come again and again.
_matches = lru_cache(4096)(_found)


def matches_full(text: str, pattern: str) -> bool:
    return _test(pattern).fullmatch(text.encode()) is not None


def replace_matches(text: str, pattern: str, substitution: str) -> str:
    """`$1` and `${name}` in the substitution are groups. An empty pattern matches nothing."""
    if not pattern:
        return text
    made: list[str] = []
    length = end = 0
    for match in _compiled(pattern).finditer(text):
        piece = text[end : match.start()] + _filled(substitution, match)
        length += len(piece)
        if length > MAX_TEXT:
            break
        made.append(piece)
        end = match.end()
    return limited("".join((*made, text[end:])) if length <= MAX_TEXT else "x" * length)


def _filled(substitution: str, match: Any) -> str:
    if "$" not in substitution and "\\" not in substitution:
        return substitution

    def group(part: re.Match[str]) -> str:
        number, name, dollar, escaped = part.groups()
        if dollar or escaped:
            return str(dollar or escaped)
        try:
            return match.group(int(number) if number else int(name) if name.isdigit() else name) or ""
        except (IndexError, KeyError):
            raise failure(f"The pattern has no group {number or name}") from None

    return _GROUP.sub(group, substitution)


@lru_cache(512)
def _test(pattern: str) -> Any:
    """Of bytes, without groups, which is quicker."""
    options = _options()
    options.never_capture = True
    return _made(pattern.encode(), options)


@lru_cache(128)
def _compiled(pattern: str) -> Any:
    return _made(pattern, _options())


def _options() -> Any:
    """A point stands for the end of a line as well."""
    options = re2.Options()
    options.log_errors = False
    options.dot_nl = True
    return options


def _made(pattern: str | bytes, options: Any) -> Any:
    if len(pattern) > _MAX_PATTERN:
        raise failure(f"A pattern has more than {_MAX_PATTERN} characters")
    try:
        return re2.compile(pattern, options)
    except re2.error as error:
        raise failure(f"The pattern cannot be used: {_reason(error)}") from None


def _reason(error: Exception) -> str:
    reason = error.args[0] if error.args else ""
    return reason.decode("utf-8", "replace") if isinstance(reason, bytes) else str(reason)
