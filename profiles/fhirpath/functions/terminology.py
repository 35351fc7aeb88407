"""Functions that ask a terminology. https://hl7.org/fhir/R4/fhirpath.html#functions"""

from collections.abc import Callable, Mapping
from typing import Any, Final

from profiles.definitions import Definitions
from profiles.fhirpath.code import Code, of_truth, value_of
from profiles.fhirpath.frame import Frame
from profiles.fhirpath.invocation import Function, Invocation
from profiles.fhirpath.types import BOOLEAN

# What a question to a terminology is charged for.
_STEPS: Final = 1000


def member_of(call: Invocation) -> Code:
    """By the service, or else by the value sets that the definitions enumerate; empty where neither knows."""
    value, url = value_of(call.source, call.position), call.argument_value(0)

    def truth(frame: Frame, this: Any) -> bool | None:
        found, value_set = value(frame, this), url(frame, this)
        if found is None or value_set is None:
            return None
        frame.charge(_STEPS)
        service = frame.services.member_of or _enumerated(frame.model.definitions)
        return service(found, str(value_set))

    return of_truth(truth, BOOLEAN)


def subsumes(call: Invocation) -> Code:
    return _subsumption(call, lambda one, other: (one, other))


def subsumed_by(call: Invocation) -> Code:
    return _subsumption(call, lambda one, other: (other, one))


def _subsumption(call: Invocation, order: Callable[[Any, Any], tuple[Any, Any]]) -> Code:
    """Without the service, a code subsumes itself alone."""
    value, other = value_of(call.source, call.position), call.argument_value(0)

    def truth(frame: Frame, this: Any) -> bool | None:
        one, two = value(frame, this), other(frame, this)
        if one is None or two is None:
            return None
        frame.charge(_STEPS)
        service = frame.services.subsumes
        return service(*order(one, two)) if service else (True if one == two else None)

    return of_truth(truth, BOOLEAN)


def _enumerated(definitions: Definitions) -> Callable[[Any, str], bool | None]:
    def is_member(value: Any, value_set: str) -> bool | None:
        codings = definitions.codings(value_set)
        if codings is None:
            return None
        if isinstance(value, str):
            return any(code == value for _, code in codings)
        several = value.get("coding", [value])
        return any((coding.get("system"), coding.get("code")) in codings for coding in several)

    return is_member


FUNCTIONS: Final[Mapping[str, Function]] = {
    "memberOf": Function(member_of, 1, 1),
    "subsumes": Function(subsumes, 1, 1),
    "subsumedBy": Function(subsumed_by, 1, 1),
}
