"""Expressions by JSON names, as the structure check has them, put into FHIRPath.

https://hl7.org/fhir/R4/fhirpath.html#polymorphism
"""

import re
from typing import Any, Final

from profiles.definitions import Definitions
from profiles.validator.steps import step

_PART: Final = re.compile(r"([^.\[\]]+)(?:\[(\d+)\])?")


def spelled(expression: str, resource: Any, definitions: Definitions) -> str:
    """`Observation.component[0].valueQuantity` → `Observation.component[0].value.ofType(Quantity)`.

    What the definitions do not have stands as it is.
    """
    first, *rest = expression.split(".")
    home, value, made = first, resource, [first]
    for part in rest:
        match = _PART.fullmatch(part)
        if match is None:
            return expression
        name, index = match[1], match[2]
        if home == "Resource":
            home = str(value.get("resourceType")) if isinstance(value, dict) else ""
        element = definitions.element(f"{home}.{name}") if home else None
        code = element.properties.get(name) if element else None
        if element is None or code is None:
            made.append(f".{part}")
            home = ""
            continue
        place = step(definitions.element(element.path) or element, name, code)
        made.append(place.text if index is None else f"{place.text}[{index}]")
        home, value = place.home, _below(value, name, index)
    return "".join(made)


def _below(value: Any, name: str, index: str | None) -> Any:
    found = value.get(name) if isinstance(value, dict) else None
    if index is not None and isinstance(found, list) and int(index) < len(found):
        return found[int(index)]
    return found
