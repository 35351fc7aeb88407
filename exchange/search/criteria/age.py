"""`age`: of patients who are alive, in completed years by the hub's own calendar.

https://hl7.org/fhir/R4/patient-search.html
"""

import re
from collections.abc import Mapping
from datetime import date, datetime, timedelta

from exchange.search.criteria.asked import Asked, Made, Search, any_of
from exchange.search.criteria.missing import missing
from exchange.search.definition.leading import TypeParameters
from exchange.search.definition.source import Parameter
from exchange.search.query.conditions import Comparison, LeadingDate, Tokens
from exchange.search.query.criterion import AllOf, Criterion, Not
from exchange.search.query.values import alternatives, refused
from exchange.search.value.dates import microseconds
from exchange.search.value.token import LONG, token

_AGE = re.compile(r"(eq|ne|gt|lt|ge|le|sa|eb|ap)?(\d{1,3})")


def age(search: Search, of: TypeParameters, parameter: Parameter, asked: Asked) -> Criterion:
    """The alternatives, and alive."""
    dead = Tokens((token("Patient.deceased", "true"),))
    found = [_of_age(search, parameter, asked, value) for value in alternatives(asked.name, asked.value)]
    return AllOf((any_of(found), Not(dead)))


def _of_age(search: Search, parameter: Parameter, asked: Asked, value: str) -> Criterion:
    written = _AGE.fullmatch(value)
    if written is None:
        raise refused(asked.name, f"{asked.name} needs whole years, with a prefix or without.")
    prefix, years = written[1] or "eq", int(written[2])
    born = _Born(search, tuple(token(key, LONG) for key in sorted(parameter.keys)))
    match prefix:
        case "gt" | "sa":
            return born.until(years + 1)
        case "ge":
            return born.until(years)
        case "lt" | "eb":
            return born.after(years)
        case "le":
            return born.after(years + 1)
        case "ne":
            return any_of([born.until(years + 1), born.after(years)])
        case "ap":
            slack = years // 10
            return AllOf((born.until(years - slack), born.after(years + slack + 1)))
        case _:
            return AllOf((born.until(years), born.after(years + 1)))


class _Born:
    """When somebody was born who is some years old today."""

    def __init__(self, search: Search, long: tuple[int, ...]) -> None:
        self._zone, self._long = search.zone, long
        self._today = search.now().astimezone(search.zone).date()

    def until(self, years: int) -> Criterion:
        """So many years old, or older."""
        return self._compared("lt", years)

    def after(self, years: int) -> Criterion:
        """Younger."""
        return self._compared("ge", years)

    def _compared(self, prefix: str, years: int) -> Criterion:
        next_day = _years_before(self._today, years) + timedelta(days=1)
        start = microseconds(datetime(next_day.year, next_day.month, next_day.day, tzinfo=self._zone))
        return LeadingDate((Comparison(prefix, start, start),), self._long)


def _years_before(day: date, years: int) -> date:
    year = max(day.year - years, 1)
    try:
        return day.replace(year=year)
    except ValueError:  # the 29th of February
        return day.replace(year=year, day=28)


MODIFIERS: Mapping[str, Made] = {"": age, "missing": missing}
