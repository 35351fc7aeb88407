"""`yilian fhirpath`: an expression on a resource, one JSON line for each result."""

from pathlib import Path
from typing import Annotated, Any

import typer

from exchange.commands.refused import Refused


def fhirpath(
    expression: Annotated[str, typer.Argument(metavar="EXPRESSION", help="FHIRPath, as in name.given.")],
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A resource in JSON or XML.")],
    types: Annotated[bool, typer.Option("--types", help="Each result with its type.")] = False,
) -> None:
    """Evaluate a FHIRPath expression on the resource in a file."""
    from exchange.commands.reading import read_resource
    from exchange.fhirjson import UnreadableJson, dumps
    from exchange.xml import UnreadableXml
    from profiles.definitions import definitions
    from profiles.fhirpath import Environment, FhirPathError, compile_expression

    try:
        resource = read_resource(file)
    except (UnreadableJson, UnreadableXml) as error:
        raise Refused(f"{file}: {error}") from None
    try:
        nodes = compile_expression(expression, definitions()).nodes(resource, Environment(resource))
    except FhirPathError as error:
        raise Refused(f"{error.kind} error: {error}") from None
    for node in nodes:
        kind, value = _told(node)
        typer.echo(dumps({"type": kind, "value": value} if types else value))


def _told(node: Any) -> tuple[str, Any]:
    """The type's name and JSON's value; what JSON has no type for is told as text."""
    from profiles.fhirpath import Node
    from profiles.fhirpath.types import system_type

    if type(node) is Node:
        return f"{node.type.namespace}.{node.type.name}", _plain(node.value)
    if isinstance(node, dict):
        return f"FHIR.{node.get('resourceType')}", node
    return f"System.{system_type(node).name}", _plain(node)


def _plain(value: Any) -> Any:
    from decimal import Decimal

    return value if value is None or isinstance(value, str | bool | int | Decimal | dict) else str(value)
