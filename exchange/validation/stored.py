"""The definitions that a deployment has been given through REST, for its validator.

https://hl7.org/fhir/R4/conformance-module.html
"""

from typing import Any, Final, NamedTuple

from exchange.fhirjson import loads
from exchange.store.connection import Connection
from exchange.store.packing import unpack
from exchange.store.types import type_number

Resource = dict[str, Any]
TYPES: Final = (
    "StructureDefinition",
    "ValueSet",
    "CodeSystem",
    "ConceptMap",
    "Questionnaire",
    "Measure",
    "Library",
)
MOST: Final = 20_000

# What changes whenever one of the definitions does.
STATE: Final = """
SELECT count(*) AS held, coalesce(sum(version), 0)::bigint AS versions, max(updated) AS updated
FROM resource WHERE type = ANY($1::smallint[]) AND body IS NOT NULL"""

BODIES: Final = """
SELECT body FROM resource WHERE type = ANY($1::smallint[]) AND body IS NOT NULL ORDER BY rid LIMIT $2"""

_NUMBERS: Final = [type_number(name) for name in TYPES]


class State(NamedTuple):
    held: int
    versions: int
    updated: Any


async def state(connection: Connection) -> State:
    (record,) = await connection.fetch(STATE, _NUMBERS)
    return State(record["held"], record["versions"], record["updated"])


async def stored_definitions(connection: Connection) -> list[Resource]:
    """Those with a canonical URL, oldest first."""
    bodies = [record["body"] for record in await connection.fetch(BODIES, _NUMBERS, MOST)]
    return [resource for body in bodies if "url" in (resource := loads(unpack(body)))]
