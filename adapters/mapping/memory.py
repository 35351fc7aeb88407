"""What a row's function made of a text, kept for the next time the same text comes."""

from typing import Any, Final

SIZE: Final = 1024
LONGEST: Final = 300
_DIALECTS: Final = 64
_TIMES: Final = 4


class Memory:
    """Two generations of results: when the young one is full, the old one goes. Texts that come in every
    message stay, those of one patient do not; long ones are not kept at all. `known` is the young generation,
    always the same dict: who asks it alone asks `get` for what it does not have."""

    __slots__ = ("_of", "_old", "_size", "known")

    def __init__(self, size: int = SIZE, of: "Memories | None" = None) -> None:
        self.known: dict[Any, Any] = {}
        self._old: dict[Any, Any] = {}
        self._of = of
        self._size = size

    def get(self, key: Any) -> Any:
        found = self.known.get(key)
        if found is None and (found := self._old.get(key)) is not None:
            self.known[key] = found
        return found

    def put(self, key: Any, value: Any) -> None:
        if len(self.known) >= self._size:
            self.age()
        if self._of is not None:
            self._of.counted()
        self.known[key] = value

    def age(self) -> None:
        self._old = dict(self.known)
        self.known.clear()


class Memories:
    """A memory of a size for each dialect: equal texts of one dialect give equal results. All together they
    are bounded, too."""

    __slots__ = ("_left", "_of", "_size")

    def __init__(self, size: int = SIZE) -> None:
        self._of: dict[str, Memory] = {}
        self._size = size
        self._left = _TIMES * size

    def of(self, dialect: str) -> Memory:
        known = self._of.get(dialect)
        if known is None:
            if len(self._of) >= _DIALECTS:
                self._of.clear()
            known = self._of[dialect] = Memory(self._size, self)
        return known

    def counted(self) -> None:
        """One more is kept."""
        self._left -= 1
        if not self._left:
            self._left = _TIMES * self._size
            for memory in self._of.values():
                memory.age()
