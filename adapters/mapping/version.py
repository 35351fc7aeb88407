"""What maps say, as a number: two maps with the same content have the same, wherever they are written.

https://www.rfc-editor.org/rfc/rfc6234 (SHA-256)

Lines and names of files do not count, for a comment above a row changes nothing that it does.
"""

import hashlib
from collections.abc import Iterable, Mapping, Set
from dataclasses import fields, is_dataclass
from typing import Any, Final

from adapters.mapping.fault import Place
from adapters.mapping.rows import ABSENT

LENGTH: Final = 12


def digest(*parts: Any) -> str:
    """Of layers, mappings, texts and the like; the order of maps and of rows counts, for they run in it."""
    hashed = hashlib.sha256()
    for part in parts:
        for text in _texts(part):
            hashed.update(text.encode("utf-8", "surrogatepass"))
            hashed.update(b"\x1f")
    return hashed.hexdigest()[:LENGTH]


def _texts(value: Any) -> Iterable[str]:
    if value is ABSENT or value is None or isinstance(value, Place):
        yield "-"
    elif isinstance(value, str | int | float | bytes):
        yield f"{type(value).__name__} {value!r}"
    elif is_dataclass(value):
        yield type(value).__name__
        for each in fields(value):
            yield each.name
            yield from _texts(getattr(value, each.name))
    elif isinstance(value, Mapping):
        yield f"of {len(value)}"
        for name, inner in value.items():
            yield from _texts(name)
            yield from _texts(inner)
    else:
        listed = sorted(value, key=repr) if isinstance(value, Set) else list(value)
        yield f"list of {len(listed)}"
        for inner in listed:
            yield from _texts(inner)
