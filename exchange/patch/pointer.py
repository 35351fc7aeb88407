"""JSON Pointer: where a value stands in a JSON document.

https://www.rfc-editor.org/rfc/rfc6901
"""

import re
from typing import Any, Final

Pointer = tuple[str, ...]

END: Final = "-"
# More levels than a resource may have.
MAX_TOKENS: Final = 200
_ESCAPED: Final = re.compile("~(?![01])")
_INDEX: Final = re.compile("0|[1-9][0-9]{0,8}", re.ASCII)


class Absent(LookupError):
    """Nothing is there; `at` is the pointer as far as it leads."""

    def __init__(self, diagnostics: str, at: Pointer) -> None:
        super().__init__(diagnostics)
        self.at = at


def parsed(text: str) -> Pointer:
    """The pointer's tokens; raises ValueError if the text is none."""
    if not text:
        return ()
    if text[0] != "/":
        raise ValueError("A JSON Pointer is empty or begins with /")
    if _ESCAPED.search(text):
        raise ValueError("In a JSON Pointer ~ stands as ~0, / as ~1")
    if text.count("/") > MAX_TOKENS:
        raise ValueError(f"A JSON Pointer has at most {MAX_TOKENS} tokens here")
    return tuple(token.replace("~1", "/").replace("~0", "~") for token in text[1:].split("/"))


def value_at(document: Any, pointer: Pointer) -> Any:
    """Raises Absent."""
    value = document
    for depth, token in enumerate(pointer):
        value = member(value, token, pointer[: depth + 1])
    return value


def member(container: Any, token: str, at: Pointer) -> Any:
    """What the container has under the token."""
    if type(container) is dict:
        if token not in container:
            raise Absent(f"There is no {token[:64]!r}", at)
        return container[token]
    if type(container) is list:
        return container[index(container, token, at)]
    raise Absent("Nothing is below a value that is no object and no array", at)


def index(array: list[Any], token: str, at: Pointer) -> int:
    """The place of an element that is there."""
    place = place_in(array, token, at)
    if place == len(array):
        raise Absent(f"The array has {len(array)} elements", at)
    return place


def place_in(array: list[Any], token: str, at: Pointer) -> int:
    """Where an element may be put: before one that is there, or at the end."""
    if token == END:
        return len(array)
    if not _INDEX.fullmatch(token):
        raise Absent(f"{token[:64]!r} is no index of an array", at)
    if int(token) > len(array):
        raise Absent(f"The array has {len(array)} elements", at)
    return int(token)


def expression(document: Any, pointer: Pointer) -> str:
    """The pointer as FHIRPath: `/name/0/family` of a Patient is `Patient.name[0].family`."""
    root = document.get("resourceType") if type(document) is dict else None
    steps = (f"[{token}]" if token.isdecimal() or token == END else f".{token[:64]}" for token in pointer)
    return f"{root if isinstance(root, str) else ''}{''.join(steps)}".replace("[-]", "").removeprefix(".")
