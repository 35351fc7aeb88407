"""Local XML of a hospital (`<C0004>…</C0004>`) as the clinical document of that type, by declared fields.

WS/T 500-2016. Both then go through the same maps, so that both give the same resources. A field stands in
the header if it is declared there; every other one is a statement by its data element.
"""

import re
from collections.abc import Mapping
from typing import Any

from adapters.local.building import added, grown, new_document, observation, put
from adapters.local.fields import Declared, Field, declared
from adapters.local.groups import diagnosis, is_diagnosis, order
from adapters.local.relatives import is_relative, relative
from adapters.local.values import coded, twin, unpaired, valued
from adapters.trees.element import Element, is_valued
from adapters.trees.parse import Tree

DOCUMENT = re.compile(r"C00[0-5]\d")
_SIGNED = re.compile(r"(?:Code|Name|Time)$")
_PERSON = re.compile(
    r"Doctor|Nurse|Sign|Recorder|Operator|Anesthetist|Physician|Pharmacist|Director|Chief|Assistant"
)


def rendered(tree: Tree) -> Tree:
    """The clinical document that a local one says; its leaves are those of the local one."""
    source = tree.root
    renderer = _Renderer(source.name, tree)
    renderer.group(source)
    renderer.place()
    return Tree(renderer.root, "urn:hl7-org:v3", tree.document)


def rendered_fields(source: Element, columns: Mapping[str, Any]) -> Tree:
    """A row whose children are fields, or columns that `columns` declares, as a clinical document."""
    tree = Tree(source, "", source.document)
    renderer = _Renderer("", tree, declared().beside(columns))
    renderer.group(source)
    renderer.place()
    return Tree(renderer.root, "urn:hl7-org:v3", source.document)


