"""What is stored and what a message says of it, as one resource.

HL7 v2.8 chapter 2, 2.10.4.1: an empty field leaves the stored value, `""` deletes it, a value replaces it.
So: an element the message does not have stays; a primitive or object it has is replaced, member by member;
of a list, the stored items that speak of the same thing as a sent one go, and the sent ones are added. What
"the same thing" is stands in `KEYS`. The rules make merging twice the same as merging once.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Any

from adapters.mapping.target import DELETION
from adapters.translation import Entry, Resource

Json = dict[str, Any]
Key = Callable[[Any], Any]

_OVER = ("finished", "cancelled", "entered-in-error")
NULL_FLAVOR = "http://terminology.hl7.org/CodeSystem/v3-NullFlavor"
# Elements of which R4 allows one type only.
_CHOICES = (
    *("deceased", "multipleBirth", "onset", "abatement", "effective", "value", "occurrence", "asNeeded"),
    *("performed", "quantity", "collected"),
)


def merged(stored: Resource | None, entry: Entry) -> Resource:
    """The resource to store; neither argument is changed. `meta` of what is stored is not taken over."""
    sent = entry.resource
    if entry.mode == "replace":
        return sent
    if stored is None and sent["resourceType"] != "Encounter":
        return _alone(sent)
    kept = {name: value for name, value in (stored or {}).items() if name != "meta"}
    if "deceased" in entry.deletions and "deceasedBoolean" in sent:
        for name in ("deceasedDateTime", "_deceasedDateTime"):
            kept.pop(name, None)  # the time is taken back: it must not outrank that the patient has died
    for deletion in entry.deletions:  # first: a place that is taken back was never left
        kept = _without(kept, deletion, sent)
    made = _object(kept, sent, sent["resourceType"])
    return _standing(made, stored or {}, sent) if sent["resourceType"] == "Patient" else made


def _standing(made: Resource, stored: Resource, sent: Resource) -> Resource:
    """A Patient that was given up for one which is given up for it now stands for itself again; whoever is
    still given up does not, whatever else is told of it."""
    if stored.get("active") is not False or "active" in sent:
        return made
    if _is_replaced(made):
        return {**made, "active": False}
    return _with(made, "active", None) if _is_replaced(stored) else made


def _is_replaced(patient: Resource) -> bool:
    return any(link.get("type") == "replaced-by" for link in patient.get("link", ()))


def _alone(sent: Resource) -> Resource:
    """Where nothing is stored: a list says nothing twice, and what belongs together stands together."""
    made = sent
    for name, value in sent.items():
        if type(value) is list and len(value) > 1:
            items = _list([], value, _key(f"{sent['resourceType']}.{name}"))
            if items != value:
                made = {**made, name: items}
    return made


def _key(path: str) -> Key:
    return KEYS.get(path) or KEYS.get(path.rpartition(".")[2]) or _itself


def _object(stored: Json, sent: Json, path: str) -> Json:
    if sent.get("deceasedBoolean") and "deceasedDateTime" in stored:
        sent = {name: value for name, value in sent.items() if name != "deceasedBoolean"}
    if path == "Encounter" and "location" in sent:
        sent = {
            **sent,
            "location": _stated([*stored.get("location", ()), *sent["location"]], sent["location"]),
        }
    made = dict(stored)
    for name in sent if made else ():
        _drop_other_choice(made, sent, name)
    for name, value in sent.items():
        known = made.get(name, [] if isinstance(value, list) else None)
        made[name] = _element(known, value, f"{path}.{name}")
        if f"_{name}" in made and f"_{name}" not in sent and made[name] != stored.get(name):
            del made[f"_{name}"]  # what stood beside the old value
    if path == "Encounter" and "location" in made:
        made["location"] = _left(made["location"], sent.get("location", ()), made.get("status"))
    return made


def _element(stored: Any, sent: Any, path: str) -> Any:
    if stored is not None and _says_nothing(sent, path):
        return stored
    if isinstance(stored, dict) and isinstance(sent, dict):
        return sent if path.rpartition(".")[2] in _WHOLE else _object(stored, sent, path)
    if isinstance(stored, list) and isinstance(sent, list):
        return _list(stored, sent, _key(path))
    return sent


# Objects that are one statement: members of an old one do not complete a new one.
_WHOLE = frozenset(
    (
        *(
            "maritalStatus",
            "code",
            "class",
            "serviceType",
            "priority",
            "type",
            "clinicalStatus",
            "admitSource",
        ),
        *(
            "verificationStatus",
            "relationship",
            "subject",
            "patient",
            "encounter",
            "requester",
            "serviceProvider",
        ),
        *(
            "managingOrganization",
            "reAdmission",
            "dischargeDisposition",
            "destination",
            "asserter",
            "valueQuantity",
        ),
        *("preAdmissionIdentifier", "partOf", "physicalType", "length", "accessionIdentifier", "requisition"),
    )
)


def _says_nothing(value: Any, path: str) -> bool:
    """What the hub writes where FHIR demands a value and the message gave none."""
    if value == "unknown" and path.endswith(".status"):
        return True
    if not isinstance(value, dict):
        return False
    absent = value.get("extension")
    if absent and value.keys() == {"extension"}:
        return any(str(each.get("url", "")).endswith("/data-absent-reason") for each in absent)
    return value.get("system") == NULL_FLAVOR


def _list(stored: list[Any], sent: list[Any], key: Key) -> list[Any]:
    """Stored items in their order, those replaced in the place of the first of them, then what is new."""
    if not stored and len(sent) < 2:
        return sent
    incoming: dict[Any, list[Any]] = {}
    for item in sent:
        same = incoming.setdefault(key(item), [])
        if item not in same:
            same.append(item)
    made: list[Any] = []
    placed: set[Any] = set()
    for item in stored:
        of = key(item)
        if of not in incoming:
            made.append(item)
        elif of not in placed:
            placed.add(of)
            made.extend(incoming[of])
    for of, items in incoming.items():
        if of not in placed:
            made.extend(items)
    return made


def _drop_other_choice(made: Json, sent: Json, name: str) -> None:
    """`onsetString` takes the place of `onsetDateTime`."""
    for choice in _choices_of(name):
        for other in [key for key in made if key != name and key not in sent and choice in _choices_of(key)]:
            del made[other]


@lru_cache(2048)
def _choices_of(name: str) -> tuple[str, ...]:
    """Of which elements this is a type: `onset` of `onsetString`."""
    return tuple(
        each for each in _CHOICES if name.startswith(each) and name[len(each) : len(each) + 1].isupper()
    )


def _stated(known: list[Json], sent: list[Json]) -> list[Json]:
    """A place mentioned without a status says nothing of one whose status is known."""
    stated = [each.get("location") for each in known if "status" in each]
    return [each for each in sent if "status" in each or each.get("location") not in stated]


def _left(locations: list[Json], sent: Sequence[Json], status: Any) -> list[Json]:
    """A patient who is now in one place has left the others; one whose visit is over has left all."""
    if status in _OVER:
        now: list[Any] = []
    elif any(each.get("status") == "active" for each in sent):
        now = [each.get("location") for each in sent if each.get("status") == "active"]
    else:
        return locations
    return [
        {**each, "status": "completed"}
        if each.get("status") == "active" and each.get("location") not in now
        else each
        for each in locations
    ]


def _without(resource: Resource, deletion: str, sent: Json) -> Resource:
    """Takes away what FHIRPath of a small kind names: `name`, `period.start`, `telecom.where(use='home')`,
    `extension.where(url='…')`; a choice by its stem (`deceased`). What the same message sends stays."""
    found = DELETION.fullmatch(deletion)
    if not found:
        raise ValueError(f"not a deletion: {deletion!r}")
    name, where, text, rest = found.groups()
    if name in _CHOICES:
        return {key: value for key, value in resource.items() if key in sent or not _is_type_of(key, name)}
    value, said = resource.get(name), sent.get(name)
    if value is None:
        return resource
    if isinstance(value, list) and (where or said is not None):
        gone = [item for item in value if not where or _has(item, where, text)]
        return _with(resource, name, [item for item in value if item in (said or ()) or item not in gone])
    if rest and isinstance(value, dict):
        return _with(resource, name, _without(value, rest, said if isinstance(said, dict) else {}))
    if said is not None:
        return resource
    return {key: item for key, item in resource.items() if key not in (name, f"_{name}")}


def _with(resource: Json, name: str, value: Any) -> Json:
    if value:
        return {**resource, name: value}
    return {key: item for key, item in resource.items() if key != name}


def _is_type_of(key: str, choice: str) -> bool:
    bare = key.removeprefix("_")
    return bare.startswith(choice) and bare[len(choice) : len(choice) + 1].isupper()


def _has(value: Any, path: str, text: str) -> bool:
    """Whether any value at the path, through lists, is the text."""
    if isinstance(value, list):
        return any(_has(item, path, text) for item in value)
    name, _, rest = path.partition(".")
    if not isinstance(value, dict) or name not in value:
        return False
    inner = value[name]
    if rest:
        return _has(inner, rest, text)
    return text in inner if isinstance(inner, list) else bool(inner == text)


def _itself(item: Any) -> Any:
    """Items that are only the same when they are equal: a set."""
    return _frozen(item)


def _frozen(value: Any) -> Any:
    if isinstance(value, dict):
        return frozenset((key, _frozen(item)) for key, item in value.items())
    return tuple(map(_frozen, value)) if isinstance(value, list) else (type(value).__name__, value)


def _members(*names: str) -> Key:
    return lambda item: tuple(_frozen(item.get(name)) for name in names)


def _codings(concept: Any) -> Any:
    """A concept by its codings, else by its text."""
    codings = [
        (each.get("system"), each.get("code")) for each in concept.get("coding", ()) if each.get("code")
    ]
    return frozenset(codings) or concept.get("text")


KEYS: Mapping[str, Key] = {
    # A number is known by system and value: a message that names one number does not take the others away.
    "identifier": _members("system", "value"),
    # A new number of a kind takes the place of the old ones of that kind; likewise names and addresses.
    "telecom": _members("system", "use"),
    "name": _members("use"),
    "address": _members("use", "type"),
    "extension": _members("url"),
    "communication": lambda item: _codings(item.get("language", {})),
    "qualification": lambda item: _codings(item.get("code", {})),
    "Encounter.participant": lambda item: tuple(_codings(each) for each in item.get("type", ())),
    "Encounter.location": lambda item: _frozen(item.get("location")),
    "Encounter.diagnosis": lambda item: (_frozen(item.get("condition")), _frozen(item.get("use"))),
    "Encounter.type": lambda item: tuple(sorted(str(each.get("system")) for each in item.get("coding", ()))),
    "Patient.generalPractitioner": lambda item: "the ones named last",
    "link": lambda item: _frozen(item.get("other")),
    "reasonCode": _codings,
    "Coverage.class": lambda item: _codings(item.get("type", {})),
    "Coverage.payor": lambda item: "payor",
    "note": _members("text"),
    "AllergyIntolerance.reaction": lambda item: "reaction",
    "coding": _members("system", "code"),
}
