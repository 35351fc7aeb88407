"""A replay as a command carries it out: never so much at once that what comes in now has to wait for it."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

import asyncpg

from adapters.hospitals.folder import load_hospitals
from exchange.commands.connected import connected
from exchange.commands.refused import Refused
from exchange.domains import load_domains
from exchange.inbound import replay
from exchange.inbound.map_version import MapVersions
from exchange.inbound.replay import Chosen, Current, Replay
from exchange.settings import Settings

# So many messages of a replay wait at a time, and so many are queued by one transaction.
WAITING: Final = 400
STEP: Final = 100
PAUSE: Final = 0.2
# Nobody took a message for so many seconds: no hub is running.
PATIENCE: Final = 8.0
MOST: Final = 10_000
_FORMS: Final = ("messages", "documents")
Tell = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Pace:
    """Messages a second, 0 for as many as the hub takes; whether to wait for what becomes of them."""

    rate: float
    wait: bool

    @property
    def step(self) -> int:
        """So many are queued together: those of a second, if that is not too much."""
        return max(1, min(STEP, int(self.rate))) if self.rate > 0 else STEP


@dataclass(frozen=True, slots=True)
class Ended:
    """`taken_up` is False if no hub was there to process them; `states` are theirs now."""

    replay: Replay
    taken_up: bool
    states: dict[str, int]


def in_force(settings: Settings) -> Current:
    """The versions of now, by form and hospital. Raises MapError for a file that cannot be read."""
    systems = load_domains(settings.domains, settings.base).systems
    hospitals = load_hospitals(settings.hospitals, settings.base, systems)
    versions = MapVersions()
    told = {each.id: each for each in hospitals.registered} | {"": hospitals.for_facility("unknown")}
    return {
        form: {id_: versions.of(each, form == "documents") for id_, each in told.items()} for form in _FORMS
    }


def other_than(version: str) -> Current:
    """Every hospital's messages that were not translated by one version."""
    return {form: {"": version} for form in _FORMS}


async def shown(settings: Settings, chosen: Chosen) -> list[dict[str, Any]]:
    async with connected(settings) as connection:
        return await replay.listed(connection, chosen, MOST)


async def runs(settings: Settings) -> list[Replay]:
    async with connected(settings) as connection:
        return await replay.latest(connection, MOST)


async def begun(settings: Settings, chosen: Chosen, actor: str, pace: Pace, tell: Tell) -> Ended:
    """A new replay, carried out."""
    async with connected(settings) as connection:
        if not await replay.count(connection, chosen):
            return Ended(Replay(0, "", actor, _now(), 0, 0, 0, _now()), True, {})
        one = await replay.begin(connection, chosen, actor, _now())
        tell(f"replay {one.id}; if it is interrupted, `yilian replay --resume {one.id}` goes on")
        return await _carried_out(connection, one, pace, tell)


async def resumed(settings: Settings, id_: int, pace: Pace, tell: Tell) -> Ended:
    """What is left of an earlier one."""
    async with connected(settings) as connection:
        one = await replay.find(connection, id_)
        if one is None:
            raise Refused(f"there is no replay {id_}; `yilian replay --runs` lists them")
        return await _carried_out(connection, one, pace, tell)


async def _carried_out(connection: asyncpg.Connection, one: Replay, pace: Pace, tell: Tell) -> Ended:
    watch, idle = _Watch(), False
    while one.ended is None:
        waiting = await replay.waiting(connection)
        idle = watch.stalls(waiting)
        room = one.last if idle else min(pace.step, WAITING - waiting)
        if room <= 0:
            await asyncio.sleep(PAUSE)
            continue
        before = one.requeued
        async with connection.transaction():
            one = await replay.step(connection, one, room, _now())
        watch = _Watch()
        tell(f"{one.requeued} queued, {waiting} were waiting")
        await asyncio.sleep(0 if idle else pause(one.requeued - before, pace))
    while pace.wait and not idle and (waiting := await replay.waiting(connection)):
        idle = watch.stalls(waiting)
        await asyncio.sleep(PAUSE)
    return Ended(one, not idle, await replay.outcome(connection, one))


def pause(number: int, pace: Pace) -> float:
    """Seconds until more may be queued."""
    return number / pace.rate if pace.rate > 0 else 0.0


class _Watch:
    """Whether anybody takes what waits."""

    def __init__(self) -> None:
        self._least: int | None = None
        self._since = 0.0

    def stalls(self, waiting: int) -> bool:
        """Nobody has taken one for long."""
        if not waiting or self._least is None or waiting < self._least:
            self._least, self._since = waiting, _clock()
        return _clock() - self._since > PATIENCE


def _clock() -> float:
    return asyncio.get_running_loop().time()


def _now() -> datetime:
    return datetime.now(UTC)
