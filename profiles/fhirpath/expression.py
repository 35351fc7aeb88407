"""An expression, compiled once and evaluated often."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from profiles.definitions import Definitions
from profiles.fhirpath.code import Code, Truth, truth_of
from profiles.fhirpath.compiler import Compiler
from profiles.fhirpath.error import FhirPathError, failure
from profiles.fhirpath.frame import MAX_STEPS, NO_SERVICES, Frame, Services
from profiles.fhirpath.invocation import Remark, Scope
from profiles.fhirpath.node import NOTHING, Items, Node, boxed, type_of
from profiles.fhirpath.parser import parse
from profiles.fhirpath.syntax import Call, Tree, everything
from profiles.fhirpath.types import Model, Type
from profiles.fhirpath.types import model as model_of

_NO_VARIABLES: Final[Mapping[str, Any]] = {}


class Environment:
    """What many evaluations on one resource share."""

    __slots__ = ("idle", "resource", "root", "services", "steps", "variables")

    def __init__(
        self,
        resource: Any = None,
        root: Any = None,
        variables: Mapping[str, Any] = _NO_VARIABLES,
        services: Services = NO_SERVICES,
        steps: int = MAX_STEPS,
    ) -> None:
        """`resource` is %resource; `root` is %rootResource, if the resource is contained in another. `steps`
        bound one evaluation."""
        self.resource = resource
        self.root = resource if root is None else root
        self.variables = variables
        self.services = services
        self.steps = steps
        self.idle: Frame | None = None

    def frame(self, model: Model, context: Any) -> Frame:
        """The frame of the evaluation before, if it has left nothing behind; one is used at a time, for an
        evaluation may be part of another."""
        frame = self.idle
        if frame is None or frame.model is not model:
            return Frame(model, self.resource, self.root, context, self.variables, self.services, self.steps)
        self.idle = None
        frame.context = context
        frame.steps = self.steps
        return frame


class _Compiled:
    __slots__ = ("code", "remarks", "truth", "type")

    def __init__(self, tree: Tree, model: Model, type_: Type | None, *, defines: bool) -> None:
        compiler = Compiler(model, type_, [], defines)
        self.type = type_
        self.code: Code = compiler.code(tree, Scope(type_))
        self.truth: Truth = truth_of(self.code, tree.position)
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
        variables: Mapping[str, Any] = _NO_VARIABLES,
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
        items = self._guarded(compiled.code.run, context, environment)
        return list(boxed(items, compiled.code.type))

    def truth(self, context: Any, environment: Environment) -> bool | None:
        """The result as a Boolean; None if it is empty. Raises FhirPathError."""
        compiled = self._compiled or self._for(context)
        return self._guarded(compiled.truth, context, environment)  # type: ignore[no-any-return]

    def _guarded(self, run: Any, context: Any, environment: Environment) -> Any:
        if context is None:
            context = NOTHING
        frame = environment.frame(self._model, context)
        try:
            found = run(frame, context)
        except FhirPathError as error:
            raise error.at(self._tree.position) from None
        except (AttributeError, TypeError, KeyError, IndexError) as error:
            raise failure(
                f"The element does not have R4's structure ({error})", self._tree.position
            ) from error
        except RecursionError:
            raise FhirPathError("limit", "The expression or the resource is nested too deep") from None
        if not frame.known and frame.instant is None:
            frame.memory.clear()
            environment.idle = frame
        return found

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
