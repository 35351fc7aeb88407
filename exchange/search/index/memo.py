"""What repeats from resource to resource is worked out once: bounded memories of extraction.

https://docs.python.org/3/library/stdtypes.html#mapping-types-dict
"""

from collections.abc import Callable, Collection, Hashable, Iterable
from typing import Any, Final, TypeVar

from exchange.search.index.phrase import Phrase

_K = TypeVar("_K", bound=Hashable)
_V = TypeVar("_V")

ENTRIES: Final = 1 << 12
# A longer key is rare, and must not fill the memory.
_LONGEST: Final = 256


class Memo(dict[_K, _V]):
    """`memo[key]` is what `make(key)` gave. Full, it begins anew."""

    __slots__ = ("make",)

    def __init__(self, make: Callable[[_K], _V]) -> None:
        super().__init__()
        self.make = make

    def __missing__(self, key: _K) -> _V:
        made = self.make(key)
        if (len(key) if isinstance(key, str) else _length(key)) <= _LONGEST:
            if len(self) >= ENTRIES:
                self.clear()
            self[key] = made
        return made


def _length(key: Hashable) -> int:
    return sum(len(part) for part in key if part) if isinstance(key, tuple) else 0


class Unwritten(dict[int, Phrase]):
    """The texts that may not stand in text_index yet, by their tokens: rows with such a token bring them.

    They do so until the text has been seen in the database (`written`): to take its being sent for that would
    lose the texts of a transaction that was rolled back.
    """

    __slots__ = ("_memos",)

    def __init__(self) -> None:
        super().__init__()
        self._memos: list[dict[Any, Any]] = []

    def remembered(self, make: Callable[[_K], _V]) -> Memo[_K, _V]:
        """A memory of what adds texts here."""
        memo = Memo(make)
        self._memos.append(memo)
        return memo

    def add(self, text: Phrase) -> int:
        """The token of the text. Full, all is worked out anew, so that no text is lost that was left out."""
        if len(self) >= 16 * ENTRIES:
            self.begin_anew()
        self[text.token] = text
        return text.token

    def begin_anew(self) -> None:
        """Every text will be brought again: to another database, say."""
        self.clear()
        for memo in self._memos:
            memo.clear()

    def of(self, tokens: Collection[int]) -> tuple[Phrase, ...]:
        """The texts of these tokens that may not be written yet."""
        found = self.keys() & tokens
        return tuple([self[token] for token in found]) if found else ()

    def written(self, tokens: Iterable[int]) -> None:
        """These are in the database: no row needs to bring them again."""
        for token in tokens:
            self.pop(token, None)
