"""https://hl7.org/fhir/R5/patient-operation-merge.html, in R4; and `$unmerge`, which undoes it.

| parameter | |
|---|---|
| `source-patient`, `source-patient-identifier` | who is given up |
| `target-patient`, `target-patient-identifier` | who stands for both |
| `result-patient` | what the target is to look like; of hospitals' Patients only |
| `preview` | true: only tell what would come of it |
| `reason` | why; without it, that it was asked for |

Two enterprise identities are united by who may decide identities, a second client confirming where both have
several records. Two Patients of one hospital are merged as an A40 does, by that hospital's client too.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

from exchange.corrections import corrected, refusing, show
from exchange.crossref import identities
from exchange.fhirjson import loads
from exchange.hub import Hub
from exchange.identity import KNOWN as IN_INDEX
from exchange.identity import store
from exchange.interactions.read import require_there
from exchange.interactions.request import Request, Response
from exchange.operations.asked import MANY, ONE, Asked
from exchange.operations.given import truth
from exchange.operations.identity_changes import answer
from exchange.operations.parts import Part, outcome, part, told
from exchange.outcome import FhirError
from exchange.store.connection import Connection
from exchange.store.fetch import fetch
from exchange.trust.scopes import IDENTITY
from mpi.correction import Correction, Decider, heads, standing, undo, unite, unmerge
from mpi.decisions import merge_of
from mpi.proposals import confirmed, propose
from mpi.review import needs_two

Resource = dict[str, Any]

KNOWN: Final = {
    "source-patient": ONE,
    "source-patient-identifier": MANY,
    "target-patient": ONE,
    "target-patient-identifier": MANY,
    "result-patient": ONE,
    "preview": ONE,
    "reason": ONE,
}

_UNNAMED: Final[Mapping[str, str]] = MappingProxyType({})


class _Preview(Exception):
    """Nothing is to stay of it."""

    def __init__(self, made: list[Part]) -> None:
        super().__init__()
        self.made = made


@dataclass(frozen=True, slots=True)
class Pair:
    """`hospital` is whose Patients both are; None for enterprise identities."""

    source: str
    target: str
    hospital: str | None


async def merge(hub: Hub, request: Request) -> Response:
    """One Patient is given up for another; what that means for identities follows in the same transaction."""
    asked = Asked(request, KNOWN)
    by = Decider(request.grant.client_id, asked.text("reason") or "$merge", hub.clock())
    preview = asked.one("preview")
    status = 200

    async def act(connection: Connection) -> list[Part]:
        nonlocal status
        pair = await _pair(hub, connection, asked)
        if pair.hospital is None:
            request.grant.require(IDENTITY, "u")
            made = await _united(hub, connection, pair, asked, by)
            status = 202 if made is None else 200
        else:
            made = await _merged(hub, connection, request, pair, asked)
        result = await _told(connection, pair, made)
        if preview is not None and truth(preview):
            raise _Preview(result)
        return result

    try:
        return told(_input(request) + await corrected(hub, "$merge", by, act, asked.named), status)
    except _Preview as kept:
        return told(_input(request) + kept.made)


async def unmerge_patient(hub: Hub, request: Request) -> Response:
    """The Patient stands for itself again, with the links that it had; `patient` is who was given up."""
    asked = Asked(request, {"patient": ONE, "reason": ONE})
    lost = request.path.get("id") or asked.required_patient("patient")
    by = Decider(request.grant.client_id, asked.text("reason") or "$unmerge", hub.clock())

    async def act(connection: Connection) -> Correction:
        source = await _source(connection, lost)
        if source is None:
            request.grant.require(IDENTITY, "u")
            number = await merge_of(connection, lost)
            if number is None:
                raise FhirError("rule", f"Patient/{lost} was not given up by a decision in force", "patient")
            made = await undo(connection, number, by)
            await show(hub, connection, made)
            return made
        _require_may_merge(request, source)
        return await _unmerged(hub, connection, request, lost, by)

    made = await corrected(hub, "$unmerge", by, act, asked.named)
    return told(answer(made, f"Patient/{lost} stands for itself"))


def _input(request: Request) -> list[Part]:
    return [{"name": "input", "resource": request.read_body()}] if request.body or request.resource else []


async def _united(
    hub: Hub, connection: Connection, pair: Pair, asked: Asked, by: Decider
) -> Correction | None:
    """None if a second person must confirm."""
    if asked.one("result-patient") is not None:
        raise FhirError("rule", "The hub itself writes the Patient of an identity", "result-patient")
    kept, lost = await standing(connection, pair.target), await standing(connection, pair.source)
    if kept == lost:
        raise FhirError("rule", "Both are one identity already", "source-patient")
    if await needs_two(connection, kept, lost):
        first = await confirmed(connection, kept, lost, by)
        if first is None:
            await propose(connection, kept, lost, by)
            return None
        by = first
    made = await unite(connection, pair.target, pair.source, by)
    await show(hub, connection, made)
    return made


async def _merged(hub: Hub, connection: Connection, request: Request, pair: Pair, asked: Asked) -> Correction:
    _require_may_merge(request, pair.hospital)
    source, target = await _bodies(connection, pair.source, pair.target)
    link = {"other": {"reference": f"Patient/{pair.target}"}, "type": "replaced-by"}
    lost = _with_link(source, link) | {"active": False}
    back = {"other": {"reference": f"Patient/{pair.source}"}, "type": "replaces"}
    kept = _with_link(_result(asked, pair) or target, back)
    writes = [hub.write("update", kept), hub.write("update", lost)]
    await store(hub, connection, request.grant.hospital, writes, [kept, lost], hub.clock())
    name = await connection.fetchval(_PERSON, pair.target)
    return Correction(name, (name,))


async def _unmerged(hub: Hub, connection: Connection, request: Request, lost: str, by: Decider) -> Correction:
    (body,) = await _bodies(connection, lost)
    survivor = next((_other(link) for link in body.get("link", ()) if link["type"] == "replaced-by"), None)
    made = await unmerge(connection, lost, by)
    if survivor is None and not made.affected:
        raise FhirError("rule", f"Patient/{lost} is not merged into another", "patient")
    await show(hub, connection, made)
    changed = [_without_links(body, ("replaced-by",), None) | {"active": True}]
    if survivor is not None:
        (kept,) = await _bodies(connection, survivor)
        changed.append(_without_links(kept, ("replaces",), lost))
    writes = [hub.write("update", each) for each in changed]
    await store(hub, connection, request.grant.hospital, writes, changed, hub.clock())
    return made


def _require_may_merge(request: Request, hospital: str | None) -> None:
    """Whoever may decide identities, and the hospital whose Patients they are."""
    if request.grant.hospital is not None and request.grant.hospital == hospital:
        request.grant.require("Patient", "u")
    else:
        request.grant.require(IDENTITY, "u")


async def _pair(hub: Hub, connection: Connection, asked: Asked) -> Pair:
    source = await _named(hub, connection, asked, "source-patient")
    target = await _named(hub, connection, asked, "target-patient")
    if source == target:
        raise FhirError("invalid", "A Patient cannot be merged with itself", "target-patient")
    await _bodies(connection, source, target, named=asked.named)
    sources = {row["id"]: row["source"] for row in await connection.fetch(IN_INDEX, [source, target])}
    for name, id_ in (("source-patient", source), ("target-patient", target)):
        if id_ not in sources:
            raise FhirError("rule", f"The patient index does not know Patient/{id_}", name)
    if sources[source] != sources[target]:
        raise FhirError(
            "rule", "Patients of two hospitals are linked, not merged: use $link", "source-patient"
        )
    if sources[source] is not None:
        with refusing(asked.named):
            await heads(connection, (source, target))
    return Pair(source, target, sources[source])


async def _named(hub: Hub, connection: Connection, asked: Asked, name: str) -> str:
    """By reference, by identifiers, or both, which must agree."""
    id_ = asked.patient(name)
    ids: set[str] | None = None if id_ is None else {id_}
    for each in asked.all(f"{name}-identifier"):
        told_ = each.value if isinstance(each.value, dict) else {}
        found = await identities(hub, connection, [(told_.get("system", ""), told_.get("value", ""))])
        having = {one for identity in found for one in (*identity.by, identity.id)}
        own = {one for identity in found for one in identity.by if one != identity.id}
        ids = (own or having) if ids is None else ids & having
    if ids is None:
        raise FhirError("invalid", f"{name} or {name}-identifier is required", name)
    if len(ids) != 1:
        raise FhirError("rule", f"{name} is not one Patient", name)
    return ids.pop()


async def _bodies(connection: Connection, *ids: str, named: Mapping[str, str] = _UNNAMED) -> list[Resource]:
    """`named`: where the request names each."""
    stored = await fetch(connection, [("Patient", id_) for id_ in ids])
    there = [
        require_there(each, f"Patient/{id_}", named.get(id_, ""))
        for id_, each in zip(ids, stored, strict=True)
    ]
    return [loads(each.body or b"") for each in there]


def _result(asked: Asked, pair: Pair) -> Resource | None:
    found = asked.one("result-patient")
    if found is None:
        return None
    result = found.value if isinstance(found.value, dict) else {}
    if result.get("resourceType") != "Patient" or result.get("id") != pair.target:
        raise FhirError("rule", "result-patient is the target, with its id", found.expression)
    links = [(_other(link), link.get("type")) for link in result.get("link", ())]
    if (pair.source, "replaces") not in links:
        raise FhirError(
            "rule", "result-patient replaces the source, and says so in its link", found.expression
        )
    return result


def _with_link(patient: Resource, link: Resource) -> Resource:
    others = [each for each in patient.get("link", ()) if _other(each) != _other(link)]
    return patient | {"link": [*others, link]}


def _without_links(patient: Resource, types: tuple[str, ...], other: str | None) -> Resource:
    kept = [
        each
        for each in patient.get("link", ())
        if each["type"] not in types or (other is not None and _other(each) != other)
    ]
    bare = {name: value for name, value in patient.items() if name != "link"}
    return bare | ({"link": kept} if kept else {})


def _other(link: Resource) -> str:
    reference: str = link.get("other", {}).get("reference", "")
    return reference.rpartition("/")[2]


_PERSON: Final = """
SELECT p.enterprise_id FROM mpi_record r
JOIN mpi_link l ON l.record = r.record AND l.valid_to IS NULL AND l.recorded_to IS NULL
JOIN mpi_person p ON p.person = l.person
WHERE r.patient_id = $1"""


async def _source(connection: Connection, id_: str) -> str | None:
    """The hospital of a Patient, None for an enterprise identity; raises FhirError for others."""
    rows = await connection.fetch(IN_INDEX, [id_])
    if not rows:
        await _bodies(connection, id_, named={id_: "patient"})
        raise FhirError("rule", f"The patient index does not know Patient/{id_}", "patient")
    source: str | None = rows[0]["source"]
    return source


async def _told(connection: Connection, pair: Pair, made: Correction | None) -> list[Part]:
    if made is None:
        said = "Both identities have several records: a second client must ask for the same merge"
        return [outcome("outcome", said)]
    (result,) = await _bodies(connection, pair.target)
    return [
        outcome("outcome", f"Patient/{pair.source} is replaced by Patient/{pair.target}"),
        {"name": "result", "resource": result},
        *part("decision", made.decision),
    ]
