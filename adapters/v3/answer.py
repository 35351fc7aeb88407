"""The control act that answers a query: what was found, in the forms of the registering messages; pure.

HL7 v3 Query Infrastructure: queryAck says OK, NF (nothing found) or QE (the query was wrong).
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from adapters.v3.acts import appointment, requests, schedule, visit
from adapters.v3.told import Around, assigned, at, patient, unit
from adapters.v3.wording import (
    addresses,
    code,
    concept,
    each_in,
    gender,
    ids,
    name,
    names,
    said,
    telecoms,
    time,
)

Json = dict[str, Any]
_ACTS: Final = {"Encounter": visit, "Appointment": appointment, "Schedule": schedule}
_REQUESTS: Final = ("ServiceRequest", "MedicationRequest")


def control_act(
    found: Sequence[Json],
    contents: Mapping[str, str],
    query: str,
    around: Around | None = None,
    service: str = "",
    total: int | None = None,
    before: int = 0,
) -> str:
    """Those `found` of `total`, after `before` others. `contents` are the bytes of documents in base64, by
    the id of their DocumentReference; `around` the resources by `Type/id` that those found refer to;
    `service` the name of the service that was called."""
    known = {**(around or {}), **{f"{each['resourceType']}/{each['id']}": each for each in found}}
    told = [_told(each, known, contents) for each in found if each["resourceType"] not in _REQUESTS]
    told += requests([each for each in found if each["resourceType"] in _REQUESTS], known, service)
    subjects = each_in('subject typeCode="SUBJ"', told)
    answer = "OK" if total or found else "NF"
    number = len(found) if total is None else total
    return (
        '<controlActProcess classCode="CACT" moodCode="EVN">'
        f'{subjects}<queryAck><queryId extension="{said(query)}"/><queryResponseCode code="{answer}"/>'
        f'<resultTotalQuantity value="{number}"/><resultCurrentQuantity value="{len(found)}"/>'
        f'<resultRemainingQuantity value="{max(number - before - len(found), 0)}"/>'
        "</queryAck></controlActProcess>"
    )


def _told(resource: Json, around: Around, contents: Mapping[str, str]) -> str:
    kind = resource["resourceType"]
    if kind in _ACTS:
        return _ACTS[kind](resource, around)
    if kind == "DocumentReference":
        return _document(resource, around, contents)
    forms = {"Patient": patient, "Organization": _organization, "CodeSystem": _terms}
    made = forms[kind](resource) if kind in forms else _practitioner(resource, around)
    return f"<registrationRequest><subject1>{made}</subject1></registrationRequest>"


def _organization(resource: Json) -> str:
    own = f"<assignedPrincipalOrganization>{name(resource.get('name', ''))}</assignedPrincipalOrganization>"
    kind = concept("code", next(iter(resource.get("type", ())), None))
    reach = telecoms(resource) + addresses(resource)
    return f"<assignedEntity>{ids(resource.get('identifier', ()))}{kind}{reach}{own}</assignedEntity>"


def _practitioner(resource: Json, around: Around) -> str:
    roles = [each for each in around.values() if _is_of(each, resource)]
    units = [unit(at(each.get("organization"), around)) for each in roles]
    where = each_in("asAffiliate", [each_in("affiliatedPrincipalOrganization", [each]) for each in units])
    title = next((each.get("code") for each in resource.get("qualification", ())), None)
    person = f"{names(resource)}{gender(resource)}{time('birthTime', resource.get('birthDate', ''))}{where}"
    return (
        f"<healthCareProvider>{ids(resource.get('identifier', ()))}{concept('code', title)}"
        f"<healthCarePrincipalPerson>{person}</healthCarePrincipalPerson></healthCareProvider>"
    )


def _is_of(role: Json, practitioner: Json) -> bool:
    told = role.get("practitioner", {}).get("reference", "")
    return bool(told) and told == f"Practitioner/{practitioner['id']}"


def _terms(resource: Json) -> str:
    items = "".join(
        f"<valueSetItems>{code('code', each.get('code', ''), '', each.get('display', ''))}</valueSetItems>"
        for each in resource.get("concept", ())
    )
    version = f'<version code="{said(resource["version"])}"/>' if "version" in resource else ""
    return f'<valueSet><id extension="{said(resource.get("title", ""))}"/>{version}{items}</valueSet>'


def _document(resource: Json, around: Around, contents: Mapping[str, str]) -> str:
    number = [resource["masterIdentifier"]] if "masterIdentifier" in resource else []
    data = contents.get(resource["id"], "")
    stored = f'<storageCode><originalText value="{data}"/></storageCode>' if data else ""
    whose = at(resource.get("subject"), around)
    custodian = at(resource.get("custodian"), around)
    authors = (assigned("assignedAuthor", each, around) for each in resource.get("author", ()))
    return (
        f"<clinicalDocument>{ids(number)}{concept('code', resource.get('type'))}"
        f"{time('effectiveTime', resource.get('date', ''))}"
        f"{''.join(concept('confidentialityCode', each) for each in resource.get('securityLabel', ()))}"
        f"{stored}{each_in('recordTarget', [patient(whose)]) if whose else ''}{each_in('author', authors)}"
        f"{_kept_by(custodian)}</clinicalDocument>"
    )


def _kept_by(organization: Json) -> str:
    whose = each_in("representedOrganization", [unit(organization)])
    return each_in("custodian", [each_in("assignedCustodian", [whose])])
