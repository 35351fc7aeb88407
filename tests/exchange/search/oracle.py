"""A naive search over parsed resources: what the SQL search must agree with.

It shares nothing with the compiled search: elements are read by hand, dates are compared as datetimes, and a
reference is followed by looking through the world.

https://hl7.org/fhir/R4/search.html
"""

import unicodedata
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

Resource = dict[str, Any]
World = Mapping[str, Resource]
Values = Callable[[Resource], list[Any]]

ALIASES = {"urn:oid:2.16.840.1.113883.2.23.1.19.1": "urn:oid:2.16.156.10011.1.3"}
BASE = "http://hub.example/fhir"
EARLIEST, LATEST = datetime(1, 1, 1, tzinfo=UTC), datetime(9999, 12, 31, tzinfo=UTC)


@dataclass(frozen=True)
class Parameter:
    kind: str
    values: Values


def at(*names: str) -> Values:
    """The values at a path of property names, lists flattened."""

    def values(resource: Resource) -> list[Any]:
        found: list[Any] = [resource]
        for name in names:
            found = [v for each in found if name in each for v in listed(each[name])]
        return found

    return values


def listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def several(*getters: Values) -> Values:
    return lambda resource: [value for getter in getters for value in getter(resource)]


def name_parts(resource: Resource) -> list[str]:
    found = []
    for name in resource.get("name", []):
        for part in ("family", "given", "prefix", "suffix", "text"):
            found += listed(name[part]) if part in name else []
        whole = name.get("family", "") + "".join(name.get("given", []))
        if all("\u4e00" <= character <= "\u9fff" or character in "·•" for character in whole):
            found.append(whole)
    return found


def patients_only(values: Values) -> Values:
    return lambda resource: [v for v in values(resource) if "Patient/" in v.get("reference", "")]


def resolved(reference: Resource) -> str:
    """What a reference names in the world, whatever its version and base."""
    return reference.get("reference", "").removeprefix(f"{BASE}/").partition("/_history/")[0]


def dead(resource: Resource) -> list[bool]:
    return [bool(resource.get("deceasedBoolean")) or "deceasedDateTime" in resource]


EVERY = {
    "_id": Parameter("id", at("id")),
    "_lastUpdated": Parameter("date", at("meta", "lastUpdated")),
    "_tag": Parameter("token", at("meta", "tag")),
}
OBSERVATION = {
    "identifier": Parameter("token", at("identifier")),
    "status": Parameter("token", at("status")),
    "category": Parameter("token", at("category")),
    "code": Parameter("token", at("code")),
    "component-code": Parameter("token", at("component", "code")),
    "combo-code": Parameter("token", several(at("code"), at("component", "code"))),
    "subject": Parameter("reference", at("subject")),
    "patient": Parameter("reference", patients_only(at("subject"))),
    "performer": Parameter("reference", at("performer")),
    "encounter": Parameter("reference", at("encounter")),
    "date": Parameter("date", several(at("effectiveDateTime"), at("effectivePeriod"))),
    "value-date": Parameter("date", several(at("valueDateTime"), at("valuePeriod"))),
    "value-string": Parameter("string", several(at("valueString"), at("valueCodeableConcept", "text"))),
    "value-concept": Parameter("token", at("valueCodeableConcept")),
    "value-quantity": Parameter("quantity", at("valueQuantity")),
    "combo-value-quantity": Parameter(
        "quantity", several(at("valueQuantity"), at("component", "valueQuantity"))
    ),
}
PATIENT = {
    "identifier": Parameter("token", at("identifier")),
    "active": Parameter("token", at("active")),
    "name": Parameter("string", name_parts),
    "family": Parameter("string", at("name", "family")),
    "given": Parameter("string", at("name", "given")),
    "gender": Parameter("token", at("gender")),
    "birthdate": Parameter("date", at("birthDate")),
    "death-date": Parameter("date", at("deceasedDateTime")),
    "deceased": Parameter("token", dead),
    "phone": Parameter("token", lambda r: [t for t in r.get("telecom", []) if t.get("system") == "phone"]),
    "telecom": Parameter("token", at("telecom")),
    "address-city": Parameter("string", at("address", "city")),
    "address": Parameter(
        "string", several(at("address", "city"), at("address", "line"), at("address", "text"))
    ),
    "organization": Parameter("reference", at("managingOrganization")),
    "general-practitioner": Parameter("reference", at("generalPractitioner")),
    "link": Parameter("reference", at("link", "other")),
}
ENCOUNTER = {
    "status": Parameter("token", at("status")),
    "class": Parameter("token", at("class")),
    "type": Parameter("token", at("type")),
    "subject": Parameter("reference", at("subject")),
    "patient": Parameter("reference", patients_only(at("subject"))),
    "date": Parameter("date", at("period")),
    "location-period": Parameter("date", at("location", "period")),
    "service-provider": Parameter("reference", at("serviceProvider")),
    "length": Parameter("quantity", at("length")),
}
AUDIT_EVENT = {
    "patient": Parameter("reference", patients_only(several(at("agent", "who"), at("entity", "what")))),
    "agent": Parameter("reference", at("agent", "who")),
    "entity": Parameter("reference", at("entity", "what")),
    "date": Parameter("date", at("recorded")),
    "type": Parameter("token", at("type")),
    "policy": Parameter("uri", at("agent", "policy")),
}
RISK = {
    "probability": Parameter("number", at("prediction", "probabilityDecimal")),
    "subject": Parameter("reference", at("subject")),
    "patient": Parameter("reference", patients_only(at("subject"))),
    "date": Parameter("date", at("occurrenceDateTime")),
}
ORGANIZATION = {
    "name": Parameter("string", several(at("name"), at("alias"))),
    "identifier": Parameter("token", at("identifier")),
}
PARAMETERS: Mapping[str, Mapping[str, Parameter]] = {
    "Observation": EVERY | OBSERVATION,
    "Patient": EVERY | PATIENT,
    "Encounter": EVERY | ENCOUNTER,
    "AuditEvent": EVERY | AUDIT_EVENT,
    "RiskAssessment": EVERY | RISK,
    "Organization": EVERY | ORGANIZATION,
}


