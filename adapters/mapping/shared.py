"""A remembered result: the very same object in every resource in which it stands, never changed."""

from collections.abc import Sequence
from typing import Any

from adapters.mapping.functions import Choice

Json = dict[str, Any]


class Shared(dict[str, Any]):
    """A JSON object that many resources have in common. A copy of it, shallow or deep, is a plain dict.

    Nobody changes it. `judged` is for whoever looks at it often: the places in which it was found to be
    right.
    """

    __slots__ = ("judged",)

    def __init__(self, of: Json) -> None:
        super().__init__(of)
        self.judged: set[Any] = set()

    def __reduce__(self) -> tuple[type[Json], tuple[Json]]:
        return dict, (dict(self),)

    def __copy__(self) -> Json:
        return dict(self)


def shared(values: Sequence[Any]) -> tuple[Any, ...]:
    """The same values or resources, every object that is one of them as `Shared`."""
    return tuple([_shared(value) for value in values]) if values else ()


def _shared(value: Any) -> Any:
    if type(value) is dict:
        return Shared(value)
    if type(value) is Choice:
        return Choice(value.suffix, _shared(value.value))
    return value
