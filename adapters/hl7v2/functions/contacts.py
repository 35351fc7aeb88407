"""XAD and AD → Address, XTN and TN → ContactPoint.

https://hl7.org/fhir/R4/datatypes.html#Address and #ContactPoint.
"""

from typing import Any

from adapters.hl7v2.context import Context
from adapters.hl7v2.functions.coded import required, table_coding
from adapters.hl7v2.functions.times import period_of
from adapters.hl7v2.functions.urls import ALTERNATE_CODES, STRUCTURE
from adapters.hl7v2.reading import Value
from adapters.mapping.functions import Several

Json = dict[str, Any]
_ADDRESS_PARTS = ((3, "city"), (4, "state"), (5, "postalCode"), (6, "country"))
_NUMBER_PARTS = (
    (5, "contactpoint-country"),
    (6, "contactpoint-area"),
    (7, "contactpoint-local"),
    (8, "contactpoint-extension"),
    (9, "contactpoint-comment"),
)
CENSUS_TRACT = "https://yilian.example/fhir/StructureDefinition/address-census-tract"
_INTERNET = frozenset(("INTERNET", "X.400"))


def xad_address(value: Value, context: Context) -> Json | None:
    """XAD → Address. The street's sub-components, the other designations and the addressee are lines."""
    made = _address_kind(value.text(7), context)
    street = value.sub(1)
    lines = [text for part in street.pieces() if (text := street.text(part))]
    lines += [text for part in (2, 8, 19) if (text := value.text(part))]
    if lines:
        made["line"] = lines
    for part, name in _ADDRESS_PARTS:
        if text := value.text(part):
            made[name] = text
    if value.count() > 8:
        if district := _district(value.sub(9)):
            made["district"] = district
        if tract := value.text(10):
            made.setdefault("extension", []).append({"url": CENSUS_TRACT, "valueString": tract})
        if validity := period_of(value, context, 13, 14, span=12):
            made["period"] = validity
    return made if made.keys() - {"use", "type", "extension", "period"} else None


def _district(county: Value) -> str:
    """CWE or a bare text: what a reader would see."""
    return county.text(9) or county.text(2) or county.text(1)


def _address_kind(code: str, context: Context) -> Json:
    """Table 0190 is split over Address.use and Address.type; what neither says stays as v2's own code."""
    made: Json = {}
    if not code:
        return made
    if use := context.word("AddressUse", code):
        made["use"] = use
    if kind := context.word("AddressType", code):
        made["type"] = kind
    if not made or code in ("BA", "SH", "O"):
        concept = {"coding": [table_coding(context, "AddressUse", "0190", code)]}
        made["extension"] = [{"url": ALTERNATE_CODES, "valueCodeableConcept": concept}]
    return made


def xtn_telecom(value: Value, context: Context, *, use: str = "") -> Several | None:
    """XTN → ContactPoints: the number and the electronic address, if both are there. `use` where none is
    sent."""
    equipment = value.text(3)
    sent_use = value.text(2)
    common = _use(sent_use, equipment, use, context)
    internet = equipment.upper() in _INTERNET or sent_use == "NET"
    found: list[Json] = []
    if address := value.text(4) or (value.text(1) if internet else ""):
        found.append({**_electronic_system(address, equipment, context), "value": address, **common})
    number = _number(value, taken=internet and not value.has(4))
    if number:
        point = {**_system("" if internet else equipment, sent_use, context), "value": number, **common}
        if extensions := _number_extensions(value):
            point["extension"] = extensions
        found.append(point)
    if value.count() > 12:
        validity = period_of(value, context, 13, 14)
        rank = value.text(18)
        for point in found:
            if validity:
                point["period"] = validity
            if rank.isdecimal() and int(rank[:9]):
                point["rank"] = int(rank[:9])
    return Several(tuple(found)) if found else None


def _use(sent: str, equipment: str, otherwise: str, context: Context) -> Json:
    """ContactPoint.use: a mobile by its equipment; NET and BPN say what it is, not where."""
    if sent and sent not in ("NET", "BPN"):
        made = required(context, "use", "TelecomUse", "0201", sent)
        return {**made, "use": "mobile"} if equipment == "CP" and sent != "WPN" else made
    use = "mobile" if equipment == "CP" else otherwise
    return {"use": use} if use and sent != "NET" else {}


def _system(equipment: str, sent_use: str, context: Context) -> Json:
    """ContactPoint.system; `other` for equipment that FHIR does not know."""
    if not equipment:
        return {"system": context.word("TelecomSystem", sent_use) or "phone"}
    return {"system": "other", **required(context, "system", "TelecomSystem", "0202", equipment)}


def _electronic_system(address: str, equipment: str, context: Context) -> Json:
    """`email` or `url`, beside the word that Table 0202 has for both."""
    if equipment.upper() not in _INTERNET:
        return {"system": _electronic(address)}
    return {**required(context, "system", "TelecomSystem", "0202", equipment), "system": _electronic(address)}


def _electronic(address: str) -> str:
    return "url" if "://" in address[:16] else "email"


def _number(value: Value, taken: bool) -> str:
    """The unformatted number, or the parts put together, or the old first component."""
    if whole := value.text(12):
        return whole
    local = value.peek(7)
    if local or (value.has(6) and not value.has(1)):
        country, area, extension = (value.peek(part) for part in (5, 6, 8))
        text = " ".join(filter(None, (f"+{country.lstrip('+')}" if country else "", area, local)))
        return f"{text} X{extension}" if extension else text
    return "" if taken else value.text(1)


def _number_extensions(value: Value) -> list[Json]:
    return [
        {"url": STRUCTURE + name, "valueString": text}
        for part, name in _NUMBER_PARTS
        if (text := value.text(part))
    ]


def email_telecom(value: Value, context: Context) -> Json | None:
    """ST of an electronic address → ContactPoint."""
    address = value.whole()
    return {"system": _electronic(address), "value": address} if address else None
