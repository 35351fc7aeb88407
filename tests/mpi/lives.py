"""An index that lives: how hospitals and humans change it step by step, and what it showed meanwhile."""

import random
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any

from mpi.correction import (
    Decider,
    NotPossible,
    UnknownIdentity,
    allow_link,
    do_not_link,
    link,
    split,
    undo,
    unite,
    unlink,
    unmerge,
)
from mpi.decisions import NotInForce
from mpi.models import activate, keep
from mpi.online_model import OnlineModel
from mpi.relink import relink
from mpi.review import Answer, NotDecidable, Verdict, decide_review, escalate_review, skip_review
from mpi.review_queue import FIRST, WAITING, queue
from tests.mpi.people import at, combine, links, record, take_away, tell, valid_id
from tests.mpi.test_decisions import done

HOSPITALS = ("h1", "h2", "h3")
LOCAL_IDS = ("1", "2", "3", "4")

PINNED = """
SELECT r.patient_id, l.link FROM mpi_link l JOIN mpi_record r USING (record)
WHERE l.valid_to IS NULL AND l.recorded_to IS NULL AND l.rule = 'manual'
"""

MERGED = "SELECT patient_id FROM mpi_record WHERE merged_into IS NOT NULL"

PARTED = """
SELECT d.pair FROM mpi_do_not_link d
JOIN mpi_link a ON a.record = d.low AND a.valid_to IS NULL AND a.recorded_to IS NULL
JOIN mpi_link b ON b.record = d.high AND b.valid_to IS NULL AND b.recorded_to IS NULL
WHERE d.recorded_to IS NULL AND a.person = b.person
"""

Step = Callable[["Life", random.Random], Awaitable[None]]


class Life:
    """An index with its clock and what it showed at every instant."""

    def __init__(self, connection: Any) -> None:
        self.connection = connection
        self.minutes = 0
        self.past: list[dict[str, str]] = []
        self.steps: list[str] = []

    def by(self, actor: str = "dr-li") -> Decider:
        return Decider(actor, "seen the papers", at(self.minutes))

    async def next(self) -> None:
        """A minute goes by; what was shown in it is remembered."""
        self.past.append(await links(self.connection))
        self.minutes += 1

    async def rows(self, query: str) -> set[Any]:
        return {tuple(row) for row in await self.connection.fetch(query)}

    async def identities(self) -> list[str]:
        rows = await self.connection.fetch("SELECT enterprise_id FROM mpi_person ORDER BY person")
        return [row["enterprise_id"] for row in rows]


def somebody(choose: random.Random) -> Any:
    facts: dict[str, Any] = {}
    if phone := choose.choice((None, None, "13912345678")):
        facts["telecom"] = [{"system": "phone", "value": phone}]
    return record(
        choose.choice(LOCAL_IDS),
        hospital=choose.choice(HOSPITALS),
        citizen=choose.choice((None, None, valid_id(order=101), valid_id(order=103))),
        card=choose.choice((None, None, "E1000001", "E1000002")),
        name=choose.choice(("王伟", "王伟", "王玮", "李娜")),
        **facts,
    )


async def told(life: Life, choose: random.Random) -> None:
    """A first visit, or other data of a known patient: moves nothing that humans settled, joins no pair that
    is kept apart."""
    pinned, parted = await life.rows(PINNED), await life.rows(PARTED)
    each = somebody(choose)
    life.steps.append(f"tell {each.patient_id}")
    await tell(life.connection, each, life.minutes)
    assert pinned <= await life.rows(PINNED)
    assert await life.rows(PARTED) <= parted


async def merged(life: Life, choose: random.Random) -> None:
    """A hospital's merge; half of them are taken back at once, which leaves no trace."""
    hospital = choose.choice(HOSPITALS)
    survivor, loser = (record(each, hospital=hospital) for each in choose.sample(LOCAL_IDS, 2))
    for each in (survivor, loser):
        await tell(life.connection, each, life.minutes)
    before, alone = await restorable(life), await life.rows(MERGED)
    life.steps.append(f"merge {loser.patient_id} into {survivor.patient_id}")
    await combine(life.connection, survivor, loser, life.minutes)
    if choose.randrange(2) and alone.isdisjoint(((survivor.patient_id,), (loser.patient_id,))):
        await life.next()
        life.steps.append("and back")
        await done(life.connection, unmerge(life.connection, loser.patient_id, life.by()))
        assert await restorable(life) == before, "\n".join(life.steps)


