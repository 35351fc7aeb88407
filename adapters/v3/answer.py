"""The control act that answers a query: what was found, in the forms of the registering messages; pure.

HL7 v3 Query Infrastructure: queryAck says OK, NF (nothing found) or QE (the query was wrong).
"""

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any, Final

Json = dict[str, Any]
_OIDS: Final = "urn:oid:"
_GENDERS: Final = {"male": ("1", "男性"), "female": ("2", "女性"), "unknown": ("0", "未知的性别")}
_LOCAL_PATIENT: Final = "2.16.156.10011.2.5.1.4"


def control_act(found: Sequence[Json], contents: Mapping[str, str], query: str) -> str:
    """`contents` are the bytes of documents in base64, by the id of their DocumentReference."""
    told = "".join(_subject(each, contents) for each in found)
    code = "OK" if found else "NF"
    return (
        '<controlActProcess classCode="CACT" moodCode="EVN">'
        f'{told}<queryAck><queryId extension="{_said(query)}"/><queryResponseCode code="{code}"/>'
        f'<resultTotalQuantity value="{len(found)}"/></queryAck></controlActProcess>'
    )


def _subject(resource: Json, contents: Mapping[str, str]) -> str:
    made = _FORMS.get(resource["resourceType"], _act)(resource, contents)
    return f'<subject typeCode="SUBJ">{made}</subject>'


def _patient(resource: Json, contents: Mapping[str, str]) -> str:
    numbers = resource.get("identifier", ())
    own = [each for each in numbers if "/sid/" in each.get("system", "")]
    others = [each for each in numbers if each not in own]
    person = (
        f"{_ids(others)}{_names(resource)}{_telecoms(resource)}{_gender(resource)}"
        f"{_time('birthTime', resource.get('birthDate', ''))}{_addresses(resource)}"
    )
    inner = f"{_ids(own, _LOCAL_PATIENT)}<patientPerson>{person}</patientPerson>"
    return _registered(f'<patient classCode="PAT">{inner}</patient>')


def _organization(resource: Json, contents: Mapping[str, str]) -> str:
    name = f"<assignedPrincipalOrganization>{_name(resource.get('name', ''))}</assignedPrincipalOrganization>"
    return _registered(f"<assignedEntity>{_ids(resource.get('identifier', ()))}{name}</assignedEntity>")


def _practitioner(resource: Json, contents: Mapping[str, str]) -> str:
    person = f"{_names(resource)}{_gender(resource)}{_time('birthTime', resource.get('birthDate', ''))}"
    return _registered(
        f"<healthCareProvider>{_ids(resource.get('identifier', ()))}"
        f"<healthCarePrincipalPerson>{person}</healthCarePrincipalPerson></healthCareProvider>"
    )


def _terms(resource: Json, contents: Mapping[str, str]) -> str:
    items = "".join(
        f"<valueSetItems>{_code('code', each.get('code', ''), '', each.get('display', ''))}</valueSetItems>"
        for each in resource.get("concept", ())
    )
    return _registered(f'<valueSet><id extension="{_said(resource.get("title", ""))}"/>{items}</valueSet>')


def _document(resource: Json, contents: Mapping[str, str]) -> str:
    number = [resource["masterIdentifier"]] if "masterIdentifier" in resource else []
    data = contents.get(resource["id"], "")
    stored = f'<storageCode><originalText value="{data}"/></storageCode>' if data else ""
    return (
        f"<clinicalDocument>{_ids(number)}{_concept('code', resource.get('type'))}"
        f"{_time('effectiveTime', resource.get('date', ''))}{stored}</clinicalDocument>"
    )


def _act(resource: Json, contents: Mapping[str, str]) -> str:
    """Visits, orders and requests."""
    kind = {"Encounter": "encounterEvent", "MedicationRequest": "substanceAdministrationRequest"}
    name = kind.get(resource["resourceType"], "observationRequest")
    concept = resource.get("code") or resource.get("medicationCodeableConcept")
    when = resource.get("period", {}).get("start", "") or resource.get("authoredOn", "")
    return (
        f"<{name}>{_ids(resource.get('identifier', ()))}{_concept('code', concept)}"
        f'<statusCode code="{_said(resource.get("status", ""))}"/>{_time("effectiveTime", when)}</{name}>'
    )


_FORMS: Final = {
    "Patient": _patient,
    "Organization": _organization,
    "Practitioner": _practitioner,
    "CodeSystem": _terms,
    "DocumentReference": _document,
}


def _registered(inner: str) -> str:
    return f"<registrationRequest><subject1>{inner}</subject1></registrationRequest>"


def _ids(numbers: Sequence[Json], root: str = "") -> str:
    items = "".join(
        f'<item root="{_said(root or each.get("system", "").removeprefix(_OIDS))}"'
        f' extension="{_said(each.get("value", ""))}"/>'
        for each in numbers
    )
    return f"<id>{items}</id>" if items else ""


def _names(resource: Json) -> str:
    return "".join(_name(each.get("text", "")) for each in resource.get("name", ()))


def _name(text: str) -> str:
    return f'<name xsi:type="LIST_EN"><item><part value="{_said(text)}"/></item></name>' if text else ""


def _telecoms(resource: Json) -> str:
    items = "".join(f'<item value="{_said(each.get("value", ""))}"/>' for each in resource.get("telecom", ()))
    return f'<telecom xsi:type="DSET_TEL">{items}</telecom>' if items else ""


def _addresses(resource: Json) -> str:
    kinds = (("state", "STA"), ("city", "CTY"), ("district", "CNT"), ("postalCode", "ZIP"))
    items = ""
    for each in resource.get("address", ()):
        whole = each.get("text") or "".join(each.get("line", ()))
        parts = f'<part type="SAL" value="{_said(whole)}"/>' if whole else ""
        parts += "".join(f'<part type="{t}" value="{_said(each[n])}"/>' for n, t in kinds if n in each)
        items += f"<item>{parts}</item>"
    return f'<addr xsi:type="LIST_AD">{items}</addr>' if items else ""


def _gender(resource: Json) -> str:
    code, name = _GENDERS.get(resource.get("gender", ""), ("", ""))
    return _code("administrativeGenderCode", code, "2.16.156.10011.2.3.3.4", name) if code else ""


def _concept(name: str, concept: Json | None) -> str:
    coding: Json = next(iter((concept or {}).get("coding", ())), {})
    shown = coding.get("display", "") or (concept or {}).get("text", "")
    return _code(name, coding.get("code", ""), coding.get("system", "").removeprefix(_OIDS), shown)


def _code(name: str, code: str, system: str, display: str) -> str:
    of = f' codeSystem="{_said(system)}"' if system else ""
    return (
        f'<{name} code="{_said(code)}"{of}><displayName value="{_said(display)}"/></{name}>'
        if code or display
        else ""
    )


def _time(name: str, said: str) -> str:
    plain = "".join(sign for sign in said[:19] if sign.isdigit())
    return f'<{name} value="{plain}"/>' if plain else ""


def _said(text: str) -> str:
    return escape(str(text))
