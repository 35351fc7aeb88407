"""`$graphql`: queries over one resource, or over everything.

https://hl7.org/fhir/R4/graphql.html
"""

from functools import cache
from typing import Any, Final

from exchange.fhirjson import dumps, loads
from exchange.graphql.document import Document, GraphQLFault, document_of
from exchange.graphql.execute import Execution
from exchange.graphql.fields import Test
from exchange.graphql.hub_reach import HubReach
from exchange.hub import Hub
from exchange.interactions.read import require_there
from exchange.interactions.request import Request, Response
from exchange.outcome import FhirError, failure, operation_outcome
from profiles.fhirpath import Environment, Expression, FhirPathError, compile_expression
from terminology.issue import Issue

JSON: Final = "application/json"
GRAPHQL: Final = "application/graphql"


async def graphql(hub: Hub, request: Request) -> Response:
    """What is wrong is told as GraphQL says, with an OperationOutcome in it."""
    try:
        document = _document(request)
        execution = Execution(document, hub.definitions, HubReach(hub, request.grant), _holds_in(hub))
        if "type" in request.path:
            request.grant.require(request.type, "r")
            stored = require_there(
                await hub.reader.read(request.type, request.id), f"{request.type}/{request.id}"
            )
            data = await execution.of_resource(loads(stored.body or b""))
        else:
            data = await execution.of_system()
    except GraphQLFault as fault:
        return _refused(400, [Issue("error", "invalid", str(fault))])
    except FhirError as error:
        return _refused(error.status, failure(error).issues)
    return Response(200, dumps({"data": data}), content_type=JSON)


def _refused(status: int, issues: Any) -> Response:
    outcome = operation_outcome(issues)
    errors = [
        {"message": issue.diagnostics or issue.code, "extensions": {"resource": outcome}} for issue in issues
    ]
    return Response(status, dumps({"errors": errors}), content_type=JSON)


def _document(request: Request) -> Document:
    """The query of the URL, of a JSON envelope, or of a body that is a query."""
    if request.method != "POST":
        return document_of(_required(request.parameter("query")), request.parameter("operationName"))
    media = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media == GRAPHQL:
        try:
            return document_of(request.body.decode(), request.parameter("operationName"))
        except UnicodeDecodeError:
            raise FhirError("unreadable", "The query is not UTF-8") from None
    if media != JSON:
        raise FhirError("media-type", f"Send {JSON} or {GRAPHQL}", "Content-Type")
    envelope = loads(request.body)
    operation, variables = envelope.get("operationName"), envelope.get("variables")
    if not isinstance(operation, str | None) or not isinstance(variables, dict | None):
        raise FhirError("invalid", "operationName is a text, variables is an object", "variables")
    return document_of(_required(envelope.get("query")), operation, variables)


def _required(query: Any) -> str:
    if not isinstance(query, str) or not query.strip():
        raise FhirError("invalid", "There is no query", "query")
    return query


def _holds_in(hub: Hub) -> Test:
    @cache
    def compiled(expression: str, home: str) -> Expression:
        return compile_expression(expression, hub.definitions, home)

    def holds(expression: str, value: Any, home: str) -> bool:
        try:
            return compiled(expression, home).truth(value, Environment()) is True
        except FhirPathError as error:
            raise GraphQLFault(f"fhirpath: {error}") from None

    return holds
