"""A resource in a file that a command is given."""

from pathlib import Path
from typing import Any

from exchange.fhirjson import loads
from exchange.xml import loads as xml_loads
from profiles.definitions import definitions


def read_resource(path: Path) -> dict[str, Any]:
    """The resource in a file, JSON or XML. Raises UnreadableJson and UnreadableXml."""
    raw = path.read_bytes()
    return xml_loads(raw, definitions()) if raw.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] == b"<" else loads(raw)
