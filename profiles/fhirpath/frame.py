"""What an evaluation has at hand, and how much of it there may be."""

import datetime
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from profiles.fhirpath.error import FhirPathError
from profiles.fhirpath.node import Items
from profiles.fhirpath.types import Model

MAX_STEPS: Final = 3_000_000
MAX_TEXT: Final = 1024 * 1024


def _now() -> datetime.datetime:
    return datetime.datetime.now().astimezone()


@dataclass(frozen=True, slots=True)
class Services:
    """What expressions ask of the world. https://hl7.org/fhir/R4/fhirpath.html#functions

    resolve      a reference's or canonical's text → the resource, or None
    member_of    a code, Coding or CodeableConcept, and a value set → whether it is a member; None: unknown
    subsumes     two codes or Codings → whether the first subsumes the second; None: unknown
    conforms_to  a resource or element, and a profile → whether it is valid; None: the profile is unknown
    element_definition  the path of an element in its type → its ElementDefinition, or None
    slice        items, a profile and the name of a slice → those in the slice
    trace        a name and the values that `trace` was given
    now          the time that now(), today() and timeOfDay() answer with
    """

    resolve: Callable[[str], Mapping[str, Any] | None] | None = None
    member_of: Callable[[Any, str], bool | None] | None = None
    subsumes: Callable[[Any, Any], bool | None] | None = None
    conforms_to: Callable[[Any, str], bool | None] | None = None
    slice: Callable[[Items, str, str], Items] | None = None
    trace: Callable[[str, Items], None] | None = None
    now: Callable[[], datetime.datetime] = _now


NO_SERVICES: Final = Services()


class Frame:
    """One evaluation. `steps` are left: about one for each part of the expression that is evaluated again."""

    __slots__ = (
        "context",
        "index",
        "instant",
        "known",
        "memory",
        "model",
        "resource",
        "root",
        "services",
        "steps",
        "total",
        "variables",
    )

    def __init__(
        self,
        model: Model,
        resource: Any,
        root: Any,
        context: Any,
        variables: Mapping[str, Any],
        services: Services,
        steps: int,
    ) -> None:
        self.model = model
        self.resource = resource
        self.root = root
        self.context = context
        self.variables = variables
        self.services = services
        self.steps = steps
        self.index = 0
        self.total: Items = []
        self.known: Mapping[str, Items] = {}
        self.memory: dict[Any, Any] = {}
        self.instant: datetime.datetime | None = None

    def charge(self, steps: int) -> None:
        """Raises FhirPathError if the evaluation has taken too many."""
        self.steps -= steps
        if self.steps < 0:
            raise FhirPathError("limit", "The evaluation takes too many steps")

    def now(self) -> datetime.datetime:
        """The same throughout the evaluation."""
        if self.instant is None:
            self.instant = self.services.now()
        return self.instant


def limited(text: str) -> str:
    """Raises FhirPathError if the text has grown too long."""
    if len(text) > MAX_TEXT:
        raise FhirPathError("limit", f"A text has more than {MAX_TEXT} characters")
    return text
