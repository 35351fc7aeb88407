"""GB/T 2260, the administrative divisions, as a CodeSystem with its history: what a code was called, when it
was listed, and whether it still is. Citizen ids begin with codes of their time.

`divisions.csv` is made by `generate_divisions.py`, which names its sources. https://hl7.org/fhir/R4/codesystem.html
"""

import csv
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.resources import files
from typing import Any, Final

from terminology.library import Entry

DIVISIONS: Final = "https://yilian.example/fhir/CodeSystem/gb-t-2260"
ALL_DIVISIONS: Final = "https://yilian.example/fhir/ValueSet/cn-division"
EDITION: Final = "2025-04"
Resource = dict[str, Any]
_FORMER: Final = {"system": "http://terminology.hl7.org/CodeSystem/designation-usage", "code": "former"}
_PROPERTIES: Final = (
    ("listedFrom", "string", "The month of the first edition that has it"),
    ("listedTo", "string", "The month of the last edition that had it"),
    ("inactive", "boolean", "Whether it is not listed any more"),
)


@cache
def _named() -> Mapping[str, list[tuple[str, str, str]]]:
    """Names with first and last month by code, the latest name last."""
    found: dict[str, list[tuple[str, str, str]]] = {}
    text = files("terminology").joinpath("divisions.csv").read_text("utf-8")
    for row in csv.DictReader(text.splitlines()):
        found.setdefault(row["code"], []).append((row["name"], row["from"], row["to"]))
    return {code: sorted(names, key=lambda each: (each[2] == "", each[2])) for code, names in found.items()}


def above(code: str) -> str:
    """The code of the prefecture or province that a code is in; empty for a province."""
    for parent in (f"{code[:4]}00", f"{code[:2]}0000"):
        if parent != code and parent in _named():
            return parent
    return ""


def division_resource() -> Resource:
    return {
        "resourceType": "CodeSystem",
        "id": "gb-t-2260",
        "url": DIVISIONS,
        "version": EDITION,
        "name": "CnDivision",
        "title": "GB/T 2260 中华人民共和国行政区划代码",
        "status": "active",
        "language": "zh-CN",
        "caseSensitive": True,
        "hierarchyMeaning": "part-of",
        "content": "complete",
        "valueSet": ALL_DIVISIONS,
        "count": len(_named()),
        "property": [
            {"code": code, "type": kind, "description": text}
            | ({"uri": f"http://hl7.org/fhir/concept-properties#{code}"} if code == "inactive" else {})
            for code, kind, text in _PROPERTIES
        ],
        "concept": [_concept(code, names) for code, names in sorted(_named().items()) if not above(code)],
    }


def _concept(code: str, names: list[tuple[str, str, str]]) -> Resource:
    name, _, last = names[-1]
    made: Resource = {"code": code, "display": name}
    former = [each for each, _, _ in names[:-1] if each != name]
    if former:
        made["designation"] = [{"language": "zh-CN", "use": _FORMER, "value": each} for each in former]
    told: list[Resource] = [{"code": "listedFrom", "valueString": min(first for _, first, _ in names)}]
    if last:
        told += [{"code": "listedTo", "valueString": last}, {"code": "inactive", "valueBoolean": True}]
    made["property"] = told
    if below := _below().get(code):
        made["concept"] = [_concept(each, _named()[each]) for each in below]
    return made


@cache
def _below() -> Mapping[str, list[str]]:
    found: dict[str, list[str]] = {}
    for code in sorted(_named()):
        found.setdefault(above(code), []).append(code)
    return found


def _value_set() -> Resource:
    return {
        "resourceType": "ValueSet",
        "id": "cn-division",
        "url": ALL_DIVISIONS,
        "name": "CnDivision",
        "title": "GB/T 2260 中华人民共和国行政区划代码",
        "status": "active",
        "compose": {"include": [{"system": DIVISIONS}]},
    }


def division_entries() -> Iterator[Entry]:
    """Read when somebody asks."""
    yield Entry("CodeSystem", DIVISIONS, EDITION, division_resource, id_="gb-t-2260", complete=ALL_DIVISIONS)
    yield Entry("ValueSet", ALL_DIVISIONS, "", _value_set, id_="cn-division")
