"""Reading and writing FHIR XML in tests."""

import json
from typing import Any

import pytest

from exchange import fhirjson
from exchange.xml import UnreadableXml, dumps, loads
from profiles.definitions import definitions

XHTML = "http://www.w3.org/1999/xhtml"


def read(text: str | bytes) -> dict[str, Any]:
    return loads(text.encode() if isinstance(text, str) else text, definitions())


def write(resource: dict[str, Any]) -> str:
    return dumps(resource, definitions()).decode()


def patient(content: str) -> str:
    return f'<Patient xmlns="http://hl7.org/fhir">{content}</Patient>'


def exact(value: Any) -> Any:
    """Comparable with the text of every number, not its value alone."""
    return json.loads(
        fhirjson.dumps(value), parse_float=lambda n: ["float", n], parse_int=lambda n: ["int", n]
    )


def refusal(text: str | bytes) -> tuple[str, str]:
    """Code and expression; the diagnostics always have the line."""
    with pytest.raises(UnreadableXml, match=r"\(line \d+\)$") as refused:
        read(text)
    return refused.value.issue.code, refused.value.issue.expression
