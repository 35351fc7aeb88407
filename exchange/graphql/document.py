"""A GraphQL document, parsed and bounded: one operation, its fragments, its variables.

https://spec.graphql.org/October2021/ · https://hl7.org/fhir/R4/graphql.html
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from graphql import (
    ArgumentNode,
    BooleanValueNode,
    EnumValueNode,
    FloatValueNode,
    FragmentDefinitionNode,
    GraphQLSyntaxError,
    IntValueNode,
    ListValueNode,
    NullValueNode,
    OperationDefinitionNode,
    OperationType,
    SelectionSetNode,
    StringValueNode,
    ValueNode,
    VariableNode,
    parse,
)

MAX_TOKENS: Final = 5000
MAX_DEPTH: Final = 25


class GraphQLFault(Exception):
    """What is wrong with a query, or with what it asks for."""


@dataclass(frozen=True, slots=True)
class Document:
    """The operation that is asked for."""

    selections: SelectionSetNode
    fragments: Mapping[str, FragmentDefinitionNode]
    variables: Mapping[str, Any]

    def arguments(self, nodes: tuple[ArgumentNode, ...]) -> dict[str, Any]:
        """Their values, with variables in place; enum words are text, as FHIR's examples write codes."""
        return {node.name.value: self.value(node.value) for node in nodes}

    def value(self, node: ValueNode) -> Any:
        match node:
            case VariableNode():
                if node.name.value not in self.variables:
                    raise GraphQLFault(f"The variable ${node.name.value[:64]} is not defined")
                return self.variables[node.name.value]
            case ListValueNode():
                return [self.value(each) for each in node.values]
            case BooleanValueNode():
                return node.value
            case NullValueNode():
                return None
            case StringValueNode() | EnumValueNode() | IntValueNode() | FloatValueNode():
                return node.value
        raise GraphQLFault("An argument is a word, a text, a number, true, false, or a list of them")


def document_of(
    source: str, operation: str | None = None, given: Mapping[str, Any] | None = None
) -> Document:
    """Raises GraphQLFault for what is no query, or too much of one."""
    try:
        parsed = parse(source, no_location=True, max_tokens=MAX_TOKENS)
    except GraphQLSyntaxError as error:
        raise GraphQLFault(error.message) from None
    except RecursionError:
        raise GraphQLFault("The query is nested too deep") from None
    fragments = {
        each.name.value: each for each in parsed.definitions if isinstance(each, FragmentDefinitionNode)
    }
    node = _operation(
        [each for each in parsed.definitions if isinstance(each, OperationDefinitionNode)], operation
    )
    if node.operation is not OperationType.QUERY:
        raise GraphQLFault("Only queries are answered")
    return Document(node.selection_set, fragments, _variables(node, given or {}))


def _operation(nodes: list[OperationDefinitionNode], name: str | None) -> OperationDefinitionNode:
    found = [node for node in nodes if name is None or (node.name and node.name.value == name)]
    if len(found) != 1:
        raise GraphQLFault("operationName must name one of the operations" if nodes else "There is no query")
    return found[0]


def _variables(node: OperationDefinitionNode, given: Mapping[str, Any]) -> dict[str, Any]:
    plain = Document(node.selection_set, {}, {})
    values: dict[str, Any] = {}
    for each in node.variable_definitions or ():
        name = each.variable.name.value
        if name in given:
            values[name] = given[name]
        elif each.default_value is not None:
            values[name] = plain.value(each.default_value)
        elif each.type.kind == "non_null_type":
            raise GraphQLFault(f"The variable ${name[:64]} has no value")
        else:
            values[name] = None
    return values
