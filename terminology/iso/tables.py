"""Countries, currencies and languages: their codes with English and Chinese names.

https://hl7.org/fhir/R4/terminologies-systems.html
"""

import csv
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from terminology.naming import ISO_3166, ISO_4217

Resource = dict[str, Any]


def iso_resources() -> list[Resource]:
    """As CodeSystems; a country has three codes."""
    countries = [
        _concept(each[form], each) for form in ("alpha2", "alpha3", "numeric") for each in _rows("countries")
    ]
    currencies = [_concept(each["code"], each) for each in _rows("currencies")]
    return [
        _code_system(ISO_3166, "ISO3166", "Country codes", countries),
        _code_system(ISO_4217, "ISO4217", "Currency codes", currencies),
    ]


def _code_system(url: str, name: str, title: str, concepts: list[Resource]) -> Resource:
    return {
        "resourceType": "CodeSystem",
        "url": url,
        "name": name,
        "title": title,
        "status": "active",
        "language": "en",
        "caseSensitive": True,
        "content": "complete",
        "concept": concepts,
    }


def _concept(code: str, row: Mapping[str, str]) -> Resource:
    chinese = [{"language": "zh-CN", "value": row["zh"]}] if row["zh"] else []
    return {"code": code, "display": row["en"], **({"designation": chinese} if chinese else {})}


def language_name(tag: str) -> str:
    """`Chinese (China)` for `zh-CN`; empty for a language that has no name here."""
    language, *others = tag.split("-")
    name = _names("languages", "code").get(language.lower(), "")
    places = _names("countries", "alpha2")
    region = next((places[each.upper()] for each in others if each.upper() in places), "")
    return f"{name} ({region})" if name and region else name


@cache
def _names(table: str, key: str) -> Mapping[str, str]:
    return {each[key]: each["en"] for each in _rows(table)}


def _rows(name: str) -> Iterator[dict[str, str]]:
    text = (Path(__file__).parent / f"{name}.csv").read_text("utf-8")
    yield from csv.DictReader(text.splitlines())
