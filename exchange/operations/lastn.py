"""`Observation/$lastn`: the latest observations of each kind.

https://hl7.org/fhir/R4/observation-operation-lastn.html
"""

from collections import defaultdict
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from exchange.fhirjson import loads
from exchange.hub import Hub
from exchange.interactions.form import form_of
from exchange.interactions.request import Request, Response
from exchange.interactions.search_type import permitted, searchset
from exchange.operations.given import given, whole_number
from exchange.outcome import FhirError
from exchange.search.codes.code_sets import resolved
from exchange.search.page.execute import Page
from exchange.search.query.parse import parse
from exchange.search.statement.latest import compile_latest
from exchange.store.packing import unpack

MOST: Final = 100
SUBJECTS: Final = frozenset(("patient", "subject"))
REFUSED: Final = frozenset(("_sort", "_count", "_cursor", "_total", "_include", "_revinclude"))


@dataclass(frozen=True, slots=True)
class Match:
    """`kinds` are the codes it is said by, or its text."""

    rid: int
    body: bytes
    kinds: tuple[Hashable, ...]


async def lastn(hub: Hub, request: Request) -> Response:
    """Of one patient or subject, after any search parameters of Observation; `max` of each code, 1 if it is
    not given. Two codes that one observation is said by are one kind."""
    request.grant.require("Observation", "s")
    of_type = replace(request, path={"type": "Observation"})
    parameters, most = _asked(of_type)
    query = permitted(request.grant, parse(hub.search, "Observation", parameters))
    async with hub.pool.acquire() as connection:
        sql, arguments = compile_latest(await resolved(connection, query), most)
        records = await connection.fetch(sql, *arguments)
    matches, together = _matches(records)
    bodies = [match.body for match in latest(matches, most, together)]
    page = Page(bodies, [], None, len(bodies))
    form = form_of(parameters, hub.definitions)
    return Response(200, searchset(of_type, query, page, form, "Observation/$lastn"))


def latest(matches: Sequence[Match], most: int, together: Iterable[tuple[Hashable, ...]] = ()) -> list[Match]:
    """The first `most` of each kind, in the order of the matches, which come latest first. `together` are
    codes that are one kind, whoever says so."""
    kind_of = _joined([*(match.kinds for match in matches), *together])
    seen: dict[Hashable, int] = defaultdict(int)
    kept = []
    for match in matches:
        kind = kind_of[match.kinds[0]]
        seen[kind] += 1
        if seen[kind] <= most:
            kept.append(match)
    return kept


def _joined(groups: Iterable[tuple[Hashable, ...]]) -> dict[Hashable, Hashable]:
    """For each code the one that stands for all that go together with it."""
    above: dict[Hashable, Hashable] = {}

    def top(code: Hashable) -> Hashable:
        while above.setdefault(code, code) != code:
            code = above[code]
        return code

    for first, *others in groups:
        for other in others:
            above[top(other)] = top(first)
        top(first)
    return {code: top(code) for code in above}


def _matches(records: Sequence[Any]) -> tuple[list[Match], list[tuple[Hashable, ...]]]:
    """Those found, latest first, and the codes that go together."""
    found = [record for record in records if record["rid"] is not None]
    found.sort(key=lambda record: (record["ts"] is not None, record["ts"], record["rid"]), reverse=True)
    made = []
    for record in found:
        body = unpack(record["body"])
        made.append(Match(record["rid"], body, tuple(record["codes"]) or (_text(body),)))
    return made, [tuple(record["codes"]) for record in records if record["rid"] is None]


def _text(body: bytes) -> Hashable:
    code = loads(body).get("code", {})
    return "text", code.get("text", "")


def _asked(request: Request) -> tuple[tuple[tuple[str, str], ...], int]:
    most = 1
    parameters: list[tuple[str, str]] = []
    for each in given(request):
        if each.name == "max":
            most = whole_number(each, 1, MOST)
        elif each.name in REFUSED or not isinstance(each.value, str):
            raise FhirError("invalid", "$lastn does not support this parameter", each.name[:64])
        else:
            parameters.append((each.name, each.value))
    if not any(name.partition(":")[0].partition(".")[0] in SUBJECTS for name, _ in parameters):
        raise FhirError("invalid", "$lastn is about one patient or subject", "patient")
    return tuple(parameters), most