def search(world: World, resource_type: str, query: Iterable[tuple[str, str]]) -> list[str]:
    """The ids of the matches; in the order of `_sort` if there is one, else sorted by id."""
    given = list(query)
    criteria = [(name, value) for name, value in given if name != "_sort"]
    sort = next((value for name, value in given if name == "_sort"), "_id")
    found = [
        resource
        for resource in world.values()
        if resource["resourceType"] == resource_type
        if all(fulfils(world, resource, name, value) for name, value in criteria)
    ]
    return [resource["id"] for resource in ordered(found, sort)]


def fulfils(world: World, resource: Resource, name: str, value: str) -> bool:
    if name.startswith("_has:"):
        _, source_type, reference, rest = name.split(":", 3)
        parameter = PARAMETERS[source_type][reference]
        own = f"{resource['resourceType']}/{resource['id']}"
        return any(
            any(resolved(target) == own for target in parameter.values(source))
            and fulfils(world, source, rest, value)
            for source in world.values()
            if source["resourceType"] == source_type
        )
    head, dot, rest = name.partition(".")
    code, _, modifier = head.partition(":")
    parameter = PARAMETERS[resource["resourceType"]][code]
    found = parameter.values(resource)
    if (code, modifier) == ("patient", "identifier"):  # who that is cannot be resolved: any of them
        found = several(at("subject"), at("agent", "who"), at("entity", "what"))(resource)
    if dot:
        return any(
            target["resourceType"] == (modifier or target["resourceType"])
            and rest.partition(".")[0].partition(":")[0] in PARAMETERS[target["resourceType"]]
            and fulfils(world, target, rest, value)
            for reference in found
            if (target := world.get(resolved(reference))) is not None
        )
    if modifier == "missing":
        return (not found) == (value == "true")
    negated = modifier == "not"
    modifier = "" if negated else modifier
    alternatives = split(value, ",")
    return negated != any(
        compare(parameter.kind, each, one, modifier) for each in alternatives for one in found
    )


def split(value: str, separator: str) -> list[str]:
    hidden = value.replace("\\\\", "\x00").replace(f"\\{separator}", "\x01")
    parts = [part.replace("\x01", separator) for part in hidden.split(separator)]
    if separator == ",":
        return [part.replace("\x00", "\\\\") for part in parts]
    return [part.replace("\x00", "\\").replace("\\|", "|") for part in parts]


def compare(kind: str, wanted: str, value: Any, modifier: str) -> bool:
    match kind:
        case "id" | "uri":
            return bool(wanted == value)
        case "token":
            return token(wanted, value)
        case "string":
            return string(wanted, value, modifier)
        case "reference":
            return reference(wanted, value, modifier)
        case "date":
            return date(wanted, *interval(value))
        case "number":
            return number(wanted, value)
        case _:
            return quantity(wanted, value)


def canonical(system: str) -> str:
    return ALIASES.get(system, system)


def token(wanted: str, value: Any) -> bool:
    parts = split(wanted, "|")
    if isinstance(value, bool):
        return parts[-1] == str(value).lower() and (len(parts) == 1 or not parts[0])
    if isinstance(value, str):
        return parts[-1] == value and (len(parts) == 1 or not parts[0])
    if "coding" in value or set(value) <= {"text"}:
        return any(token(wanted, coding) for coding in value.get("coding", []))
    has_code = "value" in value or "code" in value
    code, system = value.get("value", value.get("code")), canonical(value.get("system", ""))
    if value.get("system") in ("phone", "email"):  # the system of a ContactPoint is no system of codes
        system = ""
    if len(parts) == 1:
        return has_code and bool(code == parts[0])
    if not parts[1]:
        return system == canonical(parts[0])
    return has_code and (system, code) == (canonical(parts[0]), parts[1])


