"""The questions about identities that humans decide; a scope of its own permits looking (r) and deciding (u).

| operation | parameters |
|---|---|
| `$identity-review` | `state` (repeated), `_count`, `_cursor`: the queue, the most rewarding first |
| `$identity-explain` | `review`: the comparison field by field, with weights |
| `$identity-decide` | `review`, `verdict` (`same`, `different`), `person`, `reason` |
| `$identity-skip`, `$identity-escalate` | `review`, `reason` |

Who decides is the client of the token. What makes one identity of two that both have several records waits
for a second client.
"""

import re
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Final

from exchange.corrections import corrected, decider, refusing, show
from exchange.hub import Hub
from exchange.interactions.request import Request, Response
from exchange.operations.asked import MANY, ONE, Asked
from exchange.operations.given import whole_number
from exchange.operations.identity_changes import MOST, answer
from exchange.operations.parts import Part, outcome, part, parts, patient, told
from exchange.outcome import FhirError
from exchange.store.connection import Connection
from exchange.trust.scopes import IDENTITY
from mpi.correction import Decider
from mpi.explain import Explanation, explain
from mpi.review import Answer, Outcome, decide_review, escalate_review, skip_review
from mpi.review_queue import FIRST, STATES, Question, Queued, counts, question, queue

COUNT: Final = 20
MAX_COUNT: Final = 200
_CURSOR: Final = re.compile(r"([0-9.e+-]{1,40})_([0-9]{1,18})", re.ASCII)
_PUT_OFF: Final = {"review": ONE, "reason": ONE}


async def identity_review(hub: Hub, request: Request) -> Response:
    """A page of the queue, and how many questions are in each state."""
    request.grant.require(IDENTITY, "r")
    asked = Asked(request, {"state": MANY, "_count": ONE, "_cursor": ONE})
    count = asked.one("_count")
    most = COUNT if count is None else whole_number(count, 1, MAX_COUNT)
    async with hub.pool.acquire() as connection:
        found = await queue(connection, _states(asked), _after(asked), most + 1)
        numbers = await counts(connection)
    shown = found[:most]
    listed = [parts("count", part("state", state), part("number", n)) for state, n in numbers.items()]
    cursor = f"{shown[-1].priority!r}_{shown[-1].review}" if len(found) > most else None
    return told([*map(_queued, shown), *listed, *part("cursor", cursor)])


async def identity_explain(hub: Hub, request: Request) -> Response:
    """One question with every comparison that it is about, field by field."""
    request.grant.require(IDENTITY, "r")
    review = _review(Asked(request, {"review": ONE}))
    async with hub.pool.acquire() as connection, connection.transaction():
        with refusing():
            asked = await question(connection, review)
        found = await explain(connection, asked)
    return told([*_question(asked), *map(_explanation, found)])


async def identity_decide(hub: Hub, request: Request) -> Response:
    """Answer a question; 202 if a second person must confirm."""
    asked = Asked(request, {"review": ONE, "verdict": ONE, "person": ONE, "reason": ONE})
    by = decider(hub, request, asked.text("reason"))
    review, verdict = _review(asked), asked.required_text("verdict")
    person = asked.patient("person")
    match verdict:
        case "same" | "different":
            given = Answer(verdict, person)
        case _:
            raise FhirError("invalid", "verdict is same or different", "verdict")

    async def act(connection: Connection) -> Outcome:
        made = await decide_review(connection, review, given, by)
        await show(hub, connection, made.correction)
        return made

    return _settled(await corrected(hub, f"question {review}: {verdict}", by, act, asked.named))


async def _put_off(
    hub: Hub, request: Request, *, name: str, act: Callable[[Connection, int, Decider], Awaitable[Outcome]]
) -> Response:
    asked = Asked(request, _PUT_OFF)
    by, review = decider(hub, request, asked.text("reason")), _review(asked)
    return _settled(await corrected(hub, f"question {review}: {name}", by, lambda c: act(c, review, by)))


identity_skip = partial(_put_off, name="skip", act=skip_review)
identity_escalate = partial(_put_off, name="escalate", act=escalate_review)


def _settled(made: Outcome) -> Response:
    said = "a second person must confirm" if made.state == "proposed" else f"the question is {made.state}"
    listed = [outcome("outcome", said)] if made.correction is None else answer(made.correction, said)
    return told([*part("state", made.state), *listed], 202 if made.state == "proposed" else 200)


def _queued(row: Queued) -> Part:
    persons = [each for id_ in row.persons for each in patient("person", id_)]
    return parts(
        "question",
        part("review", row.review),
        part("kind", row.kind),
        part("state", row.state),
        part("priority", row.priority),
        part("probability", row.probability),
        part("weight", row.match_weight),
        patient("patient", row.patient_id),
        persons,
        part("proposedBy", row.proposed_by),
        part("created", row.created),
    )


def _question(asked: Question) -> list[Part]:
    proposed = asked.proposed or {}
    return [
        *part("review", asked.review),
        *part("kind", asked.kind),
        *part("state", asked.state),
        *part("priority", asked.priority),
        *part("probability", asked.probability),
        *patient("patient", asked.patient_id),
        *part("proposedBy", asked.proposed_by),
        *part("proposed", proposed.get("verdict")),
        *part("decidedBy", asked.decided_by),
        *part("created", asked.created),
    ]


def _explanation(found: Explanation) -> Part:
    steps = [
        parts(
            "step",
            part("field", step.field),
            part("level", step.level),
            part("bits", step.bits),
            part("total", step.total),
            part("patient", step.one),
            part("other", step.other),
        )
        for step in found.steps
    ]
    return parts(
        "comparison",
        patient("other", found.patient_id),
        patient("person", found.enterprise_id),
        part("weight", found.bits),
        part("probability", found.probability),
        steps,
        [each for name in found.evidence for each in part("evidence", name)],
        [each for name in found.conflicts for each in part("conflict", name)],
    )


def _review(asked: Asked) -> int:
    number = asked.one("review")
    if number is None:
        raise FhirError("invalid", "review is required", "review")
    return whole_number(number, 1, MOST)


def _states(asked: Asked) -> list[str]:
    states = [str(each.value) for each in asked.all("state")] or ["open", "proposed", "escalated"]
    for state in states:
        if state not in STATES:
            raise FhirError("invalid", f"state is one of {', '.join(STATES)}", "state")
    return states


def _after(asked: Asked) -> tuple[float, int]:
    text = asked.text("_cursor")
    if text is None:
        return FIRST
    found = _CURSOR.fullmatch(text)
    try:
        return (float(found[1]), int(found[2])) if found else _no_cursor()
    except ValueError:
        return _no_cursor()


def _no_cursor() -> tuple[float, int]:
    raise FhirError("invalid", "This cursor is not of this operation", "_cursor")
