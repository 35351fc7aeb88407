"""A Parameters resource as names and values.

https://hl7.org/fhir/R4/parameters.html
"""

from collections.abc import Mapping, Sequence
from typing import Any

from terminology.checks import TxIssue
from terminology.options import Given
from terminology.texts import Refusal


def given_of(parameters: Mapping[str, Any]) -> list[Given]:
    """Those of a `profile` inside, too. Raises Refusal for what is no Parameters resource."""
    listed = parameters.get("parameter", [])
    if parameters.get("resourceType") != "Parameters" or not isinstance(listed, list):
        raise _refused("An operation takes a Parameters resource")
    made: list[Given] = []
    for each in listed:
        name, value = _pair(each)
        if name == "profile" and isinstance(value, dict) and value.get("resourceType") == "Parameters":
            made += given_of(value)
        else:
            made.append((name, value))
    return made


def _pair(parameter: Any) -> Given:
    if isinstance(parameter, dict) and isinstance(parameter.get("name"), str):
        for name, value in parameter.items():
            if name in ("resource", "part") or (name.startswith("value") and name != "value"):
                return parameter["name"], value
        return parameter["name"], None
    raise _refused("A parameter has a name and one value")


def resources(given: Sequence[Given], name: str = "tx-resource") -> list[Mapping[str, Any]]:
    return [value for each, value in given if each == name and isinstance(value, dict)]


def _refused(text: str) -> Refusal:
    return Refusal(400, TxIssue("error", "invalid", "", "", text))
