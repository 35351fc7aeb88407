"""Whether conditions can hold together at all.

A condition tells nothing of a path but whether it has a value, which of the texts written there that is, and
whether it repeats: so trying each of them is a proof. Paths count as independent of each other.
"""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from functools import partial
from itertools import product
from typing import Any, Final

from adapters.mapping.condition import Condition, compile_condition, texts_of
from adapters.mapping.model import Text

MOST_WORLDS: Final = 50_000
OTHER: Final = "\0other"
World = Mapping[str, tuple[str, bool]]
"""The text of each path, and whether it has several values."""


def possible(
    conditions: Sequence[str], limits: Mapping[str, Collection[str]], valued: Collection[str] = ()
) -> bool:
    """Whether all of them can be true, with some paths `valued`; `limits` are the only texts that a path can
    have. True for what cannot be read (somebody else tells that), or has too many cases."""
    told = [each for each in conditions if each]
    if not told:
        return True
    try:
        cases = _cases(told, limits, valued)
        compiled = [compile_condition(each, _text, _repeats) for each in told]
    except ValueError:
        return True
    count = 1
    for choices in cases.values():
        count *= len(choices)
    return count > MOST_WORLDS or any(_holds(compiled, world) for world in _worlds(cases))


def _cases(
    conditions: Sequence[str], limits: Mapping[str, Collection[str]], valued: Collection[str]
) -> dict[str, list[tuple[str, bool]]]:
    texts: dict[str, set[str]] = {}
    for condition in conditions:
        for path, said in texts_of(condition):
            texts.setdefault(path, set()).update(said)
    return {path: list(_choices(path, said, limits.get(path), valued)) for path, said in texts.items()}


def _choices(
    path: str, said: set[str], limit: Collection[str] | None, valued: Collection[str]
) -> Iterator[tuple[str, bool]]:
    if limit is None:
        yield from ((each, several) for each in (*said - {""}, OTHER) for several in (False, True))
        if path not in valued:
            yield "", False
        return
    yield from ((each, False) for each in said if each in limit)
    if any(each not in said for each in limit):
        yield OTHER, False


def _worlds(cases: Mapping[str, Sequence[tuple[str, bool]]]) -> Iterator[World]:
    for chosen in product(*cases.values()):
        yield dict(zip(cases, chosen, strict=True))


def _holds(compiled: Sequence[Condition], world: World) -> bool:
    anywhere: Any = None
    return all(condition.holds(world, anywhere) for condition in compiled)


def _text(path: str) -> Text:
    return partial(_said, path)


def _said(path: str, world: Any, scope: Any) -> str:
    said: str = world[path][0]
    return said


def _repeats(path: str) -> Callable[[Any, Any], bool]:
    return lambda world, scope: bool(world[path][1])
