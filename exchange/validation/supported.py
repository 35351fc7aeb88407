"""The must-support elements of its profiles that a resource does not have.

https://hl7.org/fhir/R4/profiling.html#mustsupport
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from profiles.validator import Validator
from terminology.issue import Issue

PARAMETER = "mustSupport"
"""Of `$validate`, beside those of the standard: whether the report is asked for."""


def unsupported(
    validator: Validator, resource: Mapping[str, Any], profiles: Sequence[str] = ()
) -> Iterator[Issue]:
    """By the profiles given and those that it claims. An element within one that is not there is not missed:
    nobody can tell."""
    kind = str(resource.get("resourceType", ""))
    meta = resource.get("meta")
    claimed = meta.get("profile", ()) if isinstance(meta, Mapping) else ()
    for canonical in dict.fromkeys((*profiles, *(one for one in claimed if isinstance(one, str)))):
        if validator.type_of(canonical) != kind:
            continue
        for element, found, owners in validator.must_support(canonical, resource):
            if owners and not found:
                text = f"{element} is must-support in {canonical}, and is not there"
                yield Issue("information", "informational", text, kind, "must-support")
