"""Answering a question of the queue: carried out at once, or proposed to a second person.

Whoever would make one identity of two that both have several records needs a second person, who must not be
the first. Every answer is kept as labelled pairs. Functions work inside the caller's transaction.
"""

from dataclasses import dataclass
from typing import Any, Literal

import msgspec

from mpi.answered import drop_answered, standing
from mpi.correction import Correction, Decider, do_not_link, link, records_of, split, unite, unmerge
from mpi.labels import keep_labels
from mpi.review_queue import WAITING, Question, question
from mpi.rows import Connection, enterprise_ids, known, numbers, unit

Verdict = Literal["same", "different"]

SETTLE = """
UPDATE mpi_review SET state = $2, decided = $3, decided_by = $4, decision = $5::jsonb,
                      proposed_by = coalesce($6, proposed_by), proposed = coalesce($7::jsonb, proposed)
WHERE review = $1
"""

# Of the records named in the reasons, those of somebody else, or of the identity $3.
AGAINST = """
SELECT r.patient_id FROM mpi_link l
JOIN mpi_person p ON p.person = l.person
JOIN mpi_record r ON r.record = l.record
WHERE l.record = ANY($1::bigint[]) AND l.valid_to IS NULL AND l.recorded_to IS NULL
  AND l.person <> $2 AND ($3::bigint IS NULL OR l.person = $3) AND r.merged_into IS NULL
ORDER BY r.patient_id
"""


class NotDecidable(ValueError):
    """The question cannot be decided so, or not by this person."""


@dataclass(frozen=True, slots=True)
class Answer:
    """`person` is the enterprise id that the record is, or is not; needed where several are asked about."""

    verdict: Verdict
    person: str | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """The state of the question now; `correction` is None where nothing changed, or not yet."""

    state: str
    correction: Correction | None


async def decide_review(connection: Connection, review: int, answer: Answer, by: Decider) -> Outcome:
    """Answer a question. A second person who answers otherwise than the first escalates it.

    Raises UnknownReview, NotDecidable, and what the correction raises.
    """
    asked = await question(connection, review)
    _require_waiting(asked, by)
    target = await _target(connection, asked, answer)
    given = {"verdict": answer.verdict, "person": answer.person, "reason": by.reason}
    if asked.state == "proposed":
        if asked.proposed_by == by.actor:
            raise NotDecidable("another person than the one who proposed it must confirm or refuse")
        first = asked.proposed
        if first is None or not await _agrees(connection, first, answer.verdict, target):
            await _settle(connection, asked, "escalated", by, given)
            return Outcome("escalated", None)
        by = Decider(asked.proposed_by or "", first["reason"], by.instant, by.actor)
    elif answer.verdict == "same" and target is not None and await _two_needed(connection, asked, target):
        await _settle(connection, asked, "proposed", by, None, given)
        return Outcome("proposed", None)
    correction = await _carry_out(connection, asked, answer.verdict, target, by)
    await _label(connection, asked, answer.verdict, target, by)
    await _settle(connection, asked, "decided", by, given)
    await drop_answered(connection, asked.persons, by.instant)
    return Outcome("decided", correction)


async def skip_review(connection: Connection, review: int, by: Decider) -> Outcome:
    """Leave a question to others."""
    return await _put_off(connection, review, "skipped", by)


async def escalate_review(connection: Connection, review: int, by: Decider) -> Outcome:
    """Leave a question to others than oneself for good."""
    return await _put_off(connection, review, "escalated", by)


async def needs_two(connection: Connection, one: int, other: int) -> bool:
    """Whether making one identity of these persons takes two people: both have several records."""
    return all([len(await records_of(connection, person)) > 1 for person in (one, other)])


async def _put_off(connection: Connection, review: int, state: str, by: Decider) -> Outcome:
    asked = await question(connection, review)
    _require_waiting(asked, by)
    await _settle(connection, asked, state, by, {"reason": by.reason})
    return Outcome(state, None)


def _require_waiting(asked: Question, by: Decider) -> None:
    if asked.state not in WAITING:
        raise NotDecidable(f"the question is {asked.state}")
    if asked.state == "escalated" and asked.decided_by == by.actor:
        raise NotDecidable("another person than the one who escalated it must decide")


