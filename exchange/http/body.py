"""What follows the head of a request, held until somebody asks for it.

https://www.rfc-editor.org/rfc/rfc9112#section-6
"""

import asyncio
from collections.abc import Callable
from typing import Final, Protocol

from exchange.outcome import FhirError

# So much is taken before anybody has asked for it: until then it is not known whether the caller may send it.
UNASKED_BYTES: Final = 64 * 1024


class Source(Protocol):
    """The connection that a body comes from."""

    def invite(self) -> None:
        """Says `100 Continue`."""

    def regulate(self) -> None:
        """Looks whether more is to be read now."""


class Body:
    """A body on its way. It is read once: as a whole, or piece by piece."""

    def __init__(self, source: Source, invited: bool) -> None:
        """`invited` is False if the client waits for `100 Continue`."""
        self._source, self._invited = source, invited
        self._parts: list[bytes] = []
        self._held = 0
        self._waiter: asyncio.Future[None] | None = None
        self._lost = False
        self._listener: Callable[[], None] | None = None
        self.ended = self.unwanted = False

    def feed(self, data: bytes) -> None:
        if not self.unwanted:
            self._parts.append(data)
            self._held += len(data)
            self._wake()

    def end(self) -> None:
        """All of it is here."""
        self.ended = True
        self._wake()
        self._notify()

    def lose(self) -> None:
        """The client went away; whoever waits for more gets ConnectionAbortedError."""
        self._lost = True
        self._wake()
        self._notify()

    def when_over(self, tell: Callable[[], None]) -> None:
        """Calls `tell` once no more will come: at once, or later. Only for a body that UNASKED_BYTES can
        hold."""
        if self.ended or self._lost:
            tell()
        else:
            self._listener = tell

    @property
    def held(self) -> bytes | None:
        """All of it, if it is here; whoever asks for it later gets it all the same."""
        return b"".join(self._parts) if self.ended else None

    def discard(self) -> None:
        """Nobody will ask for it any more."""
        self.unwanted = True
        self._parts.clear()
        self._held = 0

    @property
    def is_full(self) -> bool:
        """Whether no more is to be read for now."""
        return self._held > UNASKED_BYTES and self._waiter is None

    async def whole(self, limit: int) -> bytes:
        """All of it; raises FhirError if it has more than `limit` bytes."""
        parts, length, more = [], 0, True
        while more:
            part, more = await self.piece()
            parts.append(part)
            length += len(part)
            if length > limit:
                raise too_large(limit)
        return parts[0] if len(parts) == 1 else b"".join(parts)

    async def piece(self) -> tuple[bytes, bool]:
        """What has come since, at least a byte of it unless this is the end; whether there is more."""
        while not (self._parts or self.ended or self._lost):
            await self._more()
        if self._lost and not self.ended:
            raise ConnectionAbortedError
        data = b"".join(self._parts)
        self._parts.clear()
        self._held = 0
        self._source.regulate()
        return data, not self.ended

    async def _more(self) -> None:
        if not self._invited:
            self._invited = True
            self._source.invite()
        self._waiter = asyncio.get_running_loop().create_future()
        self._source.regulate()
        try:
            await self._waiter
        finally:
            self._waiter = None

    def _notify(self) -> None:
        listener, self._listener = self._listener, None
        if listener is not None:
            listener()

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)


def too_large(limit: int) -> FhirError:
    """Nothing that the client still sends of it will be read."""
    return FhirError("too-large", f"A body has at most {limit} bytes", headers=(("Connection", "close"),))
