"""Local XML of a hospital (`<C0004>…</C0004>`) as the clinical document of that type, by declared fields.

WS/T 500-2016. Both then go through the same maps, so that both give the same resources. A field stands
where the layout of its type of document has it, else in the header if it is declared there; every other one
is a statement by its data element.
"""

import re
from collections.abc import Mapping
from typing import Any

from adapters.local.acts import kind_of_act, person
from adapters.local.building import added, gathered, grown, new_document, observation, put
from adapters.local.fields import Declared, Field, declared
from adapters.local.groups import (
    CHINESE,
    ITEM,
    WESTERN,
    coded_diagnosis,
    diagnosis,
    is_coded,
    is_diagnosis,
    order,
    order_fields,
)
from adapters.local.header import Header
from adapters.local.layout import layout
from adapters.local.placing import Placing, Repetition
from adapters.local.relatives import STEMS, is_relative, relative, signature
from adapters.local.signers import is_signer, signed, signer
from adapters.local.values import coded, named_by, twin, unpaired, valued
from adapters.trees.element import Element, is_valued
from adapters.trees.parse import Tree

DOCUMENT = re.compile(r"C00[0-5]\d")


def rendered(tree: Tree, tables: Declared | None = None) -> Tree:
    """The clinical document that a local one says; its leaves are those of the local one. `tables` declare
    its fields, where that is not the hub's own."""
    return _rendered(tree, tree.root.name, tables or declared())


def rendered_fields(source: Element, columns: Mapping[str, Any]) -> Tree:
    """A row whose children are fields, or columns that `columns` declares, as a clinical document."""
    return _rendered(Tree(source, "", source.document), "", declared().beside(columns))


def _rendered(tree: Tree, code: str, tables: Declared) -> Tree:
    renderer = _Renderer(code, tree, tables)
    renderer.group(tree.root)
    renderer.header.place()
    return Tree(renderer.header.root, "urn:hl7-org:v3", tree.document)


