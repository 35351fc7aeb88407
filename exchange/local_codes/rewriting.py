"""A resource with the standard's codes beside the hospitals' own, as the maps of a time say. Pure.

What a map added is marked by an extension that names the map's version, so that another version can take it
back: a resource rewritten twice is the same as once. What was sent always stays.

https://hl7.org/fhir/R4/datatypes.html#CodeableConcept
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from adapters.hl7v2.functions.urls import ALTERNATE_CODES
from exchange.fhirjson import dumps
from exchange.local_codes.maps import LocalMaps, Mapped, Version
from exchange.local_codes.sighting import Companion, Key, Sighting
from exchange.local_codes.systems import Systems
from terminology.checks import CodeOf

Json = dict[str, Any]
TRANSLATED: Final = "https://yilian.example/fhir/StructureDefinition/translated-by"

# Whether a code may stand at an element path, by the binding of the element.
Allowed = Callable[[str, CodeOf], bool]


@dataclass(frozen=True, slots=True)
class Met:
    """A hospital's code that the resource has."""

    key: Key
    display: str
    place: str
    companion: Companion
    is_mapped: bool


# What is met in a member of a type of which no map says anything, by its name and its text.
Remembered = dict[tuple[str, str, bytes | None], tuple[Met, ...]]
MOST: Final = 20_000
LONGEST: Final = 1_000


@dataclass(slots=True)
class Rewriting:
    """One resource's: what was met, and the versions of maps that added something. `remembered` is of these
    maps."""

    systems: Systems
    maps: LocalMaps
    when: datetime
    allowed: Allowed
    met: list[Met] = field(default_factory=list)
    versions: dict[str, Version] = field(default_factory=dict)
    remembered: Remembered = field(default_factory=dict)

    def resource(self, resource: Json) -> Json:
        """The same object where nothing changes; else one that shares what has not changed."""
        prefix, type_ = self.systems.prefix.encode(), str(resource["resourceType"])
        changed: Json = {}
        for name, value in resource.items():
            if type(value) in (dict, list) and name not in _ASIDE:
                text = _text(value)
                if text is None or prefix in text:
                    changed |= self._member(resource, name, type_, text)
        return resource | changed if changed else resource

    def _member(self, resource: Json, name: str, type_: str, text: bytes | None) -> Json:
        """What changes with one of the resource's own members. Hospitals repeat their codes: what was met in
        a member of this text is remembered, unless maps may one day have another word."""
        key = (type_, name, text)
        if (known := self.remembered.get(key)) is not None:
            self.met += known
            return {}
        before = len(self.met)
        changed = self._changed(resource, ((name, resource[name]),), type_)
        met = tuple(self.met[before:])
        is_short = text is not None and len(text) <= LONGEST and name[:1] != "_"
        if is_short and not changed and not any(self.maps.covers(each.key.system) for each in met):
            if len(self.remembered) >= MOST:
                self.remembered.clear()
            self.remembered[key] = met
        return changed

    def _walked(self, node: Any, place: str) -> Any:
        if type(node) is list:
            return self._listed(node, place)
        if "coding" in node and type(node["coding"]) is list:
            return self._concept(node, place)
        if "system" in node and "code" in node:
            return self._coding(node, place)
        changed = self._changed(node, node.items(), place)
        return node | changed if changed else node

    def _changed(self, node: Json, members: Iterable[tuple[str, Any]], place: str) -> Json:
        """Of these members of a node, those that change."""
        changed: Json = {}
        for name, value in members:
            if name[:1] == "_" and isinstance(value, dict):
                changed |= self._primitive(node, name[1:], value, f"{place}.{name[1:]}")
            elif isinstance(value, (dict, list)) and name not in _ASIDE:
                walked = self._walked(value, f"{place}.{name}")
                if walked is not value:
                    changed[name] = walked
        return changed

    def _listed(self, node: list[Any], place: str) -> list[Any]:
        walked = [self._walked(each, place) if isinstance(each, (dict, list)) else each for each in node]
        return walked if any(a is not b for a, b in zip(walked, node, strict=True)) else node

    def _concept(self, node: Json, place: str) -> Json:
        """A CodeableConcept: what the maps say, then every coding sent."""
        sent = [each for each in node["coding"] if not is_added(each)]
        locals_ = [each for each in sent if self._is_local(each)]
        if not locals_:
            return node
        beside = companion(self.systems, sent)
        there = {(each.get("system"), each.get("code")) for each in sent}
        added: list[Json] = []
        for each in locals_:
            for coding in self._said(each, place, beside):
                if (coding["system"], coding["code"]) not in there:
                    there.add((coding["system"], coding["code"]))
                    added.append(coding)
        codings = [*added, *sent]
        return node if codings == node["coding"] else node | {"coding": codings}

    def _coding(self, node: Json, place: str) -> Json:
        """A Coding that stands alone: the map's in its place, which keeps the one sent."""
        sent = original(node) or node
        if not self._is_local(sent):
            return node
        said = self._said(sent, place, Companion())
        if not said:
            return sent
        concept = {"url": ALTERNATE_CODES, "valueCodeableConcept": {"coding": [sent]}}
        made = {**said[0], "extension": [*said[0]["extension"], concept]}
        return node if made == node else made

    def _primitive(self, node: Json, name: str, beside: Json, place: str) -> Json:
        """A code of a required binding, beside which the hospital's own stands; what changes of `node`."""
        extensions = beside.get("extension", ())
        concept = next(
            (e.get("valueCodeableConcept") for e in extensions if e.get("url") == ALTERNATE_CODES), None
        )
        sent = [each for each in (concept or {}).get("coding", ()) if self._is_local(each)]
        said = [
            coding for each in sent for coding in self._said(each, place, Companion(code=node.get(name, "")))
        ]
        fitting = (each for each in said if self.allowed(place, CodeOf(each["system"], each["code"])))
        chosen = next(fitting, None)
        if chosen is None:
            return {}
        marks = [*(each for each in extensions if each.get("url") != TRANSLATED), *chosen["extension"]]
        made = {name: chosen["code"], f"_{name}": {**beside, "extension": marks}}
        return {} if made.items() <= node.items() else made

    def _said(self, coding: Json, place: str, beside: Companion) -> list[Json]:
        key = Key(coding["system"], coding["code"])
        mapped = self.maps.mapped(*key, self.when) if self.maps else None
        self.met.append(Met(key, coding.get("display", ""), place, beside, mapped is not None))
        return list(self._codings(mapped)) if mapped else []

    def _codings(self, mapped: Mapped) -> Iterator[Json]:
        for match in mapped.matches:
            version = next(each for each in mapped.versions if each.canonical == match.source)
            self.versions[version.canonical] = version
            concept = match.concept
            made: Json = {"extension": [{"url": TRANSLATED, "valueCanonical": match.source}]}
            made |= {"system": concept.system, "code": concept.code}
            yield made | ({"display": concept.display} if concept.display else {})

    def _is_local(self, coding: Any) -> bool:
        if not isinstance(coding, dict) or type(coding.get("code")) is not str:
            return False
        system = coding.get("system")
        return type(system) is str and self.systems.is_local(system)


