"""Compiled maps by what is laid upon the base: each combination once, whoever has it."""

from collections.abc import Callable, Sequence
from typing import Final

from adapters.mapping.compiled import Maps
from adapters.mapping.layers import stacked
from adapters.mapping.rows import Layer

MOST: Final = 1024


class Compilations:
    """Hospitals whose layers say the same share their maps."""

    __slots__ = ("_base", "_known", "compiled")

    def __init__(self, base: Callable[[], Layer], compiled: Callable[[Layer], Maps]) -> None:
        self._base = base
        self.compiled = compiled
        self._known: dict[tuple[str, ...], Maps] = {}

    @property
    def base(self) -> Layer:
        return self._base()

    def of(self, layers: Sequence[Layer]) -> Maps:
        """The maps under these layers, the lowest first. Raises MapError."""
        key = tuple([each.digest for each in layers])
        known = self._known.get(key)
        if known is None:
            known = self.compiled(stacked(self._base(), layers))
            while len(self._known) >= MOST:
                del self._known[next(iter(self._known))]
            self._known[key] = known
        return known
