"""The next version of a hospital's concept map: the last one, and what a review says otherwise. Pure.

https://hl7.org/fhir/R4/conceptmap.html
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

from exchange.local_codes.maps import EFFECTIVE, first_instant
from exchange.local_codes.review import Target
from exchange.local_codes.systems import Systems, resource_id

Json = dict[str, Any]
CHINA = timezone(timedelta(hours=8))
Elements = dict[str, list[Target]]
APPROVED = "http://hl7.org/fhir/StructureDefinition/resource-approvalDate"
REVIEWER = "https://yilian.example/fhir/StructureDefinition/reviewer"


@dataclass(frozen=True, slots=True)
class Approval:
    """Who reviewed, from when on the version holds, and when it was made."""

    reviewer: str
    effective: datetime
    made: datetime


@dataclass(frozen=True, slots=True)
class Change:
    """How many codes a version has more, otherwise, and as before."""

    added: int
    changed: int
    same: int


class NoDate(ValueError):
    """From when on a version holds is a date or a dateTime, as 2026-01-31."""

    def __str__(self) -> str:
        return self.__doc__ or ""


def effective_of(text: str, now: datetime) -> datetime:
    """When a version begins to hold: now if nothing is said; a day begins as it does in China. Raises
    NoDate."""
    found = first_instant(text, CHINA) if text else now
    if found is None or not 1900 < found.year < 2200:
        raise NoDate
    return found


def elements_of(resource: Mapping[str, Any], system: str) -> Elements:
    """By code, what a map says of a system's codes."""
    found: Elements = {}
    for group in resource.get("group", ()):
        if group.get("source") == system:
            for element in group.get("element", ()):
                for each in element.get("target", ()):
                    code = each.get("code", "")
                    said = (each.get("display", ""), each.get("equivalence", ""), each.get("comment", ""))
                    target = Target(group.get("target", "") if code else "", code, *said)
                    found.setdefault(element["code"], []).append(target)
    return found


def change_of(before: Elements, review: Elements) -> Change:
    added = sum(code not in before for code in review)
    changed = sum(code in before and before[code] != targets for code, targets in review.items())
    return Change(added, changed, len(before) - changed)


def next_version(
    systems: Systems,
    system: str,
    elements: Elements,
    displays: Mapping[str, str],
    number: int,
    approval: Approval,
) -> Json:
    """`displays` are those of the hospital's codes."""
    url, version = systems.map_of(system), str(number)
    hospital, name = systems.named(system)
    return {
        "resourceType": "ConceptMap",
        "id": resource_id(f"{url}|{version}"),
        "extension": [
            {"url": EFFECTIVE, "valuePeriod": {"start": _moment(approval.effective)}},
            {"url": APPROVED, "valueDate": f"{approval.made:%Y-%m-%d}"},
            {"url": REVIEWER, "valueString": approval.reviewer},
        ],
        "url": url,
        "version": version,
        "name": "".join(p.capitalize() for p in f"map-{hospital}-{name}".split("-") if p.isalnum()),
        "title": f"{hospital}: {name}",
        "status": "active",
        "date": _moment(approval.made),
        "publisher": hospital,
        "contact": [{"name": approval.reviewer}],
        "group": _groups(system, elements, displays),
    }


def _groups(system: str, elements: Elements, displays: Mapping[str, str]) -> list[Json]:
    groups: dict[str, list[Json]] = {}
    for code, targets in sorted(elements.items()):
        by_system: dict[str, list[Target]] = {}
        for each in targets:
            by_system.setdefault(each.system, []).append(each)
        for target_system, listed in by_system.items():
            element: Json = {"code": code}
            if displays.get(code):
                element["display"] = displays[code]
            element["target"] = [_target(each) for each in listed]
            groups.setdefault(target_system, []).append(element)
    return [
        {"source": system, **({"target": target} if target else {}), "element": listed}
        for target, listed in sorted(groups.items())
    ]


def _target(target: Target) -> Json:
    said = (("code", target.code), ("display", target.display), ("equivalence", target.equivalence))
    return {name: text for name, text in (*said, ("comment", target.comment)) if text}


def _moment(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def merged(before: Elements, review: Mapping[str, Sequence[Target]]) -> Elements:
    """What a review does not speak of stays."""
    return before | {code: list(targets) for code, targets in review.items()}
