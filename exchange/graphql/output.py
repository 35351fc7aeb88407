"""What a selection gives: named values, each one or a list.

https://hl7.org/fhir/R4/graphql.html#directives
"""

from dataclasses import dataclass, field
from typing import Any

from exchange.graphql.document import GraphQLFault


@dataclass(slots=True)
class Output:
    """An object that is being made."""

    values: dict[str, Any] = field(default_factory=dict)

    def add(self, name: str, value: Any, *, listed: bool) -> None:
        """A listed value joins those of its name; another that comes again makes them a list."""
        if listed:
            there = self.values.setdefault(name, [])
            if not isinstance(there, list):
                self.values[name] = there = [there]
            there.append(value)
        elif name in self.values:
            self.add(name, value, listed=True)
        else:
            self.values[name] = value

    def add_single(self, name: str, value: Any) -> None:
        """`@singleton`: raises GraphQLFault if there is one already."""
        if name in self.values:
            raise GraphQLFault(f"@singleton: {name} has several values")
        self.values[name] = value
