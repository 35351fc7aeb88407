"""What a function is compiled from, and what its parts may know of each other."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from profiles.fhirpath.code import Code, Value, truth_of, value_of
from profiles.fhirpath.error import FhirPathError
from profiles.fhirpath.syntax import Call, Name, Path, Special, Tree, TypeName, everything
from profiles.fhirpath.types import Type

if TYPE_CHECKING:
    from profiles.fhirpath.compiler import Compiler


class Remark(NamedTuple):
    """Something doubtful that is evaluated all the same."""

    message: str
    position: int


class Scope(NamedTuple):
    """The type of `$this`; None if only the value tells it. `is_repeated`: for each of many items."""

    type: Type | None
    is_repeated: bool = False


@dataclass(frozen=True, slots=True)
class Invocation:
    """A call of a function. `source` is what stands before the point, or `$this` if nothing does; `before` is
    its tree, if there is one."""

    compiler: "Compiler"
    call: Call
    scope: Scope
    source: Code
    before: Tree | None = None

    @property
    def explicit(self) -> bool:
        return self.before is not None

    @property
    def position(self) -> int:
        return self.call.position

    @property
    def count(self) -> int:
        return len(self.call.arguments)

    def argument(self, at: int) -> Code:
        """Evaluated once, with the `$this` around the call."""
        return self.compiler.body(self.call.arguments[at], self.scope)

    def argument_value(self, at: int) -> Value:
        return value_of(self.argument(at), self.call.arguments[at].position)

    def body(self, at: int, type_: Type | None) -> Code:
        """Evaluated with each item as `$this`."""
        return self.compiler.body(self.call.arguments[at], Scope(type_, is_repeated=True))

    def criterion(self, at: int) -> Callable[..., bool | None]:
        return truth_of(self.body(at, self.source.type), self.call.arguments[at].position)

    def steps(self, at: int) -> int:
        """How many steps one evaluation of the argument is charged for."""
        return len(everything(self.call.arguments[at]))

    def counts(self, at: int) -> bool:
        """Whether the argument asks for `$index`."""
        return any(
            isinstance(tree, Special) and tree.name == "$index"
            for tree in everything(self.call.arguments[at])
        )

    def type_name(self, at: int) -> TypeName:
        """An argument that is a type specifier."""
        return type_name(self.call.arguments[at])

    def check_order(self) -> None:
        if not self.source.is_ordered:
            self.compiler.remark(
                f"The order of the items of {self.call.name}() is not defined", self.position
            )


class Function(NamedTuple):
    """`compile`, and the least and most number of arguments."""

    compile: Callable[[Invocation], Code]
    least: int = 0
    most: int = 0


def type_name(tree: Tree) -> TypeName:
    match tree:
        case Name(name, position):
            return TypeName(None, name, position)
        case Path(Name(namespace, position), Name(name, _), _):
            return TypeName(namespace, name, position)
    raise FhirPathError("semantic", "The name of a type is expected here", tree.position)
