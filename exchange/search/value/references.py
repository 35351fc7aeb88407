"""References as the index knows them: relative to our own base, without version, or as they stand.

https://hl7.org/fhir/R4/references.html#literal
"""

import re
from functools import lru_cache

from exchange.search.value.token import coded, present, token

_LOCAL = re.compile(r"([A-Z][A-Za-z]{1,63})/([A-Za-z0-9.-]{1,64})(?:/_history/[A-Za-z0-9.-]{1,64})?\Z")
_REMOTE = re.compile(r"\w+://.*/([A-Z][A-Za-z]{1,63})/[A-Za-z0-9.-]{1,64}(/_history/[A-Za-z0-9.-]{1,64})?\Z")
_LONGEST_CACHED = 256


def relative(reference: str, base: str) -> str:
    """The reference without our own base in front of it."""
    return reference[len(base) + 1 :] if base and reference.startswith(f"{base}/") else reference


def local_target(reference: str, base: str) -> tuple[str, str] | None:
    """Type and id of a resource of ours that is referenced, or None."""
    found = _LOCAL.match(relative(reference, base))
    return (found[1], found[2]) if found else None


def reference_tokens(path: str, reference: str, base: str) -> tuple[int, ...]:
    """The tokens of a literal reference: that it is there, the target, and the version if it names one."""
    if len(reference) > _LONGEST_CACHED:
        return _reference_tokens(path, reference, base)
    return _cached_tokens(path, reference, base)


def _reference_tokens(path: str, reference: str, base: str) -> tuple[int, ...]:
    literal = relative(reference, base)
    found = _LOCAL.match(literal) or _REMOTE.match(literal)
    there = _presence(path, found[1] if found else "")
    unversioned = literal.partition("/_history/")[0]
    if literal != unversioned:
        return there, token(path, unversioned), token(path, literal)
    return there, token(path, literal)


@lru_cache(maxsize=1 << 12)
def _presence(path: str, resource_type: str) -> int:
    return token(path, present(resource_type))


_cached_tokens = lru_cache(maxsize=1 << 15)(_reference_tokens)


def logical_path(path: str) -> str:
    """The path that the tokens of a reference's own identifier stand at (`subject:identifier`)."""
    return f"{path}:identifier"


def logical_tokens(path: str, system: str, value: str) -> tuple[int, ...]:
    """The tokens of a reference's identifier; `system` is canonical."""
    own = logical_path(path)
    return token(own, coded(system, value)), token(own, value)


def canonical_tokens(path: str, canonical: str) -> tuple[int, ...]:
    """The tokens of a canonical: found with its version and without."""
    if len(canonical) > _LONGEST_CACHED:
        return _canonical_tokens(path, canonical)
    return _cached_canonical(path, canonical)


def _canonical_tokens(path: str, canonical: str) -> tuple[int, ...]:
    url, _, version = canonical.partition("|")
    found = (token(path, present()), token(path, url))
    return (*found, token(path, canonical)) if version else found


_cached_canonical = lru_cache(maxsize=1 << 12)(_canonical_tokens)
