"""What somebody may have meant who wrote a name that is not there."""

from collections.abc import Iterable
from difflib import get_close_matches


def nearby(name: str, known: Iterable[str]) -> str:
    """`; did you mean 'PID-5'?`, or nothing."""
    found = get_close_matches(name, list(known), n=1, cutoff=0.75)
    return f"; did you mean {found[0]!r}?" if found else ""
