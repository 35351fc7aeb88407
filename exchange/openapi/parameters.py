"""What may stand in paths, queries and headers.

https://spec.openapis.org/oas/v3.1.0#parameter-object · https://hl7.org/fhir/R4/search.html
"""

from collections.abc import Iterator
from typing import Any, Final

from exchange.search.definition.leading import Registry

Parameter = dict[str, Any]

PREFIX: Final = "#/components/parameters/"
_COMPARED: Final = "(eq|ne|gt|lt|ge|le|sa|eb|ap)?"
_NUMBER: Final = "-?[0-9]{1,18}(\\.[0-9]{1,6})?"


def _query(name: str, schema: dict[str, Any], description: str = "") -> Parameter:
    told = {"description": description} if description else {}
    return {"name": name, "in": "query", **told, "schema": schema}


def _text(pattern: str) -> dict[str, Any]:
    return {"type": "string", "pattern": f"^{pattern}$"}


# The value of a search parameter, by its type.
VALUES: Final[dict[str, dict[str, Any]]] = {
    "composite": _text("[^$]+\\$[^$]+"),
    "date": _text(f"{_COMPARED}(19|20)[0-9]{{2}}(-(0[1-9]|1[0-2])(-(0[1-9]|1[0-9]|2[0-8]))?)?"),
    "number": _text(_COMPARED + _NUMBER),
    "quantity": _text(f"{_COMPARED}{_NUMBER}(\\|[^|\\s]*\\|[^|\\s]+)?"),
    "reference": _text("([A-Z][A-Za-z]+/)?[A-Za-z0-9\\-.]{1,64}"),
    "special": {"type": "string", "minLength": 1},
    "string": {"type": "string", "minLength": 1},
    "token": _text("([^|\\s]*\\|)?[^|\\s]+"),
    "uri": _text("\\S+"),
}
_FLAG: Final = {"type": "string", "enum": ["true", "false"]}
_ID: Final = {"$ref": "#/components/schemas/id"}

# By the name under which operations refer to them.
SHARED: Final[dict[str, Parameter]] = {
    "id": {"name": "id", "in": "path", "required": True, "schema": _ID},
    "vid": {"name": "vid", "in": "path", "required": True, "schema": _text("[1-9][0-9]{0,8}")},
    "_format": _query("_format", {"type": "string", "enum": ["json", "xml"]}, "Goes before Accept"),
    "_pretty": _query("_pretty", _FLAG, "With line breaks"),
    "_summary": _query("_summary", {"type": "string", "enum": ["true", "text", "data", "false"]}),
    "_summary-count": _query(
        "_summary", {"type": "string", "enum": ["true", "text", "data", "count", "false"]}
    ),
    "_elements": _query("_elements", _text("[a-z][A-Za-z]*(,[a-z][A-Za-z]*)*")),
    "_count": _query("_count", {"type": "integer", "minimum": 0, "maximum": 1000}),
    "_count-history": _query("_count", {"type": "integer", "minimum": 1, "maximum": 1000}),
    "_total": _query("_total", {"type": "string", "enum": ["none", "estimate", "accurate"]}),
    "_sort": _query("_sort", _text("-?[a-z_][A-Za-z-]*(,-?[a-z_][A-Za-z-]*)*")),
    "_include": _query("_include", _text("[A-Z][A-Za-z]+:[a-z-]+(:[A-Z][A-Za-z]+)?")),
    "_revinclude": _query("_revinclude", _text("[A-Z][A-Za-z]+:[a-z-]+(:[A-Z][A-Za-z]+)?")),
    "_since": _query("_since", {"$ref": "#/components/schemas/instant"}),
    "_at": _query("_at", {"$ref": "#/components/schemas/dateTime"}),
    "_type": _query("_type", _text("[A-Z][A-Za-z]+(,[A-Z][A-Za-z]+)*"), "Only these resource types"),
    "mode": _query("mode", {"type": "string", "enum": ["full", "normative", "terminology"]}),
    "If-None-Match": {"name": "If-None-Match", "in": "header", "schema": _text('W/"[1-9][0-9]{0,8}"')},
    "If-Match": {"name": "If-Match", "in": "header", "schema": _text('W/"[1-9][0-9]{0,8}"')},
    "If-None-Exist": {"name": "If-None-Exist", "in": "header", "schema": _text("identifier=[^|&\\s]+")},
    "Prefer": {
        "name": "Prefer",
        "in": "header",
        "schema": {"enum": ["return=minimal", "return=representation", "return=OperationOutcome"]},
    },
    "Prefer-handling": {
        "name": "Prefer",
        "in": "header",
        "schema": {"enum": ["handling=strict", "handling=lenient"]},
    },
}

# What each interaction takes, beside the segments of its path.
TAKEN: Final[dict[str, tuple[str, ...]]] = {
    "capabilities": ("mode", "_format", "_pretty"),
    "openapi": ("_type",),
    "read": ("If-None-Match", "_format", "_pretty", "_summary", "_elements"),
    "vread": ("If-None-Match", "_format", "_pretty", "_summary", "_elements"),
    "history-instance": ("_count-history", "_since", "_at", "_format", "_pretty", "_summary", "_elements"),
    "search-type": (
        "_count",
        "_total",
        "_sort",
        "_include",
        "_revinclude",
        "_format",
        "_pretty",
        "_summary-count",
        "_elements",
        "Prefer-handling",
    ),
    "create": ("If-None-Exist", "Prefer", "_format", "_pretty"),
    "update": ("If-Match", "Prefer", "_format", "_pretty"),
    "patch": ("If-Match", "Prefer", "_format", "_pretty"),
    "delete": ("If-Match", "_format", "_pretty"),
    "transaction": ("Prefer", "_format", "_pretty"),
}
TAKEN["history-type"] = TAKEN["history-system"] = TAKEN["history-instance"]
FORMS: Final = ("_format", "_pretty")


def shared(name: str) -> Parameter:
    return {"$ref": PREFIX + name}


def searched(registry: Registry, type_: str) -> Iterator[Parameter]:
    """The search parameters of a type."""
    for code, parameter in sorted(registry.of(type_).parameters.items()):
        if not parameter.refusal:
            yield _query(code, {"$ref": f"#/components/schemas/search-{parameter.type}"})
