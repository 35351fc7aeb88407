"""Hospitals' own codes over HTTP: the work queue, proposals, decisions.

GET  CodeSystem/$local-codes       hospital, system, state, all, count, offset; sheet=csv|xlsx with target
GET  CodeSystem/$propose-mappings  system and code, or display; target, count
POST CodeSystem/$decide-codes      system, code (several), state, reason, assignee

A client of a hospital sees and decides of its own codes only.

https://hl7.org/fhir/R4/operations.html
"""

import asyncio
from collections.abc import Callable, Sequence
from typing import Final, TypeVar

from exchange.hub import Hub
from exchange.interactions.request import Request, Response
from exchange.local_codes import store
from exchange.local_codes.proposing import UnknownTarget, lines, proposed, targets_of
from exchange.local_codes.sheet import csv_of, xlsx_of
from exchange.local_codes.sighting import NOBODY, Key
from exchange.local_codes.store import Decision, LocalCode
from exchange.operations.local_code_answers import code_part, parameters, proposal_part
from exchange.operations.said import Said
from exchange.outcome import FhirError
from terminology.proposals import Proposal
from terminology.texts import Refusal

STATES: Final = ("open", "assigned", "mapped", "ignored")
MOST: Final = 1_000
MOST_IN_SHEET: Final = 100_000
SHEETS: Final = {
    "csv": (csv_of, "text/csv;charset=utf-8"),
    "xlsx": (xlsx_of, "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
}
T = TypeVar("T")


async def local_codes(hub: Hub, request: Request) -> Response:
    """The queue, most frequent codes first."""
    request.grant.require("CodeSystem", "r")
    said = Said(hub, request)
    states, within = said.texts("state") or ["open", "assigned"], said.system() or said.within
    sheet = said.text("sheet")
    if any(each not in STATES for each in states):
        raise FhirError("invalid", f"A state is one of {', '.join(STATES)}", "state")
    if sheet not in ("", *SHEETS):
        raise FhirError("invalid", "A sheet is csv or xlsx", "sheet")
    count = said.number("count", 0, 100, MOST_IN_SHEET if sheet else MOST)
    offset = said.number("offset", 0, 0, 2**31 - 1)
    async with hub.pool.acquire() as connection:
        found = await store.queue(connection, states, within, said.truth("all"), count, offset)
        numbers = await store.numbers(connection, within)
    if sheet:
        return await _sheet(hub, sheet, found, said.text("target"))
    told = [{"name": state, "valueInteger": numbers.get(state, 0)} for state in STATES]
    return parameters([*told, *({"name": "code", "part": code_part(each)} for each in found)])


async def _sheet(hub: Hub, kind: str, codes: Sequence[LocalCode], target: str) -> Response:
    make, media = SHEETS[kind]
    library = hub.terminology.library
    sheet = await asyncio.to_thread(_told, lambda: make(lines(codes, targets_of(library, target))))
    return Response(200, sheet, content_type=media)


async def propose_mappings(hub: Hub, request: Request) -> Response:
    """What a code may mean, best first."""
    request.grant.require("CodeSystem", "r")
    said = Said(hub, request)
    key, display = Key(said.system(), said.text("code")), said.text("display")
    target, count = said.needed("target"), said.number("count", 1, 10, 100)
    if not display and not (key.system and key.code):
        raise FhirError("invalid", "A code is named by system and code, or described by display", "code")
    async with hub.pool.acquire() as connection:
        known = (await store.these(connection, [key])).get(key)
    companion = known.sighting.companion if known else NOBODY
    called = display or (known.sighting.display if known else "")
    library = hub.terminology.library

    def made() -> list[Proposal]:
        return proposed(targets_of(library, target), key.code, called, companion, count)

    found = await asyncio.to_thread(_told, made)
    return parameters([{"name": "proposal", "part": proposal_part(each)} for each in found])


async def decide_codes(hub: Hub, request: Request) -> Response:
    """Who looks at codes, or why nobody need."""
    request.grant.require("ConceptMap", "u")
    said = Said(hub, request)
    decision = _decision(said, request.grant.client_id)
    said.needed("system")
    keys = sorted({Key(said.system(), code) for code in said.texts("code")})
    if not keys:
        raise FhirError("invalid", "code is missing", "code")
    async with hub.pool.acquire() as connection, connection.transaction():
        number = await store.decide(connection, keys, decision, hub.clock())
    return parameters([{"name": "decided", "valueInteger": number}])


def _decision(said: Said, actor: str) -> Decision:
    state, reason, assignee = said.needed("state"), said.text("reason"), said.text("assignee")
    if state not in ("open", "assigned", "ignored"):
        raise FhirError("invalid", "It is open, assigned or ignored; what is mapped, a map says", "state")
    if state == "ignored" and not reason:
        raise FhirError("invalid", "Why they are ignored is told in reason", "reason")
    if state == "assigned" and not assignee:
        raise FhirError("invalid", "To whom they are assigned is told in assignee", "assignee")
    return Decision(state, actor, assignee, reason)


def _told(made: Callable[[], T]) -> T:
    """What terminology refuses, as the client's error."""
    try:
        return made()
    except UnknownTarget as error:
        raise FhirError("not-found", str(error), "target") from None
    except Refusal as refusal:
        raise FhirError("rule", str(refusal), "target") from None
