"""Constraints of R4 4.0.1 that do not say what is meant, as corrected.

An invariant is violated by `false` alone: by an empty result hundreds of R4's own examples would fail (ref-1
on a Reference without `reference`, bdl-8 on an entry without `fullUrl`).
"""

from collections.abc import Mapping
from typing import Final

# Key and expression → the expression to evaluate; None where there is none that could be meant.
CORRECTED: Final[Mapping[tuple[str, str], str | None]] = {
    # `Boolean` is System.Boolean, which no element is.
    (
        "que-7",
        "operator = 'exists' implies (answer is Boolean)",
    ): "operator = 'exists' implies (answer is boolean)",
    # ChargeItemDefinition has no name.
    ("cid-0", "name.matches('[A-Z]([A-Za-z0-9_]){0,254}')"): None,
    # Of the extension's code, which is the value.
    ("inv-1", "substanceExposureRisk.exists() and code.empty()"): None,
}


def corrected(key: str, expression: str) -> str | None:
    """The expression to evaluate for a constraint; None if there is none."""
    return CORRECTED.get((key, expression), expression)
