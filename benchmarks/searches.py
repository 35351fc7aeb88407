"""The shapes of search that are measured, with arguments from resources that are there."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

Resource = dict[str, Any]
Parameters = list[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Shape:
    """`arguments` makes the parameters from an Observation and a Patient that are there. `bound`: it is about
    one patient; `grows`: its result grows with the data."""

    name: str
    resource_type: str
    parameters: Callable[[Resource, Resource], Parameters]
    bound: bool = False
    grows: bool = False


def _code(observation: Resource) -> str:
    coding = observation["code"]["coding"][0]
    return f"{coding['system']}|{coding['code']}"


def _patient(observation: Resource) -> str:
    return str(observation["subject"]["reference"])


def _day(observation: Resource) -> str:
    return str(observation["effectiveDateTime"])[:10]


def _month(observation: Resource) -> str:
    return _day(observation)[:7]


def _category(observation: Resource) -> str:
    return str(observation["category"][0]["coding"][0]["code"])


def _family(patient: Resource, place: int) -> str:
    return str(patient["name"][place % len(patient["name"])]["family"])


def _identifier(patient: Resource) -> str:
    identifier = patient["identifier"][-1]
    return f"{identifier['system']}|{identifier['value']}"


SHAPES: Final = (
    Shape(
        "patient + code by date",
        "Observation",
        lambda o, p: [("patient", _patient(o)), ("code", _code(o)), ("_sort", "-date")],
        bound=True,
    ),
    Shape(
        "patient by date",
        "Observation",
        lambda o, p: [("patient", _patient(o)), ("_sort", "-date")],
        bound=True,
    ),
    Shape(
        "patient + category",
        "Observation",
        lambda o, p: [("patient", _patient(o)), ("category", _category(o)), ("_sort", "-date")],
        bound=True,
    ),
    Shape("identifier", "Patient", lambda o, p: [("identifier", _identifier(p))]),
    Shape("name prefix", "Patient", lambda o, p: [("family", _family(p, -1)[:5])]),
    Shape("Chinese contains", "Patient", lambda o, p: [("name:contains", p["name"][0]["text"][-2:])]),
    Shape(
        "_include",
        "Observation",
        lambda o, p: [("patient", _patient(o)), ("code", _code(o)), ("_include", "Observation:encounter")],
        bound=True,
    ),
    Shape(
        "_include by code",
        "Observation",
        lambda o, p: [("code", _code(o)), ("_sort", "-date"), ("_include", "Observation:subject")],
    ),
    Shape(
        "_revinclude",
        "Encounter",
        lambda o, p: [("_id", _encounter(o)), ("_revinclude", "Observation:encounter")],
    ),
    Shape(
        "_has",
        "Patient",
        lambda o, p: [("_id", _patient(o)[8:]), ("_has:Observation:patient:code", _code(o))],
        bound=True,
    ),
    Shape(
        "_has + name prefix",
        "Patient",
        lambda o, p: [("_has:Observation:patient:code", _code(o)), ("family", _family(p, -1)[:5])],
    ),
    Shape(
        "chain by identifier",
        "Observation",
        lambda o, p: [("patient.identifier", _identifier(p)), ("code", _code(o)), ("_sort", "-date")],
    ),
    Shape(
        "chain by name",
        "Observation",
        lambda o, p: [("patient.family", _family(p, -1)), ("code", _code(o)), ("_sort", "-date")],
        grows=True,
    ),
    Shape(
        "code + date range",
        "Observation",
        lambda o, p: [("code", _code(o)), ("date", f"ge{_month(o)}"), ("date", f"le{_day(o)}")],
    ),
    Shape("code + value range", "Observation", lambda o, p: [("code", _code(o)), *_around(o)]),
    Shape("code-value-quantity", "Observation", lambda o, p: [("code-value-quantity", _pair(o))]),
    Shape("code by date", "Observation", lambda o, p: [("code", _code(o)), ("_sort", "-date")]),
    Shape(
        "count by code", "Observation", lambda o, p: [("code", _code(o)), ("_summary", "count")], grows=True
    ),
    Shape(
        "count by status",
        "Observation",
        lambda o, p: [("status", o["status"]), ("_summary", "count")],
        grows=True,
    ),
    Shape(
        "estimate by status",
        "Observation",
        lambda o, p: [("status", o["status"]), ("_total", "estimate")],
    ),
    Shape(
        "category + month",
        "Observation",
        lambda o, p: [("category", _category(o)), ("date", _month(o)), ("_sort", "-date")],
    ),
)


def _encounter(observation: Resource) -> str:
    return str(observation["encounter"]["reference"]).rpartition("/")[2]


def _around(observation: Resource) -> Parameters:
    quantity = observation["valueQuantity"]
    value = float(quantity["value"])
    unit = f"|{quantity['system']}|{quantity['code']}"
    return [
        ("value-quantity", f"ge{value * 0.95:.4f}{unit}"),
        ("value-quantity", f"le{value * 1.05:.4f}{unit}"),
    ]


def _pair(observation: Resource) -> str:
    quantity = observation["valueQuantity"]
    return f"{_code(observation)}$gt{float(quantity['value']):.4f}|{quantity['system']}|{quantity['code']}"
