"""A validator with the rules of single types, and resources beside it."""

from functools import cache
from typing import Any

from profiles.definitions import definitions
from profiles.packages.package import package_of
from profiles.validator import Validator
from profiles.validator.special import RULES

R4 = definitions()


def told(resource: dict[str, Any], *known: dict[str, Any]) -> list[tuple[str, str, str]]:
    """(severity, message_id, expression) of every issue, in order, but for best practice."""
    validator = knowing(*known) if known else plain()
    return [
        (issue.severity, issue.message_id, issue.expression)
        for issue in validator.validate(resource)
        if issue.message_id != "dom-6"
    ]


@cache
def plain() -> Validator:
    return Validator(R4, rules=RULES)


def knowing(*resources: dict[str, Any]) -> Validator:
    canonicals = R4.canonicals.and_packages(package_of(resources))

    def find(url: str) -> dict[str, Any] | None:
        return canonicals.structure(url) or canonicals.resource(url)

    return Validator(R4, find=find, rules=RULES)