async def _target(connection: Connection, asked: Question, answer: Answer) -> int | None:
    """The other person that the answer is about; None where the question is about one only."""
    names = await enterprise_ids(connection, asked.others)
    if answer.person is not None:
        found = [person for person, name in names.items() if name == answer.person]
        if not found:
            raise NotDecidable("the question is not about that identity")
        return found[0]
    if answer.verdict == "same" and len(names) > 1:
        raise NotDecidable("several identities are asked about: say which")
    return next(iter(names)) if len(names) == 1 else None


async def _agrees(
    connection: Connection, first: dict[str, Any], verdict: Verdict, target: int | None
) -> bool:
    """Whether the second person says the same of the same identity as the first."""
    if first["verdict"] != verdict:
        return False
    named = first["person"]
    if named is None or target is None:
        return True
    return target in (await standing(connection, await numbers(connection, [named]))).values()


async def _company(connection: Connection, asked: Question) -> set[int]:
    """The records that its person has beside the record and what was merged into it."""
    return set(await records_of(connection, asked.person)) - set(await unit(connection, asked.record))


async def _two_needed(connection: Connection, asked: Question, target: int) -> bool:
    if asked.kind == "merge-conflict" or not await _company(connection, asked):
        return False
    return await needs_two(connection, asked.person, target)


async def _carry_out(
    connection: Connection, asked: Question, verdict: Verdict, target: int | None, by: Decider
) -> Correction | None:
    match asked.kind, verdict:
        case "merge-conflict", "same":
            return None
        case "merge-conflict", "different":
            return await unmerge(connection, asked.patient_id, by)
        case "inconsistent", "different":
            return await split(connection, [asked.patient_id], by)
        case "inconsistent", "same":
            return await _affirm(connection, asked, by)
        case _, "same":
            return None if target is None else await _same(connection, asked, target, by)
        case _:
            return await _apart(connection, asked, target, by)


async def _affirm(connection: Connection, asked: Question, by: Decider) -> Correction | None:
    """The record stays, now by a human's word; what was merged stays with its survivor anyway."""
    record = await known(connection, asked.patient_id)
    if record is None or record.merged_into is not None:
        return None
    return await link(connection, asked.patient_id, record.enterprise_id, by)


async def _same(connection: Connection, asked: Question, target: int, by: Decider) -> Correction:
    """The record alone moves; where it has company, the two identities become one."""
    names = await enterprise_ids(connection, (asked.person, target))
    if not await _company(connection, asked):
        return await link(connection, asked.patient_id, names[target], by)
    return await unite(connection, names[target], names[asked.person], by)


async def _apart(
    connection: Connection, asked: Question, target: int | None, by: Decider
) -> Correction | None:
    """The record is kept apart from the members that made the question."""
    named = [finding.record for finding in asked.reasons]
    last = None
    for row in await connection.fetch(AGAINST, named, asked.person, target):
        last = await do_not_link(connection, asked.patient_id, row["patient_id"], by)
    return last


async def _label(
    connection: Connection, asked: Question, verdict: Verdict, target: int | None, by: Decider
) -> None:
    """Pairs that the reasons name; of an answer about one of several identities, that one's only."""
    named = {finding.record for finding in asked.reasons} - {asked.record}
    if target is not None:
        meant = {finding.record for finding in asked.reasons if finding.person == target}
        named = named & meant if meant else named
    await keep_labels(connection, asked.record, named, verdict == "same", by, asked.review)


async def _settle(
    connection: Connection,
    asked: Question,
    state: str,
    by: Decider,
    decision: dict[str, Any] | None,
    proposed: dict[str, Any] | None = None,
) -> None:
    actor = by.second or by.actor
    is_proposal = proposed is not None
    await connection.execute(
        SETTLE,
        asked.review,
        state,
        None if is_proposal else by.instant,
        None if is_proposal else actor,
        _json(decision),
        actor if is_proposal else None,
        _json(proposed),
    )


def _json(told: dict[str, Any] | None) -> str | None:
    return None if told is None else msgspec.json.encode(told).decode()
