"""UCUM's prefixes and units, as its table has them. https://ucum.org/ucum#section-Tables-of-Terminal-Symbols"""

import csv
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Final

VERSION: Final = "2.2"


@dataclass(frozen=True, slots=True)
class Prefix:
    code: str
    name: str
    value: Fraction


@dataclass(frozen=True, slots=True)
class Atom:
    """`kind` is `base`, `special` (on a scale of its own, by a function), `arbitrary`, or empty; `value` of
    `unit` is what it stands for."""

    code: str
    name: str
    property: str
    is_metric: bool
    kind: str
    value: Fraction
    unit: str
    function: str


@cache
def prefixes() -> Mapping[str, Prefix]:
    return {
        each["code"]: Prefix(each["code"], each["name"], Fraction(each["value"]))
        for each in _rows("prefixes")
    }


@cache
def atoms() -> Mapping[str, Atom]:
    return {each["code"]: _atom(each) for each in _rows("atoms")}


def _atom(row: Mapping[str, str]) -> Atom:
    return Atom(
        row["code"],
        row["name"],
        row["property"],
        row["metric"] == "yes",
        row["kind"],
        Fraction(row["value"] or 1),
        row["unit"],
        row["function"],
    )


def _rows(name: str) -> Iterator[dict[str, str]]:
    text = (Path(__file__).parent / f"{name}.csv").read_text("utf-8")
    yield from csv.DictReader(text.splitlines())
