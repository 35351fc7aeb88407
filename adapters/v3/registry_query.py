"""What a query of PIXV3 or PDQV3 asks of the patient index, as the query of HL7 v2 that says the same. Pure.

https://profiles.ihe.net/ITI/TF/Volume2/ITI-45.html · https://profiles.ihe.net/ITI/TF/Volume2/ITI-47.html
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from adapters.hl7v2.acknowledge import Fault
from adapters.hl7v2.fault import DATA_TYPE_ERROR, REQUIRED_FIELD_MISSING
from adapters.hl7v2.query import Number, Query
from adapters.trees.element import Element

PIX: Final = "PRPA_IN201309UV02"
PDQ: Final = "PRPA_IN201305UV02"
_NAMES: Final = {"livingSubjectName": "5", "mothersMaidenName": "6"}
_PARTS: Final = {"family": "1", "given": "2"}
_PLACES: Final = {
    "streetAddressLine": "11.1",
    "city": "11.3",
    "state": "11.4",
    "postalCode": "11.5",
    "country": "11.6",
}
_GENDERS: Final = {"UN": "O"}
_DOMAINS: Final = {PIX: "dataSource", PDQ: "otherIDsScopingOrganization"}
# They narrow nothing: how sure a match must be, and what it is called in words.
_IGNORED: Final = frozenset(("id", "patientStatusCode", "matchCriterionList", "otherIDsScopingOrganization"))
_PARAMETERS: Final = ("controlActProcess", "queryByParameter", "parameterList")


@dataclass(frozen=True, slots=True)
class Continuation:
    """`query` is root and extension of the query to go on with, from number `start` on, or to be ended."""

    query: tuple[str, str]
    start: int
    most: int | None
    is_ended: bool


def registry_query(root: Element) -> tuple[Query, list[Fault]]:
    """What is asked, and why it cannot be; a fault's address is the way of its element."""
    parameters = root.first(*_PARAMETERS)
    listed = parameters.children if parameters is not None else []
    faults: list[Fault] = []
    source, numbers, asked = None, [], []
    for each in listed:
        value = each.first("value")
        if value is None or each.name == _DOMAINS[root.name]:
            continue
        if root.name == PIX and each.name == "patientIdentifier":
            source = _number(value)
        elif each.name == "livingSubjectId":
            numbers.append(_number(value))
        elif found := list(_asked(each.name, value)):
            asked += found
        elif each.name not in _IGNORED:
            faults.append(Fault(DATA_TYPE_ERROR, "nothing can be asked by this parameter", place(each)))
    if not (source and source.value if root.name == PIX else asked or numbers or faults):
        faults.append(Fault(REQUIRED_FIELD_MISSING, "nothing is asked", _root_place(root)))
    domains = tuple(
        _number(value) for each in listed if each.name == _DOMAINS[root.name] for value in each.named("value")
    )
    made = tuple((where, told, number) for number, (where, told) in enumerate(asked, 1))
    event = "Q23" if root.name == PIX else "Q22"
    most = initial_quantity(root)
    return Query(event, "", made, source, "", domains, most, 0, tuple(numbers)), faults


def continuation(root: Element) -> Continuation | None:
    """What a QUQI asks for; None for one that names no query."""
    told = root.first("controlActProcess", "queryContinuation")
    number = told.first("queryId") if told is not None else None
    if told is None or number is None:
        return None
    status = told.first("statusCode")
    start = _quantity(told.first("startResultNumber")) or 1
    return Continuation(
        (number.peek("root"), number.peek("extension")),
        start - 1,
        _quantity(told.first("continuationQuantity")),
        status is not None and status.peek("code") == "aborted",
    )


def initial_quantity(root: Element) -> int | None:
    """How many a query wants to be told at once."""
    return _quantity(root.first("controlActProcess", "queryByParameter", "initialQuantity"))


def query_id(root: Element) -> tuple[str, str]:
    """Root and extension of what a query calls itself."""
    number = root.first("controlActProcess", "queryByParameter", "queryId")
    return (number.peek("root"), number.peek("extension")) if number is not None else ("", "")


def place(element: Element) -> str:
    """The way of a parameter's value, with its number among its like (XPath)."""
    above = element.parent
    same = above.named(element.name) if above is not None else [element]
    return f"{_root_place(_top(element))}/{element.name}[{same.index(element) + 1}]/value"


def places(root: Element) -> Mapping[str, str]:
    """Where stands what the places of the query of HL7 v2 say: the number, and each domain."""
    parameters = root.first(*_PARAMETERS)
    listed = parameters.children if parameters is not None else []
    numbers = [each for each in listed if each.name in ("patientIdentifier", "livingSubjectId")]
    field = "QPD-4" if root.name == PIX else "QPD-8"
    domains = [each for each in listed if each.name == _DOMAINS[root.name]]
    found = {f"{field}[{number}]": place(each) for number, each in enumerate(domains, 1)}
    for number, each in enumerate(numbers, 1):
        found |= {f"QPD-3[{number}]{part}": place(each) for part in ("", ".1", ".4")}
    return found


def _root_place(root: Element) -> str:
    return "/".join(("", root.name, *_PARAMETERS))


def _top(element: Element) -> Element:
    return list(element.ancestors())[-1]


def _number(value: Element) -> Number:
    return Number(
        value.peek("extension"), value.peek("assigningAuthorityName"), value.peek("root"), "ISO", ""
    )


def _quantity(element: Element | None) -> int | None:
    told = element.peek("value") if element is not None else ""
    return int(told) if told.isascii() and told.isdecimal() and len(told) <= 7 else None


def _asked(name: str, value: Element) -> Iterator[tuple[str, str]]:
    """Each part of a parameter's value as a field of PID and what it must say."""
    if name in _NAMES:
        yield from _name(_NAMES[name], value)
    elif name == "livingSubjectAdministrativeGender" and (code := value.peek("code")):
        yield "8", _GENDERS.get(code, code)
    elif name == "livingSubjectBirthTime":
        yield from _times(value)
    elif name == "patientAddress":
        parts = [(_PLACES[each.name], each.words()) for each in value.children if each.name in _PLACES]
        yield from parts or ([("11.1", value.words())] if value.words() else [])
    elif name == "patientTelecom" and (told := value.peek("value")):
        yield "13.1", told.partition(":")[2] or told


def _name(field: str, value: Element) -> Iterator[tuple[str, str]]:
    sign = "*" if "SRCH" in value.peek("use").split() else ""
    parts = [(_PARTS[each.name], each.words()) for each in value.children if each.name in _PARTS]
    for part, told in parts:
        if told:
            yield f"{field}.{part}", told + sign
    if not parts and (whole := value.words()):
        yield field, whole + sign


def _times(value: Element) -> Iterator[tuple[str, str]]:
    for element, sign in (
        (value, ""),
        (value.first("center"), ""),
        (value.first("low"), "ge"),
        (value.first("high"), "le"),
    ):
        if element is not None and (told := element.peek("value")):
            yield "7", f"{sign}{told}"
