"""The value of an Identifier by its system. https://hl7.org/fhir/R4/datatypes.html#Identifier"""

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from profiles.validator.context import Context
from profiles.validator.special.form import form_issue
from terminology.issue import Issue

URIS: Final = "urn:ietf:rfc:3986"
_SCHEME: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.\-]*:.")


def identifier(value: Mapping[str, Any], context: Context) -> Iterator[Issue]:
    given, system = value.get("value"), value.get("system")
    if isinstance(system, str) and ":" not in system:
        text = f"Identifier.system is an absolute URI, not {system!r}"
        yield from form_issue(context, "code-invalid", text, "identifier-system")
    if system == URIS and given is not None and not _SCHEME.match(given):
        text = (
            f"If identifier.system is {URIS!r}, the value must be a full URI with its scheme, not {given!r}"
        )
        yield from form_issue(context, "code-invalid", text, "identifier-uri")
