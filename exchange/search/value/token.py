"""64-bit search tokens: what a token, reference or uri search parameter is compared by.

A token is the hash of the value XOR the hash of the element path that it stands at. Thus the token of a
reference is `reference_hash("Patient/1") ^ salt("Observation.subject")`, and SQL can follow a reference in
both directions (`ref # salt`) without knowing what was hashed.

https://hl7.org/fhir/R4/search.html#token
"""

import hashlib
from functools import lru_cache

# Neither character can occur in a JSON string that the hub accepts, so no code can imitate another form.
_BETWEEN = "\x00"
_PRESENT = "\x01"

LONG = "\x02"
"""The value that marks a leading date that covers more than `dates.SHORT`."""


# A longer value is rare, and must not fill the cache.
_LONGEST_CACHED = 128


def h64(value: str) -> int:
    """The signed 64-bit hash of a value."""
    return _cached_hash(value) if len(value) <= _LONGEST_CACHED else _hash(value)


def _hash(value: str) -> int:
    digest = hashlib.blake2b(value.encode("utf-8", "surrogatepass"), digest_size=8).digest()
    return int.from_bytes(digest, "big", signed=True)


_cached_hash = lru_cache(maxsize=1 << 16)(_hash)


@lru_cache(maxsize=1 << 13)
def salt(path: str) -> int:
    """The hash of an element path, of another family than `h64` so that values and paths never cancel."""
    digest = hashlib.blake2b(path.encode(), digest_size=8, person=b"path").digest()
    return int.from_bytes(digest, "big", signed=True)


def token(path: str, value: str) -> int:
    """The token of `value` at the element `path` (`Observation.status`)."""
    return h64(value) ^ salt(path)


def reference_hash(reference: str) -> int:
    """The hash of `Type/id`, of an absolute URL or of a canonical."""
    return h64(reference)


def coded(system: str, code: str) -> str:
    """The value of a code in a system; in no system if `system` is empty (`|code`)."""
    return f"{system}{_BETWEEN}{code}"


def of_system(system: str) -> str:
    """The value that every code of the system shares (`system|`)."""
    return f"{system}{_BETWEEN}"


def present(resource_type: str = "") -> str:
    """The value that says the element is there; for references, by the type of the target."""
    return f"{_PRESENT}{resource_type}"


def identifier_value(value: str) -> str:
    """An identifier's value as the index keeps it: a very long one by its beginning and its hash."""
    if len(value) <= 200:
        return value
    return f"{value[:100]}#{hashlib.sha256(value.encode('utf-8', 'surrogatepass')).hexdigest()}"


def typed(system: str, code: str, value: str) -> str:
    """What `:of-type` compares at an Identifier: a coding of its type (`system` canonical) and its value."""
    return f"{coded(system, code)}\x05{identifier_value(value)}"


def absent() -> str:
    """The value that says that an element which is nearly always there is not (`Source.required`)."""
    return "\x06"
