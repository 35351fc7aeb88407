"""`$closure`: a client's table of what lies below what, kept for it under a name; each client has its own.

| parameter | |
|---|---|
| `name` | alone: the table is begun, or begun again |
| `concept` | a Coding to add; what is new to the table is told |
| `version` | instead of `concept`: what was told after that version is told again |

https://hl7.org/fhir/R4/conceptmap-operation-closure.html
"""

from datetime import UTC
from typing import Final

from exchange.fhirjson import dumps
from exchange.hub import Hub
from exchange.interactions.request import Request, Response
from exchange.operations.given import given
from exchange.operations.terminology import require_right
from exchange.store.connection import Connection
from terminology import closures
from terminology.closure import Edge, added, numbered, reinitialize
from terminology.closures import Table
from terminology.options import Options
from terminology.scope import Scope
from terminology.texts import Refusal
from terminology.wire.closure import ClosureAsked, closure_asked, concept_map_of
from terminology.wire.outcome import outcome_of
from terminology.wire.parameters import require_supported
from terminology.wire.subject import refused

# Of one client; of one table.
MAX_TABLES: Final = 100
MAX_CONCEPTS: Final = 100_000


async def closure(hub: Hub, request: Request) -> Response:
    """Begins a table, adds to it, or tells again."""
    request.grant.require("ConceptMap", "r")
    said = [(each.name, each.value) for each in given(request)]
    require_right(hub, said)
    try:
        require_supported("closure", said)
        asked = closure_asked(said)
        async with hub.pool.acquire() as connection, connection.transaction():
            told, version, edges = await _told(hub, connection, request.grant.client_id, asked)
    except Refusal as refusal:
        return Response(refusal.status, dumps(outcome_of(refusal.issues)))
    now = hub.clock().astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
    return Response(200, dumps(concept_map_of(told, version, edges, hub.new_id(), now)))


async def _told(
    hub: Hub, connection: Connection, owner: str, asked: ClosureAsked
) -> tuple[str, int, list[Edge]]:
    """The title of the answer, the version of the table, and what is told of it."""
    table = await closures.table(connection, owner, asked.name)
    if not asked.concepts and asked.since is None:
        if table is None and await closures.tables_of(connection, owner) >= MAX_TABLES:
            raise refused(422, "too-costly", f"A client has at most {MAX_TABLES} closure tables", "name")
        await closures.initialize(connection, owner, asked.name)
        return f"Closure Table {asked.name} Creation", 0, []
    if table is None:
        raise refused(
            404, "not-found", f'closure "{asked.name}" is not known: begin it by its name alone', "name"
        )
    if asked.since is not None:
        if asked.since > table.version:
            raise refused(400, "invalid", f"The table is in version {table.version}", "version")
        edges = await closures.edges_since(connection, table, asked.since)
        return f"Replay for Closure Table {asked.name} from version {asked.since}", table.version, edges
    return await _more(hub, connection, table, asked)


async def _more(
    hub: Hub, connection: Connection, table: Table, asked: ClosureAsked
) -> tuple[str, int, list[Edge]]:
    """What the concepts bring; raises Refusal where the table was made by other versions of code systems."""
    known = await closures.system_versions(connection, table)
    scope = Scope(hub.terminology.library, Options())
    for url, version in known.items():
        system = scope.code_system(url)
        if system is None or system.version != version:
            raise reinitialize(asked.name)
    additions = []
    for url, (system, numbers) in numbered(scope, asked.concepts).items():
        if system.version != known.get(url, system.version):
            raise reinitialize(asked.name)
        additions.append(added(system, numbers, await closures.codes(connection, table, url)))
    if await closures.size(connection, table) + sum(len(each.codes) for each in additions) > MAX_CONCEPTS:
        raise refused(422, "too-costly", f"A closure table has at most {MAX_CONCEPTS} concepts", "concept")
    table = await closures.put(connection, table, additions)
    edges = [edge for each in additions for edge in each.edges]
    return f"Updates for Closure Table {asked.name}", table.version, edges
