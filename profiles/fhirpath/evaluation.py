"""One evaluation after another on one resource.

http://hl7.org/fhirpath/N1/#environment-variables
"""

from collections.abc import Callable, Mapping
from typing import Any, Final

from profiles.fhirpath.error import FhirPathError, failure
from profiles.fhirpath.frame import MAX_STEPS, NO_SERVICES, Frame, Services
from profiles.fhirpath.node import NOTHING
from profiles.fhirpath.types import Model

NO_VARIABLES: Final[Mapping[str, Any]] = {}


class Environment:
    """What many evaluations on one resource share. `idle` is the frame of the last one, if it has left
    nothing behind; one is used at a time, for an evaluation may be part of another."""

    __slots__ = ("idle", "resource", "root", "services", "steps", "variables")

    def __init__(
        self,
        resource: Any = None,
        root: Any = None,
        variables: Mapping[str, Any] = NO_VARIABLES,
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


def evaluating(
    run: Callable[[Frame, Any], Any], model: Model, position: int
) -> Callable[[Any, Environment], Any]:
    """Of an element; FhirPathError is all that is raised."""

    def evaluate(context: Any, environment: Environment) -> Any:
        if context is None:
            context = NOTHING
        frame = environment.idle
        if frame is None or frame.model is not model:
            frame = _frame(environment, model)
        environment.idle = None
        frame.context = context
        frame.steps = environment.steps
        try:
            found = run(frame, context)
        except FhirPathError as error:
            raise error.at(position) from None
        except (AttributeError, TypeError, KeyError, IndexError) as error:
            raise failure(f"The element does not have R4's structure ({error})", position) from error
        except RecursionError:
            raise FhirPathError("limit", "The expression or the resource is nested too deep") from None
        if not frame.known and frame.instant is None:
            frame.memory.clear()
            environment.idle = frame
        return found

    return evaluate


def _frame(environment: Environment, model: Model) -> Frame:
    return Frame(
        model,
        environment.resource,
        environment.root,
        NOTHING,
        environment.variables,
        environment.services,
        environment.steps,
    )
