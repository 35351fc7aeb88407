"""Operations of the hub on identities. A scope of their own permits them, which no wildcard includes.

| operation | parameters beside `reason` |
|---|---|
| `$link` | `patient`, `person`: the hospital's Patient is this enterprise identity |
| `$unlink` | `patient`, `other`: these two hospitals' Patients are not one person |
| `$split` | `patient`, repeated: these are somebody else than the rest of their person |
| `$do-not-link` | `patient`, `other`: never one person, whatever they share |
| `$allow-link` | `patient`, `other`: takes that back |
| `$undo` | `decision`: takes any of these back |

https://hl7.org/fhir/R4/patient.html#linking
"""

from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from typing import Final

from exchange.corrections import corrected, decider, show
from exchange.hub import Hub
from exchange.interactions.request import Request, Response
from exchange.operations.asked import MANY, ONE, Asked
from exchange.operations.given import whole_number
from exchange.operations.parts import Part, outcome, part, patient, told
from exchange.outcome import FhirError
from exchange.store.connection import Connection
from mpi.correction import (
    Correction,
    Decider,
    allow_link,
    do_not_link,
    link,
    split,
    undo,
    unlink,
)

Correct = Callable[[Connection, Asked, Decider], Awaitable[Correction]]
MOST: Final = 2**31 - 1


async def _operation(
    hub: Hub, request: Request, *, name: str, known: Mapping[str, int], correct: Correct
) -> Response:
    asked = Asked(request, {**known, "reason": ONE})
    by = decider(hub, request, asked.text("reason"))

    async def act(connection: Connection) -> Correction:
        made = await correct(connection, asked, by)
        await show(hub, connection, made)
        return made

    return told(answer(await corrected(hub, name, by, act, asked.named), f"{name} is done"))


def answer(made: Correction, diagnostics: str) -> list[Part]:
    """The identity, everything that looks different, and the decision by which it can be undone."""
    affected = [each for id_ in made.affected for each in patient("affected", id_)]
    return [
        *patient("person", made.enterprise_id),
        *affected,
        *part("decision", made.decision),
        outcome("outcome", diagnostics),
    ]


async def _link(connection: Connection, asked: Asked, by: Decider) -> Correction:
    return await link(connection, asked.required_patient("patient"), asked.required_patient("person"), by)


async def _unlink(connection: Connection, asked: Asked, by: Decider) -> Correction:
    return await unlink(connection, asked.required_patient("patient"), asked.required_patient("other"), by)


async def _split(connection: Connection, asked: Asked, by: Decider) -> Correction:
    patients = asked.patients("patient")
    if not patients:
        raise FhirError("invalid", "patient is required", "patient")
    return await split(connection, patients, by)


async def _do_not_link(connection: Connection, asked: Asked, by: Decider) -> Correction:
    one, other = asked.required_patient("patient"), asked.required_patient("other")
    return await do_not_link(connection, one, other, by)


async def _allow_link(connection: Connection, asked: Asked, by: Decider) -> Correction:
    one, other = asked.required_patient("patient"), asked.required_patient("other")
    return await allow_link(connection, one, other, by)


async def _undo(connection: Connection, asked: Asked, by: Decider) -> Correction:
    number = asked.one("decision")
    if number is None:
        raise FhirError("invalid", "decision is required", "decision")
    return await undo(connection, whole_number(number, 1, MOST), by)


_PAIR: Final = {"patient": ONE, "other": ONE}
_LINK: Final = {"patient": ONE, "person": ONE}

identity_link = partial(_operation, name="$link", known=_LINK, correct=_link)
identity_unlink = partial(_operation, name="$unlink", known=_PAIR, correct=_unlink)
identity_split = partial(_operation, name="$split", known={"patient": MANY}, correct=_split)
identity_do_not_link = partial(_operation, name="$do-not-link", known=_PAIR, correct=_do_not_link)
identity_allow_link = partial(_operation, name="$allow-link", known=_PAIR, correct=_allow_link)
identity_undo = partial(_operation, name="$undo", known={"decision": ONE}, correct=_undo)
