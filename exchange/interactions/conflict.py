"""https://hl7.org/fhir/R4/http.html#concurrency"""

from exchange.interactions.request import etag
from exchange.outcome import FhirError
from exchange.store.transact import Written


def refuse_conflict(name: str, written: Written) -> None:
    """Raises 412 if another version is current than If-Match says."""
    if written.status == "conflict":
        current = (
            f"the current version is {etag(written.version)}" if written.version else "it does not exist"
        )
        raise FhirError("precondition", f"{name} was not changed: {current}", "If-Match")
