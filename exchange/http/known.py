"""Heads that have been parsed before. A client sends the same header lines with every request, so the bytes
after the request line of one that had no body need not be understood twice.

https://www.rfc-editor.org/rfc/rfc9112#section-2.1
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from exchange.http.head import joined

REMEMBERED: Final = 512
MAX_BYTES: Final = 8192
# A target in origin form, of characters that mean nothing to the parser.
LINE: Final = re.compile(rb"(GET|HEAD) (/[A-Za-z0-9/_.~$=&%*|,:;+?@!()'\-]*) HTTP/1\.1").fullmatch


@dataclass(frozen=True, slots=True)
class Head:
    """The header lines of a request: as they came, with names in lower case, and joined by name."""

    lines: Sequence[tuple[bytes, bytes]]
    fields: dict[str, str]


class Heads:
    """Those of a site. Only whole requests that came alone, without a body, and left the connection open are
    remembered: the same lines after another request line mean the same."""

    def __init__(self) -> None:
        self._known: dict[bytes, Head] = {}

    def find(self, data: bytes) -> tuple[bytes, bytes, Head] | None:
        """Method, target and head, if the data are a request whose head is known, and nothing else."""
        if len(data) > MAX_BYTES or data[0] not in _FIRST:
            return None
        end = data.find(b"\r\n")
        head = self._known.get(data[end:])
        if head is None:
            return None
        line = LINE(data, 0, end)
        return None if line is None else (line[1], line[2], head)

    def learn(self, data: bytes, lines: Sequence[tuple[bytes, bytes]]) -> None:
        """The data were such a request."""
        end = data.find(b"\r\n")
        if len(data) > MAX_BYTES or not LINE(data, 0, end) or _TELLING.intersection(dict(lines)):
            return
        if len(self._known) >= REMEMBERED:
            del self._known[next(iter(self._known))]
        self._known[data[end:]] = Head(lines, joined(lines))


_FIRST: Final = frozenset(b"GH")
# They may differ each time, and would drive out the others.
_TELLING: Final = frozenset((b"if-none-match", b"if-modified-since"))
