"""minValue[x] and maxValue[x].

https://hl7.org/fhir/R4/elementdefinition-definitions.html#ElementDefinition.minValue_x_
"""

import datetime
from collections.abc import Callable, Mapping
from typing import Any, Final

from profiles.fhirpath import FhirPathError, arithmetic, equality, quantity, temporal
from profiles.fhirpath.temporal import Temporal
from profiles.validator.at import At
from profiles.validator.profile_tree import Node
from profiles.validator.run import Run
from profiles.validator.values import plain, text_of

Check = Callable[[Any, At, Run], None]
_TEMPORAL: Final[Mapping[str, Callable[[str], Temporal | None]]] = {
    "date": temporal.date,
    "dateTime": temporal.date_time,
    "instant": temporal.date_time,
    "time": temporal.time,
}


def limit_checks(node: Node, type_code: str, profile: str) -> list[Check]:
    limits = ((node.value_of("minValue"), 1), (node.value_of("maxValue"), -1))
    return [_limited(limit, sign, type_code, profile) for limit, sign in limits if limit is not None]


def _limited(limit: Any, sign: int, type_code: str, profile: str) -> Check:
    """`sign` is 1 for the least value, -1 for the greatest."""
    side = "least" if sign > 0 else "greatest"

    def check(value: Any, at: At, run: Run) -> None:
        found = compared(plain(value), limit, type_code, sign)
        if found is not None and found * sign < 0:
            text = (
                f"The value is {text_of(plain(value))}; the {side} that {profile} allows is {text_of(limit)}"
            )
            code = "invalid" if isinstance(value, Mapping) else "value"
            run.report("error", code, text, at, f"{side}-value")

    return check


def compared(value: Any, limit: Any, type_code: str, sign: int = 1) -> int | None:
    """-1, 0 or 1 for less, equal or greater; None if the two cannot be compared.

    A Quantity as the limit of a date is so long ago at the least, and so long from now at the most.
    """
    left: Any = value
    right: Any = limit
    if type_code in _TEMPORAL and isinstance(value, str):
        read = _TEMPORAL[type_code]
        left = read(value)
        right = _from_now(limit, sign, read, type_code) if isinstance(limit, Mapping) else read(str(limit))
    elif isinstance(limit, Mapping):
        left = quantity.from_fhir(value) if isinstance(value, Mapping) else None
        right = quantity.from_fhir(limit)
    try:
        return None if left is None or right is None else equality.compare(left, right)
    except FhirPathError:
        return None


def _from_now(
    limit: Mapping[str, Any], sign: int, read: Callable[[str], Temporal | None], type_code: str
) -> Any:
    now = datetime.datetime.now().astimezone()
    start = read(now.date().isoformat() if type_code == "date" else now.isoformat(timespec="seconds"))
    length = quantity.from_fhir(limit)
    return None if length is None or start is None else _moved(start, length, sign)


def _moved(start: Temporal, length: Any, sign: int) -> Any:
    return arithmetic.subtract(start, length) if sign > 0 else arithmetic.add(start, length)
