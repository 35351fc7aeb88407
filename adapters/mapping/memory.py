"""What a row's function made of a text, kept for the next time the same text comes."""

from typing import Any

SIZE = 1024
LONGEST = 300


class Memory:
    """Two generations of results: when the young one is full, the old one goes. Texts that come in every
    message stay, those of one patient do not; long ones are not kept at all."""

    __slots__ = ("_old", "_young")

    def __init__(self) -> None:
        self._young: dict[Any, Any] = {}
        self._old: dict[Any, Any] = {}

    def get(self, key: Any) -> Any:
        found = self._young.get(key)
        if found is None and (found := self._old.get(key)) is not None:
            self._young[key] = found
        return found

    def put(self, key: Any, value: Any) -> None:
        if len(self._young) >= SIZE:
            self._old, self._young = self._young, {}
        self._young[key] = value
