"""Versions of packages and of canonical resources, and the ranges that dependencies name.

https://semver.org/spec/v2.0.0.html and https://confluence.hl7.org/display/FHIR/NPM+Package+Specification
"""

import re
from collections.abc import Iterable
from typing import Final

Key = tuple[bool, tuple[int, ...], tuple[tuple[int, int, str], ...], str]

_VERSION: Final = re.compile(
    r"v?(\d{1,18}(?:\.\d{1,18}){0,9})(?:-([0-9A-Za-z.-]{1,200}))?(?:\+[0-9A-Za-z.-]{1,200})?"
)
_LAST: Final = (2, 0, "")  # sorts a release after all its pre-releases
_PARTS: Final = 3


def version_key(version: str) -> Key:
    """Sorts versions from old to new: `1.9` < `1.10-rc.2` < `1.10`; what is no such version comes first."""
    found = _VERSION.fullmatch(version)
    if not found:
        return False, (), (), version
    numbers = tuple(int(number) for number in found[1].split("."))
    padded = numbers + (0,) * (_PARTS - len(numbers))
    labels = tuple(_label(one) for one in found[2].split(".")) if found[2] else (_LAST,)
    return True, padded, labels, ""


def newest(versions: Iterable[str]) -> str | None:
    """The latest release; where there is none, the latest pre-release."""
    return max(versions, key=lambda version: (not is_prerelease(version), version_key(version)), default=None)


def is_prerelease(version: str) -> bool:
    return version_key(version)[2][:1] != (_LAST,)


def is_compatible(asked: str, version: str) -> bool:
    """Whether a canonical `url|asked` may be answered by a version: `1.2` or `1.2.0` by `1.2.3`.

    Patches change no meaning, so major and minor decide; versions that are no numbers must be equal.
    """
    one, other = version_key(asked), version_key(version)
    return asked == version or (one[0] and other[0] and one[1][:2] == other[1][:2])


def _label(label: str) -> tuple[int, int, str]:
    """Numbers come before words, as in semver."""
    return (0, int(label), "") if label.isdigit() else (1, 0, label)
