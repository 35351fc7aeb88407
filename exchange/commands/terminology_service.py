"""Our terminology service in process, as the judge of the tx-ecosystem tests takes it.

https://build.fhir.org/ig/HL7/fhir-tx-ecosystem-ig/
"""

import uuid
from datetime import UTC, datetime
from typing import Any

from conformance.tx import NotOffered, Reply
from exchange.fhirjson import dumps, loads
from exchange.terminology.capabilities import terminology_capabilities
from terminology.library import Library
from terminology.texts import Refusal
from terminology.wire.given import given_of
from terminology.wire.operations import OPERATIONS, Asked, answer
from terminology.wire.outcome import outcome_of


class TerminologyService:
    """Every request brings its own definitions."""

    def __init__(self, library: Library) -> None:
        self.library = library

    def answer(self, operation: str, request: dict[str, Any], language: str) -> Reply:
        if operation == "term-caps":
            return Reply(
                200, terminology_capabilities("https://hub.example/fhir", "2026-01-01", self.library)
            )
        if operation not in OPERATIONS:
            raise NotOffered(operation)
        try:
            given = given_of(request)
        except Refusal as refusal:
            return Reply(refusal.status, outcome_of(refusal.issues))
        status, resource = answer(operation, Asked(self.library, given, language, _stamp))
        return Reply(status, loads(dumps(resource)))


def _stamp() -> tuple[str, str]:
    now = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return f"urn:uuid:{uuid.uuid4()}", now
