"""Criteria about other resources, and about other criteria.

https://hl7.org/fhir/R4/search.html
"""

from dataclasses import dataclass
from typing import Literal, Union
from uuid import UUID

from exchange.search.query.conditions import (
    HasLeadingDate,
    HasLeadingPatient,
    Identifiers,
    Ids,
    LeadingDate,
    Near,
    OfCodes,
    Paired,
    Phrases,
    Present,
    Quantities,
    Ranges,
    Strings,
    Tokens,
    Updated,
    Words,
)


@dataclass(frozen=True, slots=True)
class Patients:
    """The leading patient is one of these keys, or linked to one of them.

    several   the parameter may hold several patients; the further ones stand in compartment_index
    targets   instead of keys: the Patients that fulfil a search (`patient.identifier=…`)
    """

    keys: tuple[UUID, ...]
    several: bool
    targets: "Targets | None" = None


@dataclass(frozen=True, slots=True)
class PatientReferences:
    """Another reference than the leading one names one of these patients, or one linked to them.

    salts     of the elements that may hold the reference
    hashes    tokens of the references as given, so that a patient who is not stored is found too
    member    the reference puts the resource into the patient's compartment, so the key is compared as well
    """

    keys: tuple[UUID, ...]
    salts: tuple[int, ...]
    hashes: tuple[int, ...]
    member: bool


@dataclass(frozen=True, slots=True)
class Targets:
    """The resources of a type that fulfil all criteria. `shared`: the type is in no patient's compartment, so
    that whoever may see certain patients only may be led by any of them."""

    resource_type: str
    criteria: tuple["Criterion", ...]
    shared: bool = False


@dataclass(frozen=True, slots=True)
class Chain:
    """A reference at one of these elements names one of the targets.

    by_url  elements that name their target by its canonical URL; `urls`: where the targets say it
    """

    salts: tuple[int, ...]
    targets: tuple[Targets, ...]
    by_url: tuple[int, ...] = ()
    urls: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Has:
    """One of the sources refers here: by one of these elements, or as its leading patient.

    by_url  elements that name what they refer to by its canonical URL; `urls`: where that says it
    """

    salts: tuple[int, ...]
    sources: Targets
    as_patient: bool
    several: bool
    by_url: tuple[int, ...] = ()
    urls: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Listed:
    """`_list`: a current item of one of these Lists; to be made into Members once those are read. `base` is
    our own, under which an item may be named."""

    lists: tuple[str, ...]
    base: str


@dataclass(frozen=True, slots=True)
class Members:
    """One of these resources, by the hash of its `Type/id`."""

    references: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Kin:
    """What is one of these resources, or below them (or above) by a reference to a resource of the same type.

    references  hashes of `Type/id`
    salts       of the elements that refer to what is next above
    """

    resource_type: str
    references: tuple[int, ...]
    salts: tuple[int, ...]
    how: Literal["above", "below"]


@dataclass(frozen=True, slots=True)
class AllOf:
    criteria: tuple["Criterion", ...]


@dataclass(frozen=True, slots=True)
class AnyOf:
    criteria: tuple["Criterion", ...]


@dataclass(frozen=True, slots=True)
class Not:
    criterion: "Criterion"


Criterion = Union[  # noqa: UP007
    Ids,
    OfCodes,
    Tokens,
    Identifiers,
    Strings,
    LeadingDate,
    Updated,
    Ranges,
    Quantities,
    Paired,
    Near,
    Phrases,
    Kin,
    Present,
    HasLeadingDate,
    HasLeadingPatient,
    Patients,
    PatientReferences,
    Chain,
    Has,
    Listed,
    Members,
    Words,
    AllOf,
    AnyOf,
    Not,
]