def sighting_of(met: Met, example: str, at: datetime) -> Sighting:
    alone = not (met.companion.code or met.is_mapped)
    return Sighting(met.key, at, at, met.display, (met.place,), example, met.companion, 1, int(alone))


def _text(value: Any) -> bytes | None:
    """None of what is no JSON."""
    try:
        return dumps(value)
    except (ValueError, TypeError):
        return None


def is_added(coding: Any) -> bool:
    """Whether a map has put it there."""
    marks = coding.get("extension", ()) if isinstance(coding, dict) else ()
    return any(each.get("url") == TRANSLATED for each in marks)


def original(coding: Mapping[str, Any]) -> Json | None:
    """The coding in whose place a map has put this one."""
    if not is_added(coding):
        return None
    for each in coding.get("extension", ()):
        if each.get("url") == ALTERNATE_CODES:
            found: Json = each["valueCodeableConcept"]["coding"][0]
            return found
    return None


def companion(systems: Systems, codings: Sequence[Any]) -> Companion:
    """The first coding of a system that is nobody's own."""
    for each in codings:
        if (
            isinstance(each, dict)
            and each.get("code")
            and each.get("system")
            and not systems.is_local(each["system"])
        ):
            return Companion(each["system"], each["code"], each.get("display", ""))
    return Companion()


# What is said in them is not this resource's own.
_ASIDE: Final = frozenset(("extension", "modifierExtension", "meta", "text"))