async def removed(life: Life, choose: random.Random) -> None:
    """A hospital removes its patient: nobody else is its person then, and its identity shows nothing of it;
    half of them are told again."""
    each = choose.choice(sorted(await links(life.connection)) or ["nobody"])
    life.steps.append(f"remove {each}")
    affected = await take_away(life.connection, each, life.minutes)
    after = await links(life.connection)
    alone = ((each,)) not in await life.rows(MERGED)
    if alone and each in after:
        others = {id_ for id_, name in after.items() if name == after[each]} - {each}
        assert {(id_,) for id_ in others} <= await life.rows(MERGED), "\n".join(life.steps)
        assert after[each] in affected
    if choose.randrange(2):
        await life.next()
        await told(life, choose)


async def unmerged(life: Life, choose: random.Random) -> None:
    each = choose.choice(sorted(await links(life.connection)) or ["nobody"])
    life.steps.append(f"unmerge {each}")
    with suppress(UnknownIdentity):
        await done(life.connection, unmerge(life.connection, each, life.by()))


async def decided(life: Life, choose: random.Random) -> None:
    """A human's decision; half of them are taken back at once, which restores every link."""
    told, identities = sorted(await links(life.connection)), await life.identities()
    if len(told) < 2:
        return
    one, two = choose.sample(told, 2)
    attempts: list[tuple[Any, ...]] = [
        (unite, choose.choice(identities), choose.choice(identities)),
        (link, one, choose.choice(identities)),
        (split, [one]),
        (unlink, one, two),
        (do_not_link, one, two),
        (allow_link, one, two),
    ]
    chosen, *arguments = choose.choice(attempts)
    before = await restorable(life)
    life.steps.append(f"{chosen.__name__} {arguments}")
    with suppress(NotPossible):
        made = await done(life.connection, chosen(life.connection, *arguments, life.by()))
        if made.decision is not None and choose.randrange(2):
            await life.next()
            life.steps.append("and undo")
            await done(life.connection, undo(life.connection, made.decision, life.by("dr-wu")))
            assert await restorable(life) == before


async def restorable(life: Life) -> set[Any]:
    """The whole link state; an identity that a decision made resolves for ever, and is no part of it."""
    return {
        *await life.rows(
            "SELECT record, person, rule, model, match_weight, actor, reason, decision, valid_from "
            "FROM mpi_link WHERE valid_to IS NULL AND recorded_to IS NULL"
        ),
        *await life.rows("SELECT low, high, actor, reason, 0 FROM mpi_do_not_link WHERE recorded_to IS NULL"),
        *await life.rows("SELECT r.record, r.merged_into FROM mpi_record r WHERE merged_into IS NOT NULL"),
    }


async def undone(life: Life, choose: random.Random) -> None:
    """Some earlier decision is taken back, if nothing later stands in its way."""
    count = await life.connection.fetchval("SELECT count(*) FROM mpi_decision")
    if not count:
        return
    first = await life.connection.fetchval("SELECT min(decision) FROM mpi_decision")
    number = first + choose.randrange(count)
    life.steps.append(f"undo {number}")
    with suppress(NotInForce):
        await done(life.connection, undo(life.connection, number, life.by()))


async def reviewed(life: Life, choose: random.Random) -> None:
    """A question is decided, skipped or escalated by one of two people."""
    waiting = await queue(life.connection, WAITING, FIRST, 10)
    if not waiting:
        return
    asked = choose.choice(waiting)
    by = life.by(choose.choice(("dr-li", "dr-wu")))
    person = choose.choice([None, *asked.persons])
    verdicts: tuple[Verdict, ...] = ("same", "different")
    verdict = choose.choice(verdicts)
    act = choose.randrange(4)
    life.steps.append(f"review {asked.review} {asked.kind} {verdict} {person} {by.actor} {act}")
    with suppress(NotDecidable, NotPossible):
        match act:
            case 0:
                await done(life.connection, skip_review(life.connection, asked.review, by))
            case 1:
                await done(life.connection, escalate_review(life.connection, asked.review, by))
            case _:
                answer = Answer(verdict, person)
                await done(life.connection, decide_review(life.connection, asked.review, answer, by))


async def another_model(life: Life, choose: random.Random) -> None:
    model = OnlineModel(link_at=choose.choice((8.0, 13.0, 40.0)))
    digest = await keep(life.connection, model, "dr-li", at(life.minutes))
    await activate(life.connection, digest, "dr-li", "tried", at(life.minutes))
    life.steps.append(f"model {model.link_at}")


async def decided_anew(life: Life, choose: random.Random) -> None:
    """The whole index: nobody is moved, and asked again at once nothing more is asked."""
    before = await links(life.connection)
    life.steps.append("relink")
    async for _ in relink(life.connection, at(life.minutes)):
        pass
    assert await links(life.connection) == before


STEPS_OF_A_LIFE: tuple[Step, ...] = (
    told, told, told, told, told, merged, unmerged, removed, decided, decided, undone, reviewed, reviewed,
    another_model, decided_anew,
)  # fmt: skip
