"""SMART scopes for systems: which resource types, which interactions.

https://hl7.org/fhir/smart-app-launch/STU2.2/scopes-and-launch-context.html
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass

LETTERS = "cruds"

# SMART v1 words and the letters that v2 gives them.
_VERSION_1 = {"read": "rs", "write": "cud", "*": "cruds"}

# Not a FHIR type: what a hospital's engine needs to push messages, and nothing more. `system/*.c` has it too.
INBOX = "hl7v2"

# Nor this: to read what is counted (r). No patient's data is in it; `system/*.r` has it too.
METRICS = "metrics"

# Not a FHIR type either: to remove for good what was superseded or deleted. No wildcard includes it.
EXPUNGE = "expunge"

# Nor this: to see why records are one person's (r), and to decide it (u). No wildcard includes it.
IDENTITY = "identity"

# Nor this: to see what is quarantined (r), and to correct, send on or discard it (u). Who corrects a message
# reads it. No wildcard includes it.
QUARANTINE = "quarantine"
PRIVILEGED = frozenset((EXPUNGE, IDENTITY, QUARANTINE))
NOT_FHIR = PRIVILEGED | {INBOX, METRICS}

_KIND = rf"\*|{'|'.join(sorted(NOT_FHIR))}|[A-Z][A-Za-z]{{1,63}}"
_SCOPE = re.compile(rf"system/({_KIND})\.(c?r?u?d?s?|read|write|\*)", re.ASCII)


class InvalidScope(Exception):
    """A scope reads system/<type or *>.<letters of "cruds" in this order>."""

    def __init__(self, scope: str) -> None:
        super().__init__(f"{scope[:100]!r} is no scope of this hub: {self.__doc__}")


@dataclass(frozen=True, slots=True)
class Scope:
    """`resource_type` may be `*`; `letters` are those of create, read, update, delete, search."""

    resource_type: str
    letters: str

    def __str__(self) -> str:
        return f"system/{self.resource_type}.{self.letters}"


def parse_scope(text: str) -> Scope:
    """Raise InvalidScope for anything else, search restrictions (`?category=…`) and user scopes included."""
    match = _SCOPE.fullmatch(text)
    if match is None or not match[2]:
        raise InvalidScope(text)
    return Scope(match[1], _VERSION_1.get(match[2], match[2]))


def parse_scopes(text: str) -> tuple[Scope, ...]:
    """Scopes as a token carries them: separated by spaces, without order."""
    return tuple(parse_scope(word) for word in text.split())


def narrowed(asked: Iterable[Scope], allowed: Iterable[Scope]) -> tuple[Scope, ...]:
    """What of `asked` lies inside `allowed`, letter by letter; nothing that was not asked for."""
    granted = tuple(allowed)
    return tuple(
        Scope(kind, letters)
        for scope in asked
        for kind in _kinds(scope, granted)
        if (letters := _letters(kind, scope.letters, granted))
    )


def _kinds(scope: Scope, allowed: tuple[Scope, ...]) -> list[str]:
    """A wildcard asked of a client becomes the wildcard as far as the client has one, and the types of
    which it may do more."""
    if scope.resource_type != "*":
        return [scope.resource_type]
    whole = _letters("*", scope.letters, allowed)
    named = sorted({other.resource_type for other in allowed} - PRIVILEGED - {"*"})
    return ["*", *(kind for kind in named if _letters(kind, scope.letters, allowed) != whole)]


def _letters(kind: str, asked: str, allowed: tuple[Scope, ...]) -> str:
    kinds = (kind,) if kind in PRIVILEGED else (kind, "*")
    held = {letter for scope in allowed if scope.resource_type in kinds for letter in scope.letters}
    return "".join(letter for letter in LETTERS if letter in asked and letter in held)
