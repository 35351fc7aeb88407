"""Identifier domains: what each is called, and who may give numbers in it.

https://profiles.ihe.net/ITI/TF/Volume1/ch-5.html (Patient Identifier Domain)

A deployment that lists its domains in a file accepts no other: a number of an unlisted domain is refused, and
so is a patient none of whose numbers its sender may give. Without the file every hospital may name its own.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from adapters.mapping.document import Block, load
from adapters.mapping.fault import Fault, MapError
from mpi.normalisation.demographics import NATIONAL_ID
from terminology.naming import identify

_KEYS: Final = frozenset(("name", "oid", "uri", "assigners", "shared"))
_OID: Final = re.compile(r"[0-2](?:\.(?:0|[1-9][0-9]*)){2,}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Domain:
    """`name` is the namespace id of HL7 v2, `oid` is bare. `assigners` are hospital ids, or texts of MSH-3 or
    MSH-4, in lower case; none: whoever sends may give numbers. A `shared` number is one person's for
    life, wherever it is told, as a citizen id is."""

    name: str
    oid: str = ""
    uri: str = ""
    assigners: frozenset[str] = frozenset()
    shared: bool = False

    @property
    def systems(self) -> tuple[str, ...]:
        """What FHIR calls it; the first is what the hub writes."""
        return tuple(filter(None, (f"urn:oid:{self.oid}" if self.oid else "", self.uri)))

    @property
    def system(self) -> str:
        return self.systems[0]

    def is_assigned_by(self, names: Iterable[str]) -> bool:
        return not self.assigners or any(name.casefold() in self.assigners for name in names)


@dataclass(frozen=True, slots=True)
class Domains:
    """The listed domains. Where none are, everything is permitted and nothing known."""

    listed: tuple[Domain, ...] = ()
    base: str = ""
    _by_name: Mapping[str, Domain] = field(default_factory=dict, repr=False)

    @property
    def is_closed(self) -> bool:
        return bool(self.listed)

    @property
    def systems(self) -> dict[str, str]:
        """Namespace id → system."""
        return {domain.name: domain.system for domain in self.listed}

    def of(self, name: str) -> Domain | None:
        """By namespace id, OID or system."""
        return self._by_name.get(name.removeprefix("urn:oid:").casefold())

    def aliases(self, system: str) -> tuple[str, ...]:
        """Every system of the same domain, that one included."""
        domain = self.of(system)
        return domain.systems if domain is not None else (identify(system)[1],)

    def identify(self, system: str) -> tuple[str, str]:
        """The kind of an identifier system and its canonical form, as matching reads them."""
        domain = self.of(system)
        if domain is None:
            return identify(system)
        return (NATIONAL_ID if domain.shared else identify(domain.system)[0]), domain.system

    def is_own(self, system: str) -> bool:
        """A system of the hub's, or one that it made for numbers without a domain."""
        return system.startswith(f"{self.base}/sid/")

    def is_known(self, system: str) -> bool:
        return self.of(system) is not None or bool(identify(system)[0]) or self.is_own(system)

    def refusal(self, patient: Mapping[str, Any], names: Sequence[str]) -> tuple[str, str] | None:
        """Why somebody of these names may not tell of the patient: (diagnostics, expression)."""
        if not self.is_closed:
            return None
        own = False
        for number, identifier in enumerate(patient.get("identifier", ())):
            place = f"Patient.identifier[{number}].system"
            system = identifier.get("system", "")
            if not system:
                return "an identifier names no domain", place
            if not self.is_known(system):
                return f"{system[:200]} is no domain of this hub", place
            domain = self.of(system)
            own = own or (domain is not None and domain.is_assigned_by(names))
        return None if own else ("none of the numbers is in a domain of the sender", "Patient.identifier")


def domains_of(listed: Sequence[Domain], base: str) -> Domains:
    """Findable by every name that they have."""
    by_name = {
        name.removeprefix("urn:oid:").casefold(): domain
        for domain in listed
        for name in (domain.name, *domain.systems)
    }
    return Domains(tuple(listed), base, by_name)


def load_domains(path: Path | None, base: str) -> Domains:
    """Reads a YAML file, `domains:` each `name`, `oid`, `uri`, `assigners`, `shared`. Raises MapError."""
    if path is None:
        return domains_of((), base)
    block = load(path.read_text("utf-8"), path.name)
    return domains_of([_domain(each, block) for each in block.get("domains") or ()], base)


def _domain(told: Any, around: Block) -> Domain:
    place = told.place if isinstance(told, Block) else around.place
    if not isinstance(told, Block) or not told.keys() <= _KEYS:
        raise MapError([Fault(place, f"a domain has {', '.join(sorted(_KEYS))}")])
    made = Domain(
        str(told.get("name") or ""),
        str(told.get("oid") or "").removeprefix("urn:oid:"),
        str(told.get("uri") or ""),
        frozenset(str(each).casefold() for each in told.get("assigners") or ()),
        bool(told.get("shared")),
    )
    if not made.name or not made.systems:
        raise MapError([Fault(place, "a domain needs a name, and an oid or a uri")])
    if made.oid and not _OID.fullmatch(made.oid):
        raise MapError([Fault(place, f"{made.oid!r} is no OID")])
    return made
