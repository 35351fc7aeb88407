"""Our validator as the judge of FHIR Schema's tests takes it."""

from collections.abc import Sequence
from typing import Any

from profiles.definitions import definitions
from profiles.packages.package import package_of
from profiles.validator import Validator


def fhirschema_errors(
    structures: Sequence[dict[str, Any]], resource: dict[str, Any], profile: str
) -> Sequence[str]:
    """The places of the errors that are found in a resource whose types come with it."""
    world = definitions().and_packages(package_of(structures))
    issues = Validator(world).validate(resource, [profile] if profile else [])
    return [issue.expression for issue in issues if issue.severity == "error"]
