"""The work of `yilian validate`, in one process or in several."""

import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import cache
from multiprocessing import get_context
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

from exchange.commands.packages_at_hand import packages_at_hand
from exchange.commands.refused import Refused
from exchange.fhirjson import dumps
from exchange.validation.checker import has_errors, new_validator, told
from exchange.validation.documents import documents
from exchange.validation.outcome import outcome
from exchange.validation.supported import unsupported
from exchange.validation.text import Told, read_text

if TYPE_CHECKING:
    from profiles.validator import Validator

# Fewer files are done sooner by one process than others are ready.
WORTH_PROCESSES: Final = 200


@dataclass(frozen=True, slots=True)
class Asked:
    """`packages` are paths, or names in the folder of packages; `must_support` says whether it is told which
    must-support elements are not there."""

    profiles: tuple[str, ...] = ()
    packages: tuple[str, ...] = ()
    must_support: bool = False


class Judged(NamedTuple):
    """`line` is the JSON that is printed."""

    source: str
    has_errors: bool
    line: bytes


def judged_all(
    files: Sequence[Path], asked: Asked, workers: int, advance: Callable[[], None]
) -> Iterator[Judged]:
    """Every document of the files, in their order; `advance` is called after each file. Raises Refused for
    a package or profile that is not there, and Unreadable."""
    _require(asked)
    processes = workers or (_processors() if len(files) >= WORTH_PROCESSES else 1)
    if processes == 1:
        for path in files:
            yield from _judged(path, asked)
            advance()
        return
    with ProcessPoolExecutor(processes, mp_context=get_context("spawn")) as pool:
        for judged in pool.map(_file, files, [asked] * len(files), chunksize=8):
            yield from judged
            advance()


def _require(asked: Asked) -> None:
    """Before anything is printed."""
    validator = _validator(asked.packages)
    for profile in asked.profiles:
        if not validator.knows(profile):
            raise Refused(f"the profile {profile} is not in R4, nor in the packages given")


def _file(path: Path, asked: Asked) -> list[Judged]:
    return list(_judged(path, asked))


def _judged(path: Path, asked: Asked) -> Iterator[Judged]:
    validator = _validator(asked.packages)
    for document in documents(path):
        issues = [*told(validator, document.raw, asked.profiles), *_missed(validator, document.raw, asked)]
        line = dumps({"source": document.source, "outcome": outcome(issues)})
        yield Judged(document.source, has_errors(one.issue for one in issues), line)


def _missed(validator: "Validator", raw: bytes, asked: Asked) -> Iterator[Told]:
    resource = read_text(raw, validator.definitions).resource if asked.must_support else None
    if resource is not None:
        yield from (Told(issue) for issue in unsupported(validator, resource, asked.profiles))


@cache
def _validator(packages: tuple[str, ...]) -> "Validator":
    return new_validator([one for name in packages for one in packages_at_hand(name)])


def _processors() -> int:
    return len(os.sched_getaffinity(0))
