"""What a v3 query asks for, as searches of FHIR; pure.

WS/T 846-2024: persons, organizations, staff, terms, documents, visits, orders and requests.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from adapters.hl7v2.context import Context
from adapters.trees.element import Element
from adapters.trees.functions.identifiers import identifier
from adapters.trees.functions.times import moment_of
from adapters.trees.reading import Value

# Query → the types of resource that can answer it.
TYPES: Final[Mapping[str, tuple[str, ...]]] = {
    "PRPA_IN201305UV02": ("Patient",),
    "PRPM_IN406010UV01": ("Organization",),
    "PRPM_IN306010UV01": ("Practitioner",),
    "PRVS_IN000003UV01": ("CodeSystem",),
    "RCMR_IN000029UV01": ("DocumentReference",),
    "RCMR_IN000031UV01": ("DocumentReference",),
    "PRPA_IN900300UV": ("Encounter",),
    "QUMT_IN020030UV01": ("ServiceRequest", "MedicationRequest"),
    "QUMT_IN020030PL": ("ServiceRequest", "MedicationRequest"),
}
# One query serves many services: how a service's name begins → what answers it instead.
_SERVICES: Final[Mapping[str, tuple[str, ...]]] = {
    "OutPatientAppoint": ("Appointment",),
    "CheckAppoint": ("Appointment",),
    "OperationSchedule": ("Appointment",),
    "SourceAndSchedule": ("Schedule",),
    "OrderInfo": ("MedicationRequest", "ServiceRequest"),
    **dict.fromkeys(
        ("ExamApp", "CheckApp", "PathologyApp", "BloodTransApp", "OperationApp", "OrderFiller"),
        ("ServiceRequest",),
    ),
}
# What an answer tells beside what is found, and what that refers to in turn.
_INCLUDES: Final[Mapping[str, tuple[str, ...]]] = {
    "DocumentReference": (
        *("patient:Patient", "author:PractitionerRole", "author:Practitioner", "custodian:Organization"),
    ),
    "Encounter": (
        *("patient:Patient", "location:Location", "participant:PractitionerRole", "participant:Practitioner"),
        *("diagnosis:Condition", "service-provider:Organization"),
    ),
    "ServiceRequest": (
        *("patient:Patient", "encounter:Encounter", "requester:PractitionerRole", "requester:Practitioner"),
        "specimen:Specimen",
    ),
    "Appointment": ("patient:Patient", "practitioner:PractitionerRole", "practitioner:Practitioner"),
    "Schedule": ("actor:PractitionerRole", "actor:Practitioner"),
    "MedicationRequest": (
        *("patient:Patient", "encounter:Encounter", "requester:PractitionerRole", "requester:Practitioner"),
    ),
}
_FURTHER: Final = (
    *("Encounter:location:Location", "Encounter:service-provider:Organization"),
    *("Location:partof:Location", "Location:organization:Organization", "Organization:partof:Organization"),
    *("PractitionerRole:practitioner:Practitioner", "PractitionerRole:organization:Organization"),
    *("Encounter:diagnosis:Condition", "Condition:asserter:PractitionerRole"),
    "Condition:asserter:Practitioner",
)
# Query → the parameter that its times limit.
_TIMES: Final[Mapping[str, tuple[str, ...]]] = {
    "encounterTimeframe": ("Encounter", "date"),
    "clinicalDocument.effectiveTime": ("DocumentReference", "date"),
    "encompassingEncounter.effectiveTime": ("DocumentReference", "encounter:Encounter.date"),
    "effectiveTime": ("ServiceRequest", "occurrence"),
    "appointmentTimeframe": ("Appointment", "date"),
}
# The number of a form, by which its items are found too.
_FORMS: Final = {"ServiceRequest": "requisition"}
_TIMES_HERE: Final = "2.16.156.10011.2.5.1.8"
_CLASSES: Final = {"1": "AMB", "2": "EMER", "3": "IMP", "4": "AMB", "9": "AMB"}
_OWN: Final = frozenset(
    (
        *("livingSubjectId", "organizationID", "providerID", "clinicalDocument.id", "careEventID", "actId"),
        *("valueSet", "encounterEvent"),
    )
)
_PATIENT: Final = frozenset(("patientId", "patient.id", "recordTarget.id"))
_NAMES: Final = frozenset(("livingSubjectName", "organizationName", "providerName"))
_GENDERS: Final = {"1": "male", "2": "female", "0": "unknown", "9": "unknown"}


@dataclass(frozen=True, slots=True)
class Search:
    """One search: a type, its parameters and what the answer tells beside what is found."""

    type: str
    parameters: tuple[tuple[str, str], ...]

    @property
    def includes(self) -> tuple[tuple[str, str, str], ...]:
        """Each as a parameter, its value and the type that it brings."""
        if self.type == "Practitioner":
            return (("_revinclude", "PractitionerRole:practitioner", "PractitionerRole"),)
        told = _INCLUDES.get(self.type, ())
        first = (("_include", f"{self.type}:{each}", each.rpartition(":")[2]) for each in told)
        further = (("_include:iterate", each, each.rpartition(":")[2]) for each in _FURTHER if told)
        return (*first, *further)


def searches(root: Element, context: Context, service: str = "") -> list[Search]:
    """The searches of a prepared query; none where it names nothing to look for. `service` is what was
    called."""
    made: list[Search] = []
    of_service = (types for name, types in _SERVICES.items() if service.startswith(name))
    for kind in next(of_service, TYPES.get(root.name, ())):
        parameters = tuple(_parameters(root, kind, context))
        if parameters:
            made.append(Search(kind, parameters))
        if (form := _FORMS.get(kind)) and any(name == "identifier" for name, _ in parameters):
            made.append(
                Search(kind, tuple((form if n == "identifier" else n, said) for n, said in parameters))
            )
    return made


def _parameters(root: Element, kind: str, context: Context) -> Iterator[tuple[str, str]]:
    for element in root.walk():
        name = element.name
        if name in ("livingSubjectBirthTime", "dOB"):
            yield from _dates(element, "birthdate", context)
            continue
        if _TIMES.get(name, ("",))[0] == kind:
            yield from _moments(element, _TIMES[name][1], context)
            continue
        parameter, said = "", ""
        if name in _OWN or (name == "patientId" and kind == "Patient"):
            parameter, said = "identifier", _numbers(element, context)
        elif name in _PATIENT:
            parameter, said = "patient:Patient.identifier", _numbers(element, context)
        elif name in _NAMES:
            parameter, said = "name", _text(element)
        elif name in ("livingSubjectAdministrativeGender", "administrativeGender"):
            parameter, said = "gender", _GENDERS.get(_attribute(element, "code"), "")
        elif name == "clinicalDocument.code":
            parameter, said = "type", _said(_attribute(element, "code"))
        elif name == "typeOfEncounter":
            parameter, said = "class", _CLASSES.get(_attribute(element, "code").lstrip("0"), "")
        elif name == "encompassingEncounter.id":
            parameter, said = "encounter:Encounter.identifier", _numbers(element, context)
        if said:
            yield parameter, said


def _numbers(element: Element, context: Context) -> str:
    """All numbers under an element, any of which may fit. How often somebody was here is no number of a
    visit: that many others were, too."""
    found = []
    for each in element.walk():
        if (
            each.peek("root") != _TIMES_HERE
            and each.peek("extension")
            and (made := identifier(Value(each), context)) is not None
        ):
            found.append(f"{_said(made['system'])}|{_said(made['value'])}")
    return ",".join(dict.fromkeys(found))


def _dates(element: Element, name: str, context: Context) -> Iterator[tuple[str, str]]:
    for each in element.walk():
        sign = {"low": "ge", "high": "le"}.get(each.name, "")
        if day := moment_of(each.peek("value"), context)[:10]:
            yield name, f"{sign}{day}"


def _moments(element: Element, name: str, context: Context) -> Iterator[tuple[str, str]]:
    """The bounds of a time, to the second."""
    for end, sign in (("low", "ge"), ("high", "le")):
        for each in element.walk():
            if each.name == end and (moment := moment_of(each.peek("value"), context)):
                yield name, f"{sign}{moment}"


def _text(element: Element) -> str:
    return _said("".join(each.peek("value") for each in element.walk()))


def _attribute(element: Element, name: str) -> str:
    return next((said for each in element.walk() if (said := each.peek(name))), "")


def _said(text: str) -> str:
    """As a value of a search, where `,`, `|`, `$` and the backslash mean something."""
    return "".join(f"\\{sign}" if sign in ",|$\\" else sign for sign in text)
