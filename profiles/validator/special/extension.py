"""Extensions by their URL. https://hl7.org/fhir/R4/extensibility.html"""

from collections.abc import Mapping
from typing import Any


def extended(element: Mapping[str, Any], url: str) -> list[Mapping[str, Any]]:
    """The extensions with this URL."""
    return [one for one in element.get("extension", ()) if one.get("url") == url]
