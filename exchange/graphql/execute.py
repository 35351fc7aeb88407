"""Answer a query from a resource, or from the whole system: selection by selection, in the query's order.

https://hl7.org/fhir/R4/graphql.html
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from graphql import FieldNode, FragmentSpreadNode, InlineFragmentNode, NamedTypeNode, SelectionSetNode

from exchange.graphql.document import MAX_DEPTH, Document, GraphQLFault
from exchange.graphql.fields import Definitions, Test, field_of, filtered
from exchange.graphql.output import Output
from exchange.graphql.reach import Edge, Found, Reach, Resource

# Resources that one query may look at.
MAX_READS: Final = 2000
MAX_STEPS: Final = 100_000
LIST, CONNECTION = "List", "Connection"


@dataclass(frozen=True, slots=True)
class At:
    """Where a selection is: a value, the type it is looked up by, and the resource around it. `flat`: inside
    of what is flattened; `suffix` ends the names then."""

    value: Mapping[str, Any]
    home: str
    resource: Resource | None
    depth: int = 0
    flat: bool = False
    suffix: str = ""


@dataclass(slots=True)
class Execution:
    """One query under way."""

    document: Document
    r4: Definitions
    reach: Reach
    holds: Test
    reads: int = 0
    steps: int = 0

    async def of_resource(self, resource: Resource) -> dict[str, Any]:
        """What the query selects of a resource."""
        output = Output()
        await self._select(output, At(resource, resource["resourceType"], resource), self.document.selections)
        return output.values

    async def of_system(self) -> dict[str, Any]:
        """What it selects of everything: reads and searches."""
        output = Output()
        await self._select(output, At({}, "", None), self.document.selections)
        return output.values

    async def _select(self, output: Output, at: At, selections: SelectionSetNode | None) -> None:
        if selections is None:
            raise GraphQLFault(f"A field of type {at.home} needs a selection")
        if at.depth > MAX_DEPTH:
            raise GraphQLFault(f"The query is nested more than {MAX_DEPTH} levels deep")
        for node in selections.selections:
            self.steps += 1
            if self.steps > MAX_STEPS:
                raise GraphQLFault("The query asks for too much")
            if not self._is_wanted(node):
                continue
            if isinstance(node, FieldNode):
                await self._field(output, at, node)
            else:
                await self._fragment(output, at, node)

    def _is_wanted(self, node: Any) -> bool:
        """`@skip` and `@include`."""
        for name, arguments in self._directives(node).items():
            if name in ("skip", "include"):
                condition = arguments.get("if")
                if type(condition) is not bool:
                    raise GraphQLFault(f"@{name} has an argument `if`, true or false")
                if condition == (name == "skip"):
                    return False
        return True

    def _directives(self, node: Any) -> dict[str, dict[str, Any]]:
        listed = node.directives or ()
        return {each.name.value: self.document.arguments(each.arguments or ()) for each in listed}

    async def _fragment(self, output: Output, at: At, node: Any) -> None:
        if isinstance(node, FragmentSpreadNode):
            fragment = self.document.fragments.get(node.name.value)
            if fragment is None:
                raise GraphQLFault(f"There is no fragment {node.name.value[:64]}")
            condition: NamedTypeNode | None = fragment.type_condition
            selections = fragment.selection_set
        else:
            assert isinstance(node, InlineFragmentNode)
            condition, selections = node.type_condition, node.selection_set
        if condition is None or condition.name.value in (at.home, "Resource", "DomainResource", "Element"):
            await self._select(output, _deeper(at), selections)

    async def _field(self, output: Output, at: At, node: FieldNode) -> None:
        name, key = node.name.value, node.alias.value if node.alias else node.name.value
        arguments = self.document.arguments(node.arguments or ())
        directives = self._directives(node)
        if name in ("resourceType", "__typename"):
            output.add(key + at.suffix, at.value.get("resourceType", at.home), listed=False)
        elif name == "resource" and at.home == "Reference":
            found = await self._resolved(at, arguments)
            await self._put(output, at, node, key, [found] if found else [], listed=False)
        elif at.home in ("", *self.r4.resource_types) and await self._reached(
            output, at, node, key, arguments
        ):
            return
        elif not at.home:
            raise GraphQLFault(f"There is no field {name[:64]}: ask for Type(id), TypeList or TypeConnection")
        else:
            found_field = field_of(self.r4, at.home, at.value, name)
            values = filtered(found_field, arguments, self.holds)
            if "first" in directives:
                values = values[:1]
            if found_field.home:
                listed = found_field.is_list
                await self._put(output, at, node, key, values, home=found_field.home, listed=listed)
            else:
                self._put_primitives(output, at, node, key, values, listed=found_field.is_list)

    def _put_primitives(
        self, output: Output, at: At, node: FieldNode, key: str, values: Sequence[Any], *, listed: bool
    ) -> None:
        if node.selection_set is not None:
            raise GraphQLFault(f"{node.name.value} has no fields")
        single = "singleton" in self._directives(node)
        for value in values:
            if single:
                output.add_single(key + at.suffix, value)
            else:
                output.add(key + at.suffix, value, listed=listed or at.flat)

    async def _put(
        self,
        output: Output,
        at: At,
        node: FieldNode,
        key: str,
        values: Sequence[Any],
        *,
        home: str = "",
        listed: bool,
    ) -> None:
        """Objects: each with what is selected of it, or flattened into what is around them."""
        directives = self._directives(node)
        for number, value in enumerate(values):
            inside = _inside(at, value, home)
            if "flatten" in directives:
                suffix = at.suffix + self._slice(directives, value, inside.home, number)
                flat = At(value, inside.home, inside.resource, inside.depth, True, suffix)
                await self._select(output, flat, node.selection_set)
                continue
            made = Output()
            await self._select(made, inside, node.selection_set)
            if not made.values:
                continue
            if "singleton" in directives:
                output.add_single(key + at.suffix, made.values)
            else:
                output.add(key + at.suffix, made.values, listed=listed or at.flat)

    def _slice(self, directives: Mapping[str, Mapping[str, Any]], value: Any, home: str, number: int) -> str:
        """What `@slice` ends the names with: the value of a member, or the place in the list."""
        if "slice" not in directives:
            return ""
        path = directives["slice"].get("path") or directives["slice"].get("fhirpath")
        if path == "$index":
            return f".{number}"
        name = value.get(path) if isinstance(path, str) else None
        if not isinstance(name, str):
            raise GraphQLFault("@slice has a path to a member that every value has once, or $index")
        return f".{name}"

    async def _resolved(self, at: At, arguments: Mapping[str, Any]) -> Resource | None:
        """What a Reference names; raises GraphQLFault if it is not there, unless that is allowed."""
        unknown = set(arguments) - {"optional", "type"}
        if unknown:
            raise GraphQLFault(f"resource has no argument {min(unknown)[:64]}")
        reference = at.value.get("reference")
        found = None
        if isinstance(reference, str):
            found = await self._at(reference, at.resource)
        if found is None:
            if arguments.get("optional") is True:
                return None
            raise GraphQLFault("A reference names no resource here")
        return found if arguments.get("type") in (None, found["resourceType"]) else None

    async def _at(self, reference: str, resource: Resource | None) -> Resource | None:
        if reference.startswith("#"):
            held = (resource or {}).get("contained", ())
            return next((each for each in held if each.get("id") == reference[1:]), None)
        self._count(1)
        return await self.reach.resolve(reference)

    async def _reached(
        self, output: Output, at: At, node: FieldNode, key: str, arguments: dict[str, Any]
    ) -> bool:
        """`Patient(id: …)`, `PatientList(…)` and `PatientConnection(…)`; whether it was one of these."""
        name = node.name.value
        for ending in (LIST, CONNECTION):
            type_ = name.removesuffix(ending)
            if type_ != name and type_ in self.r4.resource_types:
                found = await self._searched(at, type_, arguments)
                if ending == LIST:
                    await self._put(
                        output, at, node, key, [each.resource for each in found.edges], listed=True
                    )
                else:
                    made = Output()
                    await self._connection(made, at, found, node.selection_set)
                    output.add(key, made.values, listed=False)
                return True
        if name not in self.r4.resource_types or at.home:
            return False
        id_ = arguments.get("id", arguments.get("_id"))
        if not isinstance(id_, str) or len(arguments) != 1:
            raise GraphQLFault(f"{name} has one argument, id")
        self._count(1)
        resource = await self.reach.read(name, id_)
        if resource is None:
            raise GraphQLFault(f"There is no {name} of this id")
        await self._put(output, at, node, key, [resource], listed=False)
        return True

    async def _searched(self, at: At, type_: str, arguments: Mapping[str, Any]) -> Found:
        """`_reference` names the parameter by which the results refer to the resource around. A parameter's
        hyphens are underscores here."""
        parameters = []
        for name, value in arguments.items():
            if name == "_reference":
                if at.resource is None:
                    raise GraphQLFault("_reference is for searches inside of a resource")
                target = f"{at.resource['resourceType']}/{at.resource['id']}"
                parameters.append((str(value), target))
            else:
                for each in value if isinstance(value, list) else [value]:
                    parameters.append((name[0] + name[1:].replace("_", "-"), _word(each)))
        found = await self.reach.search(type_, parameters)
        self._count(len(found.edges))
        return found

    async def _connection(
        self, output: Output, at: At, found: Found, selections: SelectionSetNode | None
    ) -> None:
        if selections is None:
            raise GraphQLFault("A connection needs a selection")
        known = {"count": found.total, "offset": 0, "pagesize": found.count, "next": found.next}
        for node in selections.selections:
            if not isinstance(node, FieldNode) or not self._is_wanted(node):
                continue
            name = node.name.value
            if name == "edges":
                for edge in found.edges:
                    made = Output()
                    await self._edge(made, at, edge, node.selection_set)
                    output.add(name, made.values, listed=True)
            elif name not in (*known, "first", "previous", "last"):
                raise GraphQLFault(f"A connection has no field {name[:64]}")
            elif known.get(name) is not None:
                output.add(name, known[name], listed=False)

    async def _edge(self, output: Output, at: At, edge: Edge, selections: SelectionSetNode | None) -> None:
        known = {"mode": edge.mode, "score": edge.score}
        for node in selections.selections if selections else ():
            if not isinstance(node, FieldNode) or not self._is_wanted(node):
                continue
            name = node.name.value
            if name == "resource":
                await self._put(output, at, node, name, [edge.resource], listed=False)
            elif name not in known:
                raise GraphQLFault(f"An edge has no field {name[:64]}")
            elif known[name] is not None:
                output.add(name, known[name], listed=False)

    def _count(self, reads: int) -> None:
        self.reads += reads
        if self.reads > MAX_READS:
            raise GraphQLFault(f"The query reads more than {MAX_READS} resources")


def _inside(at: At, value: Any, home: str) -> At:
    if isinstance(value, dict) and "resourceType" in value:
        return At(value, value["resourceType"], value, at.depth + 1)
    return At(value, home, at.resource, at.depth + 1)


def _deeper(at: At) -> At:
    return At(at.value, at.home, at.resource, at.depth + 1, at.flat, at.suffix)


def _word(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)
