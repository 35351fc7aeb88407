"""Canonical URLs with versions: `url|version`, patterns of versions (`1.0.x`), which one is the latest.

https://hl7.org/fhir/R4/references.html#canonical and https://hl7.org/fhir/R4/resource.html#versions
"""

import re
from collections.abc import Iterable
from functools import lru_cache

WILDCARDS = frozenset(("x", "X", "*"))
_RUNS = re.compile(r"[0-9]+|[^0-9.\-+]+")


def split(canonical: str) -> tuple[str, str]:
    """`url|version` in its two parts; the version may be empty."""
    url, _, version = canonical.partition("|")
    return url, version


def joined(url: str, version: str) -> str:
    return f"{url}|{version}" if version else url


def is_pattern(version: str) -> bool:
    """Whether it names several versions."""
    return any(part in WILDCARDS for part in version.split("."))


def matches(pattern: str, version: str) -> bool:
    """Whether a version is the one wanted, or one of those that a pattern names (`1.x.x`, `1.0.x`, `1.*`)."""
    if pattern == version:
        return True
    wanted, there = pattern.split("."), version.split("-")[0].split(".")
    if not is_pattern(pattern):
        return False
    if len(there) > len(wanted) and wanted[-1] not in WILDCARDS:
        return False
    return all(part in WILDCARDS or part == found for part, found in zip(wanted, there, strict=False)) and (
        len(there) >= sum(1 for part in wanted if part not in WILDCARDS)
    )


@lru_cache(4096)
def order(version: str) -> tuple[tuple[int, int, str], ...]:
    """A key that sorts versions: numbers as numbers, dates by their digits, a release after its drafts."""
    head, _, draft = version.partition("-") if version[:1].isdigit() and "." in version else (version, "", "")
    parts = [_key(run) for run in _RUNS.findall(head)]
    return (*parts, (0, 0, draft) if draft else (1, -1, ""))


def _key(run: str) -> tuple[int, int, str]:
    return (2, int(run), "") if run.isdigit() else (1, 0, run)


def latest(versions: Iterable[str]) -> str:
    """The newest; the empty string of none."""
    return max(versions, key=order, default="")


def listed(versions: Iterable[str]) -> str:
    """`1.0.0, 1.1.0 and 1.2.0`, as messages name the versions that are known."""
    names = sorted(versions)
    if len(names) < 3:
        return " or ".join(names)
    return f"{', '.join(names[:-1])} and {names[-1]}"
