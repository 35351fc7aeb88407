"""The world around HL7's GraphQL cases: the files of their folder, and the searches that they make.

https://github.com/FHIR/fhir-test-cases/tree/master/r4/graphql
"""

import asyncio
import json
from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

from conformance.graphql import Case
from conformance.report import Refused
from exchange.fhirjson import dumps, loads
from exchange.graphql.document import GraphQLFault, document_of
from exchange.graphql.execute import Execution
from exchange.graphql.reach import Edge, Found, Resource
from exchange.xml import loads as xml_loads
from profiles.definitions import definitions
from profiles.fhirpath import Environment, compile_expression

# What the suite's own harness answers to any search of these types.
RESULTS: Mapping[str, Sequence[tuple[str, str | None, float | None]]] = {
    "Patient": (("patient-example", None, None), ("patient-example-xds", "match", 0.5)),
    "Condition": (("condition-example", "match", None),),
}
PAGE = 50
NEXT = "77c97e03-8a6c-415f-a63d-11c80cf73f:50"


def graphql_answer(case: Case) -> Mapping[str, Any]:
    """The data of a case's query; raises Refused."""
    try:
        variables = {"var": True} if case.operation else {}
        document = document_of(case.query, case.operation, variables)
        execution = Execution(document, definitions(), _Folder(case.folder), _holds)
        if case.resource is None:
            data = asyncio.run(execution.of_system())
        else:
            data = asyncio.run(execution.of_resource(_read(case.resource)))
    except GraphQLFault as fault:
        raise Refused(str(fault)) from None
    return _plain(data)


def _holds(expression: str, value: Any, home: str) -> bool:
    return compile_expression(expression, definitions(), home).truth(value, Environment()) is True


@lru_cache(64)
def _read(path: Path) -> Resource:
    raw = path.read_bytes()
    return xml_loads(raw, definitions()) if path.suffix == ".xml" else loads(raw)


def _plain(data: Any) -> Mapping[str, Any]:
    """As any JSON reader sees it."""
    plain: Mapping[str, Any] = json.loads(dumps(data))
    return plain


class _Folder:
    """A Reach."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def read(self, type_: str, id_: str) -> Resource | None:
        path = self._folder / f"{type_.lower()}-{id_}.xml"
        return _read(path) if path.is_file() else None

    async def resolve(self, reference: str) -> Resource | None:
        type_, _, id_ = reference.partition("/")
        return await self.read(type_, id_)

    async def search(self, type_: str, parameters: Sequence[tuple[str, str]]) -> Found:
        edges = [
            Edge(_read(self._folder / f"{stem}.xml"), mode, score) for stem, mode, score in RESULTS[type_]
        ]
        return Found(edges, PAGE, PAGE, NEXT)
