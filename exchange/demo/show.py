"""One resident's assembled record on a terminal, and the curl lines that fetch it again."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from rich.console import Group, RenderableType
from rich.panel import Panel
from rich.table import Table

from exchange.demo.record import Record
from terminology.naming import CITIZEN_ID, HEALTH_CARD, LOINC

Resource = dict[str, Any]


@dataclass(frozen=True, slots=True, order=True)
class Event:
    """One line of the record."""

    date: str
    hospital: str
    what: str


def shown(record: Record) -> RenderableType:
    """The resident, and what happened where, in order of time."""
    table = Table("date", "hospital", "what", title="The record, assembled from all hospitals", expand=True)
    for event in events(record):
        table.add_row(event.date[:16].replace("T", " "), event.hospital, event.what)
    return Group(Panel(_person(record), title="One resident"), table)


def events(record: Record) -> list[Event]:
    """Visits with their diagnoses, reports with what is out of range, allergies."""
    observations = {f"Observation/{one['id']}": one for one in record.resources if _is(one, "Observation")}
    diagnoses = _by_encounter(record.resources)
    found = []
    for one in record.resources:
        match one["resourceType"]:
            case "Encounter":
                what = _visit(one, diagnoses[f"Encounter/{one['id']}"])
                found.append(Event(one.get("period", {}).get("start", ""), _hospital(record, one), what))
            case "DiagnosticReport":
                results = [observations[each] for each in _references(one, "result") if each in observations]
                date = one.get("effectiveDateTime") or one.get("issued", "")
                found.append(Event(date, _hospital(record, one), _report(one, results)))
            case "AllergyIntolerance":
                date = one.get("recordedDate") or one.get("onsetDateTime", "")
                found.append(Event(date, _hospital(record, one), f"allergy: {_text(one.get('code', {}))}"))
    return sorted(found)


def curls(record: Record, base: str, token_command: str) -> str:
    """Shell lines that repeat what was shown, and more."""
    patient = record.patient
    lines = [f"export TOKEN=$({token_command})"]
    for title, system, value in _numbers(record):
        lines.append(f"# by {title}")
        lines.append(_curl(f"{base}/Patient?identifier={quote(f'{system}|{value}', safe=':/')}"))
    lines += [
        "# all that is known of the resident, from every hospital",
        _curl(f"{base}/Patient/{patient['id']}/$everything?_count=50"),
        "# one kind of it: the latest results, white blood cells",
        _curl(f"{base}/Observation?patient={patient['id']}&_sort=-date&_count=5"),
        _curl(f"{base}/Observation?patient={patient['id']}&code={quote(f'{LOINC}|6690-2', safe=':/')}"),
    ]
    return "\n".join(lines)


def _curl(url: str) -> str:
    return f"curl -H \"Authorization: Bearer $TOKEN\" '{url}'"


def _numbers(record: Record) -> Iterator[tuple[str, str, str]]:
    """(what it is, system, value): the citizen id, the card, and what one hospital calls its patient."""
    identifiers = record.patient.get("identifier", ())
    titles = {CITIZEN_ID: "citizen id", HEALTH_CARD: "card number"}
    for identifier in identifiers:
        if identifier.get("system") in titles:
            yield titles[identifier["system"]], identifier["system"], identifier["value"]
    for patient in record.hospital_patients:
        for identifier in patient.get("identifier", ()):
            if "/sid/" in identifier.get("system", ""):
                title = f"the number it has at {record.hospitals.get(patient['id'], 'one hospital')}"
                yield title, identifier["system"], identifier["value"]
                return


def _person(record: Record) -> str:
    patient = record.patient
    lines = [
        f"[bold]{_name(patient)}[/bold]  {patient.get('gender', '')}  {patient.get('birthDate', '')}"
        f"  enterprise Patient/{patient['id']}",
    ]
    lines += [
        f"{title}: {value}" for title, _, value in _numbers(record) if not title.startswith("the number")
    ]
    places = sorted(record.hospitals.get(one["id"], "") for one in record.hospital_patients)
    lines.append(f"known at {len(places)} hospitals: {'、'.join(places)}")
    lines.append(f"{len(record.resources)} resources through $everything")
    return "\n".join(lines)


def _name(patient: Resource) -> str:
    for name in patient.get("name", ()):
        return str(name.get("text") or f"{name.get('family', '')}{''.join(name.get('given', ()))}")
    return ""


def _visit(encounter: Resource, diagnoses: Sequence[str]) -> str:
    kind = encounter.get("class", {}).get("display") or encounter.get("class", {}).get("code", "visit")
    end = encounter.get("period", {}).get("end", "")
    until = f" until {end[:16].replace('T', ' ')}" if end else ""
    cancelled = " (cancelled)" if encounter.get("status") == "cancelled" else ""
    return f"{kind}{until}{cancelled}{': ' if diagnoses else ''}{'、'.join(dict.fromkeys(diagnoses))}"


def _report(report: Resource, results: Sequence[Resource]) -> str:
    outside = [
        f"{_text(one.get('code', {}))} {_value(one)} {_flag(one)}"
        for one in results
        if _flag(one) not in ("", "N")
    ]
    tail = f"; outside the range: {', '.join(outside)}" if outside else ""
    return f"{_text(report.get('code', {}))}: {len(results)} results{tail}"


def _value(observation: Resource) -> str:
    quantity = observation.get("valueQuantity")
    if quantity:
        return f"{quantity.get('value', '')} {quantity.get('unit', '')}".strip()
    return str(observation.get("valueString") or _text(observation.get("valueCodeableConcept", {})))


def _flag(observation: Resource) -> str:
    for concept in observation.get("interpretation", ()):
        for coding in concept.get("coding", ()):
            return str(coding.get("code", ""))
    return ""


def _text(concept: Resource) -> str:
    if "text" in concept:
        return str(concept["text"])
    return next(
        (str(coding.get("display") or coding.get("code")) for coding in concept.get("coding", ())), ""
    )


def _hospital(record: Record, resource: Resource) -> str:
    holder = resource.get("subject") or resource.get("patient") or {}
    return record.hospitals.get(str(holder.get("reference", "")).removeprefix("Patient/"), "")


def _by_encounter(resources: Sequence[Resource]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = defaultdict(list)
    for one in resources:
        if _is(one, "Condition"):
            found[one.get("encounter", {}).get("reference", "")].append(_text(one.get("code", {})))
    return found


def _references(resource: Resource, element: str) -> list[str]:
    return [each["reference"] for each in resource.get(element, ()) if "reference" in each]


def _is(resource: Resource, kind: str) -> bool:
    return bool(resource["resourceType"] == kind)
