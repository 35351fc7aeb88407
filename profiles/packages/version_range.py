"""Which versions a dependency accepts: `1.2.x`, `^1.2`, `~1.2`, `>=1 <3 || 5.x`, `latest`, `current`, `dev`.

https://confluence.hl7.org/display/FHIR/NPM+Package+Specification and the ranges of npm's semver
"""

import re
from collections.abc import Iterable, Mapping
from typing import Final

from profiles.packages.version import is_prerelease, newest, version_key

CURRENT: Final = "current"
DEV: Final = "dev"
LATEST: Final = "latest"
_PART: Final = re.compile(
    r"(>=|<=|>|<|=|\^|~)?\s*v?((?:\d{1,18}|[xX*])(?:\.(?:\d{1,18}|[xX*])){0,2})"
    r"((?:-[0-9A-Za-z.-]{1,100})?)(?:\+[0-9A-Za-z.-]{1,100})?"
)
_HYPHEN: Final = re.compile(r"\s+-\s+")
_WILD: Final = frozenset("xX*")
_LEAST: Final = "-0"  # sorts before every pre-release of its numbers
Bound = tuple[str, str]  # operator and version


class UnreadableRange(ValueError):
    """This is no range of versions."""


def choose(asked: str, versions: Iterable[str], tags: Mapping[str, str]) -> str | None:
    """The version that is best for a range or a tag; `current` and `dev` are versions of their own.

    Raises UnreadableRange.
    """
    at_hand = list(versions)
    if asked == DEV and DEV not in at_hand:
        asked = CURRENT
    if asked in at_hand:
        return asked
    if asked in tags:
        return tags[asked] if tags[asked] in at_hand else None
    if asked.partition("$")[0] in (CURRENT, DEV):
        return None
    if asked in (LATEST, "", "*"):
        return newest(at_hand)
    sets = [_bounds(one.strip()) for one in asked.split("||")]
    return newest(version for version in at_hand if any(_is_within(version, one) for one in sets))


def accepts(asked: str, version: str) -> bool:
    """Raises UnreadableRange."""
    return choose(asked, [version], {}) == version


def _is_within(version: str, bounds: list[Bound]) -> bool:
    """A pre-release is accepted only by a bound that names one of the same numbers, as in npm."""
    key = version_key(version)
    if not key[0] or not all(_holds(version, *bound) for bound in bounds):
        return False
    named = [version_key(one)[1] for _, one in bounds if is_prerelease(one) and not one.endswith(_LEAST)]
    return not is_prerelease(version) or key[1] in named


def _holds(version: str, operator: str, bound: str) -> bool:
    one, other = version_key(version), version_key(bound)
    return {
        ">=": one >= other,
        "<=": one <= other,
        ">": one > other,
        "<": one < other,
        "=": one == other,
    }[operator]


def _bounds(text: str) -> list[Bound]:
    """Every comparison that a version must meet."""
    ends = _HYPHEN.split(text)
    if len(ends) == 2:
        return [*_from(_read(ends[0])), *_to(_read(ends[1]))]
    found: list[Bound] = []
    end = 0
    for match in _PART.finditer(text):
        if text[end : match.start()].strip():
            raise UnreadableRange(f"{text} is no range of versions")
        end = match.end()
        found += _bound(match[1] or "=", match[2].split("."), match[3])
    if text[end:].strip() or not end:
        raise UnreadableRange(f"{text} is no range of versions")
    return found


def _read(text: str) -> tuple[list[str], str]:
    match = _PART.fullmatch(text.strip())
    if not match or match[1]:
        raise UnreadableRange(f"{text} is no version")
    return match[2].split("."), match[3]


def _from(read: tuple[list[str], str]) -> list[Bound]:
    return _bound(">=", *read)


def _to(read: tuple[list[str], str]) -> list[Bound]:
    return _bound("<=", *read)


def _bound(operator: str, parts: list[str], label: str) -> list[Bound]:
    numbers = [int(part) for part in parts[: _known(parts)]]
    least = ".".join(map(str, [*numbers, 0, 0, 0][:3])) + label
    if not numbers:
        return [(">=", "0.0.0")] if operator not in (">", "<") else [("<", "0.0.0")]
    if operator == "^":
        first = next((place for place, one in enumerate(numbers) if one), len(numbers) - 1)
        return [(">=", least), ("<", _after(numbers[: first + 1]))]
    if operator == "~":
        return [(">=", least), ("<", _after(numbers[:2]))]
    if len(numbers) == 3:
        return [(operator, least)]
    return {
        "=": [(">=", least), ("<", _after(numbers))],
        ">=": [(">=", least)],
        ">": [(">=", _after(numbers).removesuffix(_LEAST))],
        "<": [("<", least + _LEAST)],
        "<=": [("<", _after(numbers))],
    }[operator]


def _known(parts: list[str]) -> int:
    return next((place for place, part in enumerate(parts) if part in _WILD), len(parts))


def _after(numbers: list[int]) -> str:
    """The first version that does not begin with these numbers."""
    raised = [*numbers[:-1], numbers[-1] + 1, 0, 0][:3]
    return ".".join(map(str, raised)) + _LEAST
