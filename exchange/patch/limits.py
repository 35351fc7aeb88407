"""What a patch document may cost: a few bytes can ask for much.

https://hl7.org/fhir/R4/http.html#patch
"""

from typing import Any, Final

from exchange.outcome import FhirError

MAX_OPERATIONS: Final = 1000
# Characters that all operations together may add: a `copy` of the whole doubles it each time. A value or a
# container counts as so many.
MAX_GROWTH: Final = 32_000_000
EACH: Final = 256
# Elements that all operations together may look at.
MAX_LOOKS: Final = 5_000_000


class Growth:
    """What operations may still add."""

    def __init__(self) -> None:
        self._left = MAX_GROWTH

    def copied(self, value: Any) -> Any:
        """The value with containers of its own; raises 413 once there is too much."""
        self._left -= EACH + (len(value) if type(value) is str else 0)
        if self._left < 0:
            raise FhirError("too-large", "The patch makes more of the resource than the hub takes")
        if type(value) is dict:
            return {name: self.copied(child) for name, child in value.items()}
        return [self.copied(child) for child in value] if type(value) is list else value


def copied(value: Any) -> Any:
    """The value with containers of its own, so that an operation changes only this place."""
    if type(value) is dict:
        return {name: copied(child) for name, child in value.items()}
    return [copied(child) for child in value] if type(value) is list else value


def require_few(operations: int) -> None:
    """Raises 413 for too many operations."""
    if operations > MAX_OPERATIONS:
        raise FhirError("too-large", f"A patch has at most {MAX_OPERATIONS} operations")
