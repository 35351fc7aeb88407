"""Code systems whose codes are told by their form.

https://hl7.org/fhir/R4/terminologies-systems.html
"""

import re
from collections.abc import Callable, Mapping
from typing import Any, Final

from profiles.fhirpath.units import measure

Find = Callable[[str], Mapping[str, Any] | None]
# R4 has the short names of its formats beside MIME types, in CapabilityStatement.format.
_MIME: Final = re.compile(
    r"xml|json|ttl|[\w!#$&^.+-]{1,127}/[\w!#$&^.+*-]{1,127}(?:\s*;\s*[\w!#$&^.+-]+=[^;]+)*", re.ASCII
)
_LANGUAGE: Final = re.compile(r"(?:[A-Za-z]{2,3}|[A-Za-z]{4,8}|[ix])(?:-[A-Za-z0-9]{1,8})*")
_ELSEWHERE: Final[Mapping[str, str]] = {"http://www.rfc-editor.org/bcp/bcp13.txt": "urn:ietf:bcp:13"}


_OPEN: Final[Mapping[str, re.Pattern[str]]] = {
    "urn:iso:std:iso:3166": re.compile("[A-Z]{2,3}|[0-9]{3}"),
    "urn:iso:std:iso:3166:-2": re.compile("[A-Z]{2}-[A-Z0-9]{1,3}"),
    "http://unstats.un.org/unsd/methods/m49/m49.htm": re.compile("[0-9]{3}"),
}


def _possible(form: re.Pattern[str]) -> Callable[[str], bool | None]:
    """The form alone does not make it a code."""
    return lambda code: None if form.fullmatch(code) else False


def _unit(code: str) -> bool | None:
    """Our table of units is not all of UCUM: what it does not have is open."""
    return True if measure(code) is not None else None


GRAMMARS: Final[Mapping[str, Callable[[str], bool | None]]] = {
    "urn:ietf:bcp:13": lambda code: _MIME.fullmatch(code) is not None,
    "urn:ietf:bcp:47": lambda code: _LANGUAGE.fullmatch(code) is not None,
    "http://unitsofmeasure.org": _unit,
    **{system: _possible(form) for system, form in _OPEN.items()},
}


def systems(value_set: str, find: Find) -> tuple[str, ...]:
    """The systems that a value set takes as a whole, if they are all told by form and there is nothing
    else.
    """
    alias = _ELSEWHERE.get(value_set.partition("|")[0])
    if alias:
        return (alias,)
    compose = (find(value_set) or {}).get("compose", {})
    included = compose.get("include", ())
    plain = all(_is_plain(one) and one.get("system") in GRAMMARS for one in included)
    return tuple(one["system"] for one in included) if plain and "exclude" not in compose else ()


def _is_plain(included: Mapping[str, Any]) -> bool:
    """A filter leaves out what the form allows."""
    names = included.keys() - {"system", "version"}
    return not names or (names == {"filter"} and included.get("system") in _OPEN)


def holds(of: tuple[str, ...], system: str | None, code: Any) -> bool | None:
    """Whether a code is one of the systems'; `system` is None where the value set implies it."""
    if not isinstance(code, str) or (system is not None and system not in of):
        return False
    told = [GRAMMARS[one](code) for one in of if system in (None, one)]
    return True if True in told else None if None in told else False
