"""A hospital tells of its patient by an identifier that the patient has: else each telling makes another.

https://profiles.ihe.net/ITI/PIXm/ITI-104.html#2310441-add-or-revise-patient
"""

from collections.abc import Mapping, Sequence
from typing import Any

from exchange.hub import Hub
from exchange.interactions.request import FORM_PARAMETERS
from exchange.outcome import FhirError
from exchange.search.query.values import split, unescaped
from exchange.search.value.token import identifier_value


def require_number(hub: Hub, criteria: Sequence[tuple[str, str]], patient: Mapping[str, Any]) -> None:
    """Raises FhirError unless the criteria are identifiers (`system|value`) that the patient has: told of by
    anything else it might not be found again."""
    own = {
        (alias, identifier_value(str(each.get("value", ""))))
        for each in patient.get("identifier", ())
        for alias in hub.domains.aliases(str(each.get("system", "")))
    }
    for name, text in criteria:
        if name in FORM_PARAMETERS:
            continue
        token = [unescaped(part) for part in split(text, "|")]
        if name != "identifier" or len(token) != 2 or not all(token) or len(split(text, ",")) > 1:
            told = "A hospital tells of its Patient by an identifier that it has: identifier=system|value"
            raise FhirError("rule", told, name)
        if (token[0], identifier_value(token[1])) not in own:
            told = "The Patient does not have the identifier by which it is looked for"
            raise FhirError("rule", told, "Patient.identifier")
