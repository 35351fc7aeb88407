"""How the naive search compares one value with what is wanted, by the kind of parameter.

https://hl7.org/fhir/R4/search.html#ptypes
"""

import math
import unicodedata
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from tests.exchange.search.elements import BASE, Resource

ALIASES = {"urn:oid:2.16.840.1.113883.2.23.1.19.1": "urn:oid:2.16.156.10011.1.3"}
EARLIEST, LATEST = datetime(1, 1, 1, tzinfo=UTC), datetime(9999, 12, 31, tzinfo=UTC)
NOW = datetime(2024, 1, 1, 12, tzinfo=UTC)
Bounds = tuple[Decimal, Decimal]
MOST = Decimal("Infinity")


def split(value: str, separator: str, *, keep: bool = False) -> list[str]:
    """The parts between separators without a backslash; unescaped, unless they are to be split again."""
    hidden = value.replace("\\\\", "\x00").replace(f"\\{separator}", "\x01")
    parts = hidden.split(separator)
    if keep or separator == ",":
        return [part.replace("\x01", f"\\{separator}").replace("\x00", "\\\\") for part in parts]
    for character in ",|$":
        parts = [part.replace(f"\\{character}", character) for part in parts]
    return [part.replace("\x01", separator).replace("\x00", "\\") for part in parts]


def whole(value: str) -> str:
    return split(value, "\x02")[0]


def compare(kind: str, wanted: str, value: Any, modifier: str) -> bool:
    if modifier == "text":
        return any(string(wanted, text, "") for text in texts(value))
    match kind:
        case "id":
            return bool(whole(wanted) == value)
        case "uri":
            return uri(whole(wanted), value, modifier)
        case "token":
            return of_type(wanted, value) if modifier == "of-type" else token(wanted, value)
        case "string":
            return string(wanted, value, modifier)
        case "reference":
            return reference(whole(wanted) if modifier != "identifier" else wanted, value, modifier)
        case "date":
            return date(wanted, *interval(value))
        case "number":
            return number(wanted, bounds(value))
        case "near":
            return near(wanted, value)
        case _:
            return quantity(wanted, value)


def texts(value: Any) -> list[str]:
    """What is written beside a code, an identifier or a reference."""
    if not isinstance(value, dict):
        return []
    if "type" in value:
        return texts({"text": value["type"].get("text")})
    found = [value.get("text"), value.get("display"), *(c.get("display") for c in value.get("coding", ()))]
    return [text for text in found if text]


def uri(wanted: str, value: str, modifier: str) -> bool:
    if modifier == "below":
        return is_under(value, wanted)
    if modifier == "above":
        return is_under(wanted, value)
    return wanted in (value, value.partition("|")[0])


def is_under(url: str, above: str) -> bool:
    if url == above:
        return True
    return url.startswith(above) and (above[-1] in "/?#|" or url[len(above)] in "/?#|") and "://" in above


def of_type(wanted: str, value: Resource) -> bool:
    system, code, own = split(wanted, "|")
    return value.get("value") == own and any(
        (canonical(each.get("system", "")), each.get("code")) == (canonical(system), code)
        for each in value.get("type", {}).get("coding", ())
    )


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
    wanted = whole(wanted)
    if modifier == "exact":
        return wanted == value
    if modifier == "contains":
        return plain(wanted) in plain(value)
    return plain(value).startswith(plain(wanted))


def reference(wanted: str, value: Any, modifier: str) -> bool:
    if isinstance(value, str):  # a canonical
        return wanted in (value, value.partition("|")[0])
    if modifier == "identifier":
        return "identifier" in value and token(wanted, value["identifier"])
    literal = value.get("reference", "")
    if modifier and "/" not in wanted:
        wanted = f"{modifier}/{wanted}"
    literal = literal.removeprefix(f"{BASE}/")
    wanted = wanted.removeprefix(f"{BASE}/")
    if "/" in wanted:
        return wanted in (literal, literal.partition("/_history/")[0])
    unversioned = literal.partition("/_history/")[0]
    return bool(unversioned.count("/") == 1 and unversioned.endswith(f"/{wanted}"))


def instant_range(text: str) -> tuple[datetime, datetime]:
    if len(text) == 4:
        return datetime(int(text), 1, 1, tzinfo=UTC), datetime(int(text) + 1, 1, 1, tzinfo=UTC)
    if len(text) == 7:
        year, month = int(text[:4]), int(text[5:])
        after = (year + 1, 1) if month == 12 else (year, month + 1)
        return datetime(year, month, 1, tzinfo=UTC), datetime(*after, 1, tzinfo=UTC)
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    if len(text) == 10:
        return moment, moment + timedelta(days=1)
    if "." in text:
        return moment, moment + timedelta(milliseconds=1)
    clock = text[11:].removesuffix("Z").replace("-", "+").partition("+")[0]
    return moment, moment + (timedelta(seconds=1) if clock.count(":") == 2 else timedelta(minutes=1))