class _Renderer:
    def __init__(self, code: str, tree: Tree, tables: Declared) -> None:
        self.code = code
        self.tables = tables
        title = str(tables.header.get("titles", {}).get(code, ""))
        root = new_document(tree.document, code, title)
        self.header = Header(root, tables, code)
        self.placing = Placing(grown(root, "component/structuredBody"), layout(code), tree.root)
        self.repetition: Repetition = {}
        self.signed: list[Element] = []

    def field(self, name: str) -> Field:
        return self.tables.field(self.code, name)

    def entry(self, element: str) -> Element:
        """A new entry, in the section that a data element stands in."""
        return added(self.placing.section(self.tables.sections.get(element, "")), "entry")

    def entry_of(self, field: Element) -> Element:
        return self.entry(self.field(field.name).element)

    def group(self, source: Element) -> None:
        """The fields of the document itself, or of a group that only holds some together."""
        for stem in STEMS:
            self.signed += signature(self.header.root, source, stem)
        if ordered := order_fields(source, self.field):
            order(self.entry(ITEM), gathered(source, ordered), self.field, self.placing.within)
            self.signed += ordered
        for child in source.children:
            self.signs(child, source)
        for child in source.children:
            if not is_valued(child):
                continue
            if child.children:
                self.inner(child)
            elif child in self.signed or self.laid(child, source) or self.header.takes(child):
                continue
            else:
                self.statement(child, source, self.entry_of(child))

    def signs(self, field: Element, around: Element) -> None:
        """Who signed, in fields that stand alone."""
        if field.children or field in self.signed or not is_valued(field) or self.has_place(field, around):
            return
        if field.name in self.tables.header["fields"]:
            return
        parts = signed(around, field.name, self.field)
        if parts:
            self.signed += parts.values()
            signer(self.header.root, gathered(around, parts), self.field(parts["Name"].name).name)

    def inner(self, child: Element) -> None:
        """A group: an address, people, rows, or repetitions of one field."""
        rows = child.named("row") or [child]
        items = [each for each in child.children if each.name == f"{child.name}Item"]
        outer = self.repetition
        for row, of_row in zip(items or rows, self.placing.repetitions(items or rows, outer), strict=True):
            self.repetition = {**outer, **of_row}
            if is_valued(row) and items:
                self.item(row, child)
            elif is_valued(row):
                self.row(child.name, row)
        self.repetition = outer

    def item(self, item: Element, around: Element) -> None:
        """One of the repetitions of a field."""
        if self.laid(item, around):
            return
        item.name = around.name
        if not self.header.declares(item, again=True):
            self.statement(item, around, self.entry_of(item))

    def has_place(self, field: Element, around: Element) -> bool:
        code = named_by(field, around)
        return any(each is not None and self.placing.slot(each) is not None for each in (field, code))

    def laid(self, field: Element, around: Element) -> bool:
        """Puts a field where the layout has it, if it has; the name of a laid code goes with it."""
        slot = self.placing.slot(field)
        if slot is not None:
            return self.placing.place(field, slot, self.repetition, self.field(field.name).unit)
        code = named_by(field, around)
        return code is not None and self.placing.slot(code) is not None

    def in_layout(self, row: Element) -> bool:
        """Whether the layout has fields of a row. A diagnosis of which it lacks a part is one of its own."""
        fields = [each for each in row.children if is_valued(each) and not each.children]
        known = [each for each in fields if self.has_place(each, row)]
        if not is_diagnosis({each.name for each in fields}):
            return bool(known)
        own = [each for each in fields if self.placing.slot(each) is not None]
        named = self.placing.says(WESTERN[0]) or self.placing.says(CHINESE[0])
        return len(own if named else known) == len(fields)

    def row(self, name: str, row: Element) -> None:
        """One group of fields, as what they are together."""
        kinds = {each.name for each in row.children}
        elements = {self.field(each).element for each in kinds}
        if self.header.address(name, row):
            return
        if ITEM in elements:
            order(self.entry(ITEM), row, self.field, self.placing.within)
        elif self.in_layout(row):
            self.group(row)
        elif is_relative(name, kinds):
            relative(self.header.root, row, self.tables.header["address"])
        elif is_signer(name, kinds):
            for each in signer(self.header.root, row, self.field(name).name):
                self.statement(each, row, self.entry_of(each))
        elif "Diag" in name and is_diagnosis(kinds):
            self.diagnosis(name, row)
        elif row.name != "row" and not kind_of_act(elements):
            self.group(row)
        else:
            self.act(row, kind_of_act(elements))

    def diagnosis(self, name: str, row: Element) -> None:
        called, entry = self.field(name).name, self.entry("DE05.01.024.00")
        if is_coded(row) and not self.placing.says(WESTERN[0]) and not self.placing.says(CHINESE[0]):
            coded_diagnosis(entry, called, row)
        else:
            diagnosis(entry, called, row, "Chinese" in name or "TCM" in name or "中医" in called)

    def act(self, row: Element, kind: str) -> None:
        """A row as the act that its data elements make it."""
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
                self.part(act, way, each, row)
            elif not person(act, each, row, self.field):
                self.statement(each, row, added(act, "entryRelationship", typeCode="COMP"))

    def part(self, act: Element, way: str, field: Element, row: Element) -> None:
        """An element of an act."""
        above, _, attribute = way.partition("@")
        system = self.tables.header["systems"].get(above, "") if attribute == "code" else ""
        put(grown(act, above), attribute, field.leaves[""], system)
        if (named := twin(field, row)) is not None:
            put(grown(act, above), "displayName", named.leaves[""])

    def statement(self, field: Element, around: Element, parent: Element) -> None:
        """One field as a statement; a code has its name beside it."""
        if field.children:
            self.inner(field)
            return
        if field.name.endswith("Name") and coded(field, around) is not None:
            return
        known = self.field(field.name)
        valued(observation(parent, known.element, known.name), field, twin(field, around), known)
