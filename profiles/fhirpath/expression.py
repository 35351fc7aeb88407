"""An expression, compiled once and evaluated often."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from profiles.definitions import Definitions
from profiles.fhirpath.code import truth_of
from profiles.fhirpath.compiler import Compiler
from profiles.fhirpath.error import FhirPathError
from profiles.fhirpath.evaluation import NO_VARIABLES, Environment, evaluating
from profiles.fhirpath.frame import MAX_STEPS, NO_SERVICES, Services
from profiles.fhirpath.invocation import Remark, Scope
from profiles.fhirpath.node import Items, Node, boxed, type_of
from profiles.fhirpath.parser import parse
from profiles.fhirpath.syntax import Call, Tree, everything
from profiles.fhirpath.types import Model, Type
from profiles.fhirpath.types import model as model_of

Truth = Callable[[Any, Environment], bool | None]


class _Compiled:
    """`type` is that of the items."""

    __slots__ = ("remarks", "run", "truth", "type")

    def __init__(self, tree: Tree, model: Model, type_: Type | None, *, defines: bool) -> None:
        compiler = Compiler(model, type_, [], defines)
        code = compiler.code(tree, Scope(type_))
        self.type = code.type
        self.run: Callable[[Any, Environment], Items] = evaluating(code.run, model, tree.position)
        self.truth: Truth = evaluating(truth_of(code, tree.position), model, tree.position)
        self.remarks = tuple(compiler.remarks)


class Expression:
    """`text` compiled for elements of one type; without a type, for each type when it is first met."""

    def __init__(self, text: str, model: Model, path: str | None) -> None:
        self.text = text
        self._model = model
        self._tree = parse(text)
        self._defines = _defines_variables(text, self._tree)
        self._by_type: dict[Type | None, _Compiled] = {}
        self._compiled: _Compiled | None = None
        if path is not None:
            try:
                self._compiled = _Compiled(self._tree, model, model.at(path), defines=self._defines)
            except KeyError:
                raise FhirPathError("semantic", f"There is no {path}") from None

    @property
    def of_type(self) -> Truth:
        """`truth` of an expression that is compiled for a type."""
        assert self._compiled is not None
        return self._compiled.truth

    @property
    def remarks(self) -> Sequence[Remark]:
        """What a strict reader would refuse; of an expression without a type, in the types met so far."""
        compiled = [self._compiled] if self._compiled else self._by_type.values()
        return [remark for one in compiled for remark in one.remarks]

    def evaluate(
        self,
        resource: Any,
        *,
        context: Any = None,
        root: Any = None,
        variables: Mapping[str, Any] = NO_VARIABLES,
        services: Services = NO_SERVICES,
        steps: int = MAX_STEPS,
    ) -> Items:
        """The values: JSON's for elements, None for a primitive with extensions alone; otherwise bool, str,
        int, Decimal, Temporal or Quantity.

        `context`, the element to begin with, is the resource itself unless it is given: JSON's value, or a
        Node for a primitive with extensions. Raises FhirPathError.
        """
        environment = Environment(resource, root, variables, services, steps)
        nodes = self.nodes(resource if context is None else context, environment)
        return [node.value if type(node) is Node else node for node in nodes]

    def nodes(self, context: Any, environment: Environment) -> Items:
        """The items with their types: Nodes, resources and System values."""
        compiled = self._compiled or self._for(context)
        return list(boxed(compiled.run(context, environment), compiled.type))

    def truth(self, context: Any, environment: Environment) -> bool | None:
        """The result as a Boolean; None if it is empty. Raises FhirPathError."""
        compiled = self._compiled or self._for(context)
        return compiled.truth(context, environment)

    def _for(self, context: Any) -> _Compiled:
        """Compiled for the type that the context has."""
        type_ = type_of(context, None, self._model) if context is not None else None
        if type_ not in self._by_type:
            self._by_type[type_] = _Compiled(self._tree, self._model, type_, defines=self._defines)
        return self._by_type[type_]


def _defines_variables(text: str, tree: Tree) -> bool:
    """Seldom, and then the text says so, or escapes letters of the name."""
    return ("defineVariable" in text or "\\" in text) and any(
        isinstance(one, Call) and one.name == "defineVariable" for one in everything(tree)
    )


def compile_expression(text: str, definitions: Definitions, type: str | None = None) -> Expression:
    """`type` is the path of the elements that it will be evaluated on (`Patient`, `Patient.contact`,
    `Observation.value[x]`); what it is not, the expression cannot tell of. Raises FhirPathError."""
    return Expression(text, model_of(definitions), type)
