"""`Patient/{id}/$identity-history`: what the hub believed about an identity, and when.

| parameter | |
|---|---|
| `at` | the state at this instant of real time |
| `believed` | as the hub believed at this instant; without it, as it believes now |
| `_count` | at most so many links and decisions |
"""

from datetime import datetime
from typing import Final

from exchange.hub import Hub
from exchange.interactions.read import require_there
from exchange.interactions.request import Request, Response, instant_of
from exchange.operations.asked import ONE, Asked
from exchange.operations.given import whole_number
from exchange.operations.parts import Part, part, parts, patient, told
from exchange.store.connection import Connection
from exchange.store.fetch import fetch
from exchange.trust.scopes import IDENTITY
from mpi.history import DecisionRow, LinkRow, decisions_of, links_of, state_at

COUNT: Final = 100
MAX_COUNT: Final = 1000


async def identity_history(hub: Hub, request: Request) -> Response:
    """Links and decisions, the latest first; with `at` or `believed` that state beside them."""
    request.grant.require(IDENTITY, "r")
    asked = Asked(request, {"at": ONE, "believed": ONE, "_count": ONE})
    now = hub.clock()
    at, believed = _instant(asked, "at"), _instant(asked, "believed")
    count = asked.one("_count")
    most = COUNT if count is None else whole_number(count, 1, MAX_COUNT)
    async with hub.pool.acquire() as connection:
        (stored,) = await fetch(connection, [("Patient", request.id)])
        require_there(stored, f"Patient/{request.id}")
        links = await links_of(connection, request.id, most)
        decisions = await decisions_of(connection, request.id, most)
        state = await _state(connection, request.id, believed or now, at or now) if at or believed else []
    return told([*state, *map(_link, links), *map(_decision, decisions)])


async def _state(connection: Connection, id_: str, believed: datetime, at: datetime) -> list[Part]:
    state = await state_at(connection, id_, believed=believed, valid=at)
    listed = [each for id_ in state.patients for each in patient("patient", id_)]
    person = patient("person", state.enterprise_id)
    return [parts("state", part("at", at), part("believed", believed), person, listed)]


def _link(row: LinkRow) -> Part:
    return parts(
        "link",
        patient("patient", row.patient_id),
        patient("person", row.enterprise_id),
        part("rule", row.rule),
        part("model", row.model),
        part("weight", row.match_weight),
        part("actor", row.actor),
        part("reason", row.reason),
        part("decision", row.decision),
        part("validFrom", row.valid_from),
        part("validTo", row.valid_to),
        part("recordedFrom", row.recorded_from),
        part("recordedTo", row.recorded_to),
    )


def _decision(row: DecisionRow) -> Part:
    listed = [each for id_ in row.patients for each in patient("patient", id_)]
    return parts(
        "decision",
        part("decision", row.decision),
        part("kind", row.kind),
        part("actor", row.actor),
        part("confirmedBy", row.confirmed_by),
        part("reason", row.reason),
        part("decided", row.decided),
        patient("person", row.person),
        patient("origin", row.origin),
        listed,
        part("undoneBy", row.undone_by),
    )


def _instant(asked: Asked, name: str) -> datetime | None:
    text = asked.text(name)
    return None if text is None else instant_of(text, name)
