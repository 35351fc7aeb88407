"""The form of Reference.reference.

https://hl7.org/fhir/R4/references.html#literal
"""

import re
from collections.abc import Collection
from typing import Any, Final

from profiles.primitives import Valid

EXPECTED: Final = "a reference: Type/id, Type?search, an absolute URL, a URN or #id"

_ID = "[A-Za-z0-9.-]{1,64}"
_id_and_version = re.compile(f"{_ID}(?:/_history/{_ID})?").fullmatch
_elsewhere = re.compile(r"#\S*|[A-Za-z][A-Za-z0-9+.-]*:\S+|([A-Za-z]+)\?\S+").fullmatch


def reference_form(resource_types: Collection[str]) -> Valid:
    """Relative references name one of these types; conditional ones are for the Bundle of a transaction."""

    def valid(value: Any) -> bool:
        if type(value) is not str:
            return False
        kind, _, rest = value.partition("/")
        if kind in resource_types:
            return _id_and_version(rest) is not None
        match = _elsewhere(value)
        return match is not None and (match[1] is None or match[1] in resource_types)

    return valid