def plain(text: str) -> str:
    folded = unicodedata.normalize("NFKD", text).casefold().replace("•", "·")
    return " ".join("".join(c for c in folded if not unicodedata.combining(c)).split())


def string(wanted: str, value: str, modifier: str) -> bool:
    wanted = wanted.replace("\\\\", "\\")
    if modifier == "exact":
        return wanted == value
    if modifier == "contains":
        return plain(wanted) in plain(value)
    return plain(value).startswith(plain(wanted))


def reference(wanted: str, value: Resource, modifier: str) -> bool:
    if modifier == "identifier":
        return "identifier" in value and token(wanted, value["identifier"])
    literal = value.get("reference", "")
    if modifier and "/" not in wanted:
        wanted = f"{modifier}/{wanted}"
    literal = literal.removeprefix(f"{BASE}/")
    wanted = wanted.removeprefix(f"{BASE}/")
    if "/" in wanted:
        return wanted in (literal, literal.partition("/_history/")[0])
    return bool(literal.count("/") == 1 and literal.endswith(f"/{wanted}"))


def instant_range(text: str) -> tuple[datetime, datetime]:
    if len(text) == 4:
        return datetime(int(text), 1, 1, tzinfo=UTC), datetime(int(text) + 1, 1, 1, tzinfo=UTC)
    if len(text) == 7:
        year, month = int(text[:4]), int(text[5:])
        after = (year + 1, 1) if month == 12 else (year, month + 1)
        return datetime(year, month, 1, tzinfo=UTC), datetime(*after, 1, tzinfo=UTC)
    moment = datetime.fromisoformat(text)
    if len(text) == 10:
        moment = moment.replace(tzinfo=UTC)
        return moment, moment + timedelta(days=1)
    if "." in text:
        return moment, moment + timedelta(milliseconds=1)
    return moment, moment + (
        timedelta(seconds=1) if text.count(":") > 1 + (text[-6] in "+-") else timedelta(minutes=1)
    )


def interval(value: Any) -> tuple[datetime, datetime]:
    if isinstance(value, str):
        return instant_range(value)
    start = instant_range(value["start"])[0] if "start" in value else EARLIEST
    end = instant_range(value["end"])[1] if "end" in value else LATEST
    return start, max(start, end)


def date(wanted: str, low: datetime, high: datetime) -> bool:
    prefix, text = (wanted[:2], wanted[2:]) if wanted[:2].isalpha() else ("eq", wanted)
    start, end = instant_range(text)
    inside = start <= low and high <= end
    return {
        "eq": inside,
        "ne": not inside,
        "gt": high > end,
        "lt": low < start,
        "ge": high > end or inside or low >= start,
        "le": low < start or inside or high <= end,
        "sa": low >= end,
        "eb": high <= start,
    }[prefix]


def number(wanted: str, value: Decimal) -> bool:
    prefix, text = (wanted[:2], wanted[2:]) if wanted[:2].isalpha() else ("eq", wanted)
    digits = len(text.partition(".")[2])
    exact, half = Decimal(text), Decimal(5).scaleb(-digits - 1)
    inside = exact - half <= value < exact + half
    return {
        "eq": inside,
        "ne": not inside,
        "gt": value > exact,
        "lt": value < exact,
        "ge": value >= exact,
        "le": value <= exact,
        "sa": value > exact,
        "eb": value < exact,
    }[prefix]


def quantity(wanted: str, value: Resource) -> bool:
    amount, _, unit = wanted.partition("|")
    if not number(amount, value["value"]):
        return False
    system, _, code = unit.partition("|")
    if not code:
        return True
    if system:
        return (value.get("system"), value.get("code")) == (system, code)
    return code in (value.get("code"), value.get("unit"))


def ordered(found: list[Resource], sort: str) -> list[Resource]:
    """By each key in turn; what lacks the value comes last."""
    result = sorted(found, key=lambda resource: resource["id"])
    for key in reversed(sort.split(",")):
        descending, code = key.startswith("-"), key.removeprefix("-")
        lacking = [resource for resource in result if sort_value(resource, code, descending) is None]
        having = [resource for resource in result if sort_value(resource, code, descending) is not None]
        having.sort(key=lambda r: sort_value(r, code, descending), reverse=descending)
        result = having + lacking
    return result


def sort_value(resource: Resource, code: str, descending: bool) -> Any:
    parameter = PARAMETERS[resource["resourceType"]][code]
    found = parameter.values(resource)
    if parameter.kind == "string":
        values = [plain(value) for value in found]
    elif parameter.kind == "date":
        leads = code in ("date", "birthdate", "_lastUpdated")
        values = [interval(value)[1 if descending and not leads else 0] for value in found]
    elif parameter.kind == "quantity":
        values = [value["value"] for value in found]
    elif code == "identifier":
        values = [value["value"] for value in found if "value" in value]
    else:
        values = found
    return (max if descending else min)(values, default=None)
