"""Who has these demographics? A Q22's parameters as a search, and what of its hits is meant.

https://profiles.ihe.net/ITI/TF/Volume2/ITI-21.html
"""

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from adapters.hl7v2.query import Query
from exchange.fhirjson import loads
from exchange.hub import Hub
from exchange.interactions.search_type import page_of
from exchange.search.query.parse import parse
from exchange.store.connection import Connection
from mpi.normalisation.nicknames import are_variants

Resource = dict[str, Any]

MOST: Final = 500
_NAMES: Final = {"5": "name", "5.1": "family", "5.1.1": "family", "5.2": "given", "5.3": "given"}
_NUMBERS: Final = ("3", "21")
_MOTHER: Final = {"6": "5", "6.1": "5.1", "6.1.1": "5.1", "6.2": "5.2"}
_PLACES: Final = {
    "11.1": "address",
    "11.1.1": "address",
    "11.3": "address-city",
    "11.4": "address-state",
    "11.5": "address-postalcode",
    "11.6": "address-country",
}
_GENDERS: Final = {"M": "male", "F": "female", "O": "other", "U": "unknown"}


@dataclass(frozen=True, slots=True)
class Sought:
    """`number` and `mothers` are (value, authority) as far as they are asked for; `mother` what is asked of
    her name; `search` is the rest, `names` what a name must have exactly."""

    number: tuple[str, str] = ("", "")
    mothers: tuple[str, str] = ("", "")
    mother: tuple[tuple[str, str], ...] = ()
    search: tuple[tuple[str, str], ...] = ()
    names: tuple[tuple[str, str], ...] = ()
    plain: Mapping[str, str] = field(default_factory=dict)


def sought_from_query(query: Query) -> Sought:
    """Values are read as they are sent; `*` at the end of a name stands for anything."""
    asked = {place: value for place, value, _ in query.asked}
    search: list[tuple[str, str]] = []
    names: list[tuple[str, str]] = []
    mother: list[tuple[str, str]] = []
    for place, value, _ in query.asked:
        if place.partition(".")[0] in _NUMBERS:
            continue
        if place in _MOTHER:
            mother.append((_NAMES[_MOTHER[place]], value))
        elif place in _NAMES:
            names.append((_NAMES[place], value))
        else:
            search += _searched(place, value)
    search += _searched_names(names, query.algorithm)
    return Sought(_number(asked, "3"), _number(asked, "21"), tuple(mother), tuple(search), tuple(names))


def _number(asked: Mapping[str, str], field: str) -> tuple[str, str]:
    """A number and its authority, by the first of its names that is asked for."""
    authority = (asked.get(f"{field}.{part}") for part in ("4", "4.1", "4.2"))
    return asked.get(f"{field}.1", ""), next(filter(None, authority), "")


async def hits(hub: Hub, connection: Connection, sought: Sought, algorithm: str) -> list[Resource]:
    """The Patients that are meant, of hospitals and of the index."""
    asked = [("active", "true"), *sought.search, ("_count", str(MOST))]
    page = await page_of(connection, parse(hub.search, "Patient", asked, "strict"))
    found = [loads(body) for body in page.bodies]
    return [patient for patient in found if _is_meant(patient, sought.names, algorithm)]


def of_names(names: Sequence[tuple[str, str]]) -> Sought:
    """Somebody of this name."""
    return Sought(names=tuple(names), search=tuple(_searched_names(names, "")))


def _searched(place: str, value: str) -> list[tuple[str, str]]:
    if place in ("7", "7.1"):
        sign, digits = (value[:2], value[2:10]) if value[:2] in ("ge", "le") else ("", value[:8])
        parts = [digits[:4], digits[4:6], digits[6:8]]
        return [("birthdate", sign + "-".join(filter(None, parts)))]
    if place == "8":
        return [("gender", _GENDERS.get(value.upper(), value.lower()))]
    if place in _PLACES:
        return [(_PLACES[place], _escaped(value.rstrip("*")))]
    if place in ("18.1", "19"):
        return [("identifier", _escaped(value))]
    return [("telecom", _escaped(value))]


def _searched_names(names: Sequence[tuple[str, str]], algorithm: str) -> list[tuple[str, str]]:
    if algorithm == "soundex":
        return [("phonetic", _escaped(value.rstrip("*"))) for _, value in names]
    kept = [(part, value) for part, value in names if algorithm != "alias" or part != "given"]
    return [(part, _escaped(value.rstrip("*"))) for part, value in kept if value.rstrip("*")]


def _escaped(value: str) -> str:
    """As a search parameter has it."""
    for sign in "\\,$|":
        value = value.replace(sign, f"\\{sign}")
    return value


def _is_meant(patient: Resource, names: Sequence[tuple[str, str]], algorithm: str) -> bool:
    if algorithm == "soundex" or not names:
        return True
    return any(
        all(_has(name, part, value, algorithm) for part, value in names) for name in patient.get("name", ())
    )


def _has(name: Resource, part: str, value: str, algorithm: str) -> bool:
    wanted = _folded(value.rstrip("*"))
    told = _parts(name) if part == "name" else list(name.get("given", ()))
    if part == "family":
        told = [name.get("family", "")]
    if part == "family" and not name.get("given"):
        told.append(name.get("text", ""))
    for each in map(_folded, told):
        if each == wanted or (value.endswith("*") and each.startswith(wanted)):
            return True
        if algorithm == "alias" and part == "given" and are_variants(each, wanted):
            return True
    return False


def _parts(name: Resource) -> list[str]:
    """Each part of a name, and the whole, the family first or last."""
    family, given = name.get("family", ""), list(name.get("given", ()))
    whole = [name.get("text", ""), "".join([family, *given]), " ".join([*given, family])]
    return [*whole, family, *given]


def _folded(text: str) -> str:
    return unicodedata.normalize("NFKC", text).casefold().strip()