class _Renderer:
    def __init__(self, code: str, tree: Tree, tables: Declared | None = None) -> None:
        self.code = code
        self.tables: Declared = tables or declared()
        title = str(self.tables.header.get("titles", {}).get(code, ""))
        self.root = new_document(tree.document, code, title)
        self.body = grown(self.root, "component/structuredBody")
        self.sections: dict[str, Element] = {}
        self.places: dict[str, dict[str, Element]] = {}
        self.signed: list[Element] = []

    def field(self, name: str) -> Field:
        return self.tables.field(self.code, name)

    def entry(self, element: str) -> Element:
        """A new entry, in the section that a data element stands in."""
        code = self.tables.sections.get(element, "")
        section = self.sections.get(code)
        if section is None:
            section = self.sections[code] = added(added(self.body, "component"), "section")
            if code:
                added(section, "code", code=code, codeSystem="2.16.840.1.113883.6.1")
        return added(section, "entry")

    def entry_of(self, field: Element) -> Element:
        return self.entry(self.field(field.name).element)

    def group(self, source: Element) -> None:
        """The fields of the document itself, or of a group that only holds some together."""
        for child in source.children:
            if not is_valued(child):
                continue
            if child.children:
                self.inner(child)
            elif child in self.signed or self.signs(child, source):
                continue
            elif not (self.header(child) or self.housed(child)):
                self.statement(child, source, self.entry_of(child))

    def inner(self, child: Element) -> None:
        """A group: an address, people, rows, or repetitions of one field."""
        rows = child.named("row") or [child]
        items = [each for each in child.children if each.name == f"{child.name}Item"]
        if items:
            for item in items:
                item.name = child.name
                if not self.header(item, again=True):
                    self.statement(item, child, self.entry_of(item))
            return
        for row in rows:
            if is_valued(row):
                self.row(child.name, row)

    def row(self, name: str, row: Element) -> None:
        kinds = {each.name for each in row.children}
        if self.address(name, row):
            return
        elements = {self.field(each).element for each in kinds}
        if is_relative(name, kinds):
            relative(self.root, row, self.tables.header["address"])
        elif {"Code", "Name", "Time"} <= kinds and ("Diag" not in name or "Doctor" in name):
            self.signer(name, row)
        elif "Diag" in name and is_diagnosis(kinds):
            called = self.field(name).name
            chinese = "Chinese" in name or "TCM" in name or "中医" in called
            diagnosis(self.entry("DE05.01.024.00"), called, row, chinese)
        elif "DE06.00.288.00" in elements:
            order(self.entry("DE06.00.288.00"), row, self.field)
        elif row.name != "row" and not _acts(self, row):
            self.group(row)
        else:
            self.act(row)

    def header(self, field: Element, again: bool = False) -> bool:
        """Puts a field into the header, if it is declared there; `again`: beside the one before."""
        where = self.tables.header["fields"].get(field.name)
        if where is None:
            roots = self.tables.header["identifiers"]
            root = roots.get(field.name) or roots.get(self.field(field.name).element)
            if root is None or field.parent is None or field.parent.name == "row":
                return False
            put(
                added(grown(self.root, "recordTarget/patientRole"), "id"), "extension", field.leaves[""], root
            )
            return True
        way, attribute, root = where
        above, _, last = way.rpartition("/")
        if again:
            parent = grown(self.root, above) if above else self.root
            put(added(parent, last), attribute, field.leaves[""], root)
        else:
            target = grown(self.root, way)
            put(target, attribute, field.leaves[""], root)
            if field.name == "PatientAge":
                target.leaves.setdefault("unit", (-1, "岁"))
        return True

    def housed(self, field: Element) -> bool:
        """Keeps the fields of bed, room, department, ward and institution for `place`."""
        name = field.name.removeprefix("Adm")
        for start, _ in self.tables.header["places"]:
            if name in (f"{start}Code", f"{start}Name"):
                self.places.setdefault(start, {})[name.removeprefix(start)] = field
                return True
        return self.addressed(field)

    def addressed(self, field: Element) -> bool:
        """A part of an address that stands alone: `OriginCity`."""
        parts = self.tables.header["address"]
        for start, way in self.tables.header["addresses"].items():
            if field.name.startswith(start) and (part := parts.get(field.name.removeprefix(start))):
                put(added(grown(self.root, way), part), "", field.leaves[""])
                return True
        return False

    def place(self) -> None:
        """The chain of places, from the innermost outwards."""
        way = "componentOf/encompassingEncounter/location/healthCareFacility/serviceProviderOrganization"
        link: Element | None = None
        for start, root in self.tables.header["places"]:
            if start not in self.places:
                continue
            link = grown(self.root, way) if link is None else link
            link = added(added(link, "asOrganizationPartOf"), "wholeOrganization")
            for part, field in sorted(self.places[start].items()):
                if part == "Code":
                    put(added(link, "id"), "extension", field.leaves[""], root)
                else:
                    put(added(link, "name"), "", field.leaves[""])

    def address(self, name: str, row: Element) -> bool:
        """An address, by how its parts are called."""
        parts = self.tables.header["address"]
        found = {each: next((p for p in parts if each.name.endswith(p)), "") for each in row.children}
        if not any(found.values()) or "row" in name:
            return False
        start = next((s for s in self.tables.header["addresses"] if name.startswith(s)), "")
        if not start:
            return False
        target = grown(self.root, self.tables.header["addresses"][start])
        for each, part in found.items():
            if part and is_valued(each):
                put(added(target, parts[part]), "", each.leaves[""])
            elif is_valued(each) and not each.children:
                self.header(each)
        return True

    def signer(self, name: str, row: Element) -> None:
        """Somebody who signed, as what the group is called."""
        target = added(self.root, "authenticator")
        entity = added(target, "assignedEntity")
        for each in row.children:
            if not is_valued(each):
                continue
            leaf = each.leaves[""]
            if each.name == "Time":
                put(added(target, "time"), "value", leaf)
            elif each.name == "Code":
                put(added(entity, "id"), "extension", leaf, "2.16.156.10011.1.4")
            elif each.name == "Name":
                put(added(added(entity, "assignedPerson"), "name"), "", leaf)
            else:
                self.statement(each, row, self.entry_of(each))
        added(entity, "code", displayName=self.field(name).name)

    def signs(self, field: Element, around: Element) -> bool:
        """Who signed, in fields that stand alone: a person's name, a number and a time of one stem."""
        stem = _SIGNED.sub("", field.name)
        if stem == field.name or field.name in self.tables.header["fields"]:
            return False
        parts = {e.name.removeprefix(stem): e for e in around.children if e.name.startswith(stem)}
        parts = {part: e for part, e in parts.items() if _SIGNED.fullmatch(part) and is_valued(e)}
        named = parts.get("Name")
        if named is None or self.field(named.name).element not in ("DE02.01.039.00", ""):
            return False
        if not _PERSON.search(stem) or "Rel" in stem:
            return False
        row = Element("row", around, around.document)
        for part, each in parts.items():
            put(added(row, part), "", each.leaves[""])
        self.signed += parts.values()
        self.signer(named.name, row)
        return True

    def act(self, row: Element) -> None:
        """A row as the act that its data elements make it."""
        kind = _acts(self, row)
        entry = self.entry(next((e for each in row.children if (e := self.field(each.name).element)), ""))
        if not kind:
            organizer = added(entry, "organizer", classCode="CLUSTER", moodCode="EVN")
            for each in unpaired(row):
                self.statement(each, row, added(organizer, "component"))
            return
        act = added(entry, kind, classCode="PROC" if kind == "procedure" else "SBADM", moodCode="EVN")
        parts = self.tables.header["parts"][kind]
        for each in unpaired(row):
            way = parts.get(each.name) or parts.get(self.field(each.name).element)
            if way and not each.children:
                above, _, attribute = way.partition("@")
                system = self.tables.header["systems"].get(above, "") if attribute == "code" else ""
                put(grown(act, above), attribute, each.leaves[""], system)
                if (named := twin(each, row)) is not None:
                    put(grown(act, above), "displayName", named.leaves[""])
            elif self.person(act, each, row):
                continue
            else:
                self.statement(each, row, added(act, "entryRelationship", typeCode="COMP"))

    def person(self, act: Element, field: Element, row: Element) -> bool:
        """Who did it: a number and a name whose data element is a person's."""
        stem = re.sub(r"(?:Code|Name)$", "", field.name)
        if stem == field.name or not re.search(r"Doctor|Assistant|Anesthetist|Person|Nurse|User", stem):
            return False
        fields = {each.name: each for each in row.children if is_valued(each)}
        number, name = fields.get(f"{stem}Code"), fields.get(f"{stem}Name")
        if field is name and number is not None:
            return True
        role = added(added(act, "participant"), "participantRole")
        if number is not None:
            put(added(role, "id"), "extension", number.leaves[""], "2.16.156.10011.1.4")
        if name is not None:
            put(grown(role, "playingEntity/name"), "", name.leaves[""])
        added(role, "code", displayName=self.field(field.name).name)
        return True

    def statement(self, field: Element, around: Element, parent: Element) -> None:
        """One field as a statement; a code has its name beside it."""
        if field.children:
            self.inner(field)
            return
        known = self.field(field.name)
        if field.name.endswith("Name") and coded(field, around) is not None:
            return
        made = observation(parent, known.element, known.name)
        valued(made, field, twin(field, around), known)


def _acts(renderer: _Renderer, row: Element) -> str:
    elements = {renderer.field(each.name).element for each in row.children}
    if elements & {"DE06.00.093.00", "DE06.00.093.01", "DE06.00.094.00"}:
        return "procedure"
    if elements & {"DE08.50.022.00", "DE06.00.132.00", "DE06.00.134.00"}:
        return "substanceAdministration"
    return ""