def interval(value: Any) -> tuple[datetime, datetime]:
    if isinstance(value, str):
        return instant_range(value)
    if "event" in value or "repeat" in value:
        every = [instant_range(event) for event in value.get("event", ())]
        if "repeat" in value:
            every.append(interval(value["repeat"]["boundsPeriod"]))
        return min(low for low, _ in every), max(high for _, high in every)
    start = instant_range(value["start"])[0] if "start" in value else EARLIEST
    end = instant_range(value["end"])[1] if "end" in value else LATEST
    return start, max(start, end)


def prefixed(wanted: str) -> tuple[str, str]:
    return (wanted[:2], wanted[2:]) if wanted[:2].isalpha() else ("eq", wanted)


def date(wanted: str, low: datetime, high: datetime) -> bool:
    prefix, text = prefixed(wanted)
    start, end = instant_range(text)
    inside = start <= low and high <= end
    gap = abs(NOW - start) / 10
    return {
        "eq": inside,
        "ne": not inside,
        "gt": high > end,
        "lt": low < start,
        "ge": high > end or inside or low >= start,
        "le": low < start or inside or high <= end,
        "sa": low >= end,
        "eb": high <= start,
        "ap": low < end + gap and high > start - gap,
    }[prefix]


def bounds(value: Any) -> Bounds | None:
    """The range of a number, Quantity, Range, SampledData or Money; None if it has no value."""
    if not isinstance(value, dict):
        return Decimal(value), Decimal(value)
    if "low" in value or "high" in value:
        low, high = value.get("low", {}).get("value"), value.get("high", {}).get("value")
        return (-MOST if low is None else low), (MOST if high is None else high)
    if "data" in value:
        points = [
            value["origin"]["value"] + Decimal(value.get("factor", 1)) * Decimal(point)
            for point in value["data"].split()
            if point not in "EUL"
        ]
        return (min(points), max(points)) if points else None
    if "value" not in value:
        return None
    point = Decimal(value["value"])
    below, above = value.get("comparator") in ("<", "<="), value.get("comparator") in (">", ">=")
    return (-MOST if below else point), (MOST if above else point)


def number(wanted: str, found: Bounds | None) -> bool:
    if found is None:
        return False
    low, high = found
    prefix, text = prefixed(wanted)
    exact = Decimal(text)
    half = Decimal(5).scaleb(least_digit(text) - 1)
    start, end = exact - half, exact + half
    inside = start <= low and high < end
    tenth = abs(exact) / 10
    return {
        "eq": inside,
        "ne": not inside,
        "gt": high > exact,
        "lt": low < exact,
        "ge": high >= exact,
        "le": low <= exact,
        "sa": low > exact,
        "eb": high < exact,
        "ap": low <= exact + tenth and high >= exact - tenth,
    }[prefix]


def least_digit(text: str) -> int:
    """The power of ten of the last digit written; of `1e2`, whose example has two digits, one below."""
    mantissa, _, exponent = text.lower().partition("e")
    if not exponent:
        return -len(mantissa.partition(".")[2])
    place = int(exponent) - len(mantissa.partition(".")[2])
    return place - 1 if place > 0 else place


def quantity(wanted: str, value: Resource) -> bool:
    amount, *unit = split(wanted, "|")
    if not number(amount, bounds(value)):
        return False
    if not unit or not unit[1]:
        return True
    system, code = unit
    has = unit_of(value)
    if system:
        return (has.get("system"), has.get("code")) == (system, code)
    return code in (has.get("code"), has.get("unit"))


def unit_of(value: Resource) -> Resource:
    if "currency" in value:
        return {"system": "urn:iso:std:iso:4217", "code": value["currency"]}
    if "origin" in value:
        return dict(value["origin"])
    return dict(value.get("low") or value.get("high") or value)


def near(wanted: str, position: Resource) -> bool:
    """By the angle between two vectors from the middle of the earth."""
    latitude, longitude, *far = split(wanted, "|")
    distance, unit = (*far, "", "")[:2]
    metres = float(distance or 50) * {"": 1000, "km": 1000, "m": 1, "[mi_us]": 1609.347218694438}[unit]
    one, other = vector(latitude, longitude), vector(position["latitude"], position["longitude"])
    cross = math.sqrt(sum((one[i - 2] * other[i - 1] - one[i - 1] * other[i - 2]) ** 2 for i in range(3)))
    angle = math.atan2(cross, sum(a * b for a, b in zip(one, other, strict=True)))
    return angle * 6_371_008.8 <= metres


def vector(latitude: Any, longitude: Any) -> tuple[float, float, float]:
    phi, theta = math.radians(float(latitude)), math.radians(float(longitude))
    return math.cos(phi) * math.cos(theta), math.cos(phi) * math.sin(theta), math.sin(phi)
