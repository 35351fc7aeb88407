"""A Patient as a PID segment, for answers to queries. Pure.

https://build.fhir.org/ig/HL7/v2-to-fhir/ConceptMap-segment-pid-to-patient.html, the other way.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final

from adapters.hl7v2.escape import Delimiters

Resource = Mapping[str, Any]
Authority = Callable[[str], tuple[str, str, str]]
"""Of an identifier system the namespace id, the universal id and its type."""

_GENDERS: Final = {"male": "M", "female": "F", "other": "O", "unknown": "U"}
_NAMES: Final = {"official": "L", "usual": "D", "nickname": "N", "anonymous": "S", "old": "B", "maiden": "M"}
_ADDRESSES: Final = {"home": "H", "work": "O", "temp": "C", "billing": "BI", "old": "BA"}
_SYSTEMS: Final = {"phone": "PH", "fax": "FX", "email": "Internet", "pager": "BP", "sms": "CP"}
_PID_21: Final = 21


def pid_from_patient(
    patient: Resource,
    identifiers: Sequence[Resource],
    of: Delimiters,
    authority: Authority,
    mother: Sequence[Resource] = (),
    mothers_identifiers: Sequence[Resource] = (),
) -> list[str]:
    """The fields PID-1 to PID-21. `identifiers` are those to tell; `mother` are her names."""
    fields = [""] * (_PID_21 + 1)
    fields[3] = _repeated(of, (_cx(each, of, authority) for each in identifiers))
    fields[5] = _repeated(of, (_xpn(each, of) for each in patient.get("name", ())))
    fields[6] = _repeated(of, (_xpn(each, of) for each in mother))
    fields[7] = str(patient.get("birthDate", "")).replace("-", "")
    fields[8] = _GENDERS.get(str(patient.get("gender")), "")
    fields[11] = _repeated(of, (_xad(each, of) for each in patient.get("address", ())))
    telecom = patient.get("telecom", ())
    fields[13] = _repeated(of, (_xtn(each, of) for each in telecom if each.get("use") != "work"))
    fields[14] = _repeated(of, (_xtn(each, of) for each in telecom if each.get("use") == "work"))
    fields[15] = next((_code(each.get("language", {}), of) for each in patient.get("communication", ())), "")
    fields[16] = _code(patient.get("maritalStatus", {}), of)
    if isinstance(order := patient.get("multipleBirthInteger"), int):
        fields[_PID_21:] = ["", "", "", "", str(order)]
    fields[_PID_21] = _repeated(of, (_cx(each, of, authority) for each in mothers_identifiers))
    return fields[1:]


def _repeated(of: Delimiters, values: Iterable[str]) -> str:
    return of.repetition.join(filter(None, values))


def _joined(of: Delimiters, parts: Sequence[str]) -> str:
    """Components, escaped already, without the empty ones at the end."""
    return of.component.join(parts).rstrip(of.component)


def _cx(identifier: Resource, of: Delimiters, authority: Authority) -> str:
    names = [of.escaped(part) for part in authority(str(identifier.get("system", "")))]
    of_authority = of.subcomponent.join(names).rstrip(of.subcomponent)
    codings = identifier.get("type", {}).get("coding", ())
    kind = next((str(coding["code"]) for coding in codings if coding.get("code")), "")
    return _joined(of, [of.escaped(str(identifier["value"])), "", "", of_authority, of.escaped(kind)])


def _xpn(name: Resource, of: Delimiters) -> str:
    given = [str(each) for each in name.get("given", ())]
    family = str(name.get("family", "")) or ("" if given else str(name.get("text", "")))
    parts = [family, *given[:1], " ".join(given[1:])] if given else [family, "", ""]
    told = [*map(of.escaped, parts), of.escaped(" ".join(name.get("suffix", ())))]
    prefix = of.escaped(" ".join(name.get("prefix", ())))
    return _joined(of, [*told, prefix, "", _NAMES.get(str(name.get("use")), "")]) if any(parts) else ""


def _xad(address: Resource, of: Delimiters) -> str:
    lines = [str(each) for each in address.get("line", ())] or [str(address.get("text", ""))]
    parts = [lines[0], " ".join(lines[1:]), *(str(address.get(name, "")) for name in _PLACES)]
    told = [of.escaped(part) for part in parts]
    return _joined(of, [*told, _ADDRESSES.get(str(address.get("use")), "")]) if any(parts) else ""


_PLACES: Final = ("city", "state", "postalCode", "country")


def _xtn(contact: Resource, of: Delimiters) -> str:
    if not contact.get("value"):
        return ""
    use = "WPN" if contact.get("use") == "work" else "PRN"
    kind = "CP" if contact.get("use") == "mobile" else _SYSTEMS.get(str(contact.get("system")), "PH")
    value = of.escaped(str(contact["value"]))
    return _joined(of, ["", use, kind, value] if kind == "Internet" else [value, use, kind])


def _code(concept: Resource, of: Delimiters) -> str:
    codings = concept.get("coding", ())
    code = next((str(coding["code"]) for coding in codings if coding.get("code")), "")
    return of.escaped(code)
