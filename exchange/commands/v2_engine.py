"""Our translator of HL7 v2, as the judge of pairs takes it."""

from collections.abc import Callable, Sequence
from functools import cache
from importlib import import_module
from typing import Any

from adapters.hl7v2.charset import codec, decode
from adapters.hl7v2.parse import parse
from adapters.merge import merged
from conformance.v2_pairs import Translated
from exchange.commands.translating import translated, translation_rules
from exchange.fhirjson import dumps
from exchange.settings import Settings
from profiles.definitions import definitions
from profiles.validator import Validator
from profiles.validator.special import RULES

Json = dict[str, Any]


class V2Engine:
    """Judges what it makes by our validator, and by fhir.resources where that is installed."""

    def __init__(self) -> None:
        self._rules = translation_rules(Settings(), None)
        self._validator = Validator(definitions(), rules=RULES)
        self._peer = _peer()

    def translate(self, raw: bytes) -> Translated:
        made = translated(self._rules, raw)
        message = parse(decode(raw), codec(raw))
        return Translated(
            resources=[merged(None, entry) for entry in made.entries],
            refused=[each.diagnostics for each in made.issues if each.severity in ("error", "fatal")],
            leaves=list(message.leaves()),
            mapped=made.coverage.mapped,
            ignored=made.coverage.ignored,
            residue=[each.path for each in made.residue],
        )

    def invalid(self, resource: Json) -> Sequence[str]:
        found = [
            f"{issue.expression}: {issue.diagnostics}"
            for issue in self._validator.validate(resource)
            if issue.severity in ("error", "fatal")
            and issue.code in ("structure", "value", "required", "invariant")
        ]
        return [*found, *self._peer(resource)]


@cache
def _peer() -> Callable[[Json], list[str]]:
    try:
        model_of = import_module("fhir.resources.R4B").get_fhir_model_class
    except ImportError:
        return lambda resource: []

    def judged(resource: Json) -> list[str]:
        try:
            model_of(resource["resourceType"]).model_validate_json(dumps(resource))
        except ValueError as error:
            return [f"fhir.resources: {str(error)[:200]}"]
        return []

    return judged
