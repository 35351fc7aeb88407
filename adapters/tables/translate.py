"""Rows of front-end tables to FHIR; pure.

A row goes by the maps that a hospital declares for its table; a table without one is read by its columns,
each a data element: the same resources as the shared document that the table is made for. Both run over the
same elements, a column being a child of its row.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import Any

from adapters.cda.translate import worked
from adapters.hospitals.hospital import Hospital
from adapters.local.building import added
from adapters.local.render import rendered_fields
from adapters.mapping.compiled import Maps
from adapters.mapping.document import load
from adapters.tables.cleaning import Rules, cleaned
from adapters.tables.rows import Row
from adapters.translation import Coverage, Entry, Fields, Translation
from adapters.trees.coverage import account
from adapters.trees.element import Document, Element
from adapters.trees.parse import Tree
from terminology.issue import Issue

_DOCUMENT = frozenset(("Composition", "DocumentReference", "Binary"))


@dataclass(frozen=True, slots=True)
class TableMaps:
    """What a hospital declares: compiled maps, the tables that they are for, the rules of each table (`*`: of
    every other), and what columns mean (by default `columns.yaml`)."""

    maps: Maps | None = None
    tables: frozenset[str] = frozenset()
    rules: Mapping[str, Rules] = field(default_factory=dict)
    known: Mapping[str, Any] = field(default_factory=dict)

    def rules_of(self, table: str) -> Rules:
        return self.rules.get(table) or self.rules.get("*") or Rules()


@cache
def columns() -> Mapping[str, Any]:
    """`columns.yaml`."""
    name = "columns.yaml"
    return load(files("adapters.tables").joinpath(name).read_text("utf-8"), name)


def translate(row: Row, hospital: Hospital, declared: TableMaps, clinical: Maps) -> Translation:
    """The resources of one row. A row that was withdrawn makes them entered in error."""
    rules = declared.rules_of(row.table)
    known = declared.known or columns()
    clean = cleaned(row, rules)
    document = Document()
    by_map = declared.maps is not None and row.table in declared.tables
    element = _element(clean.row, document)
    for name, said in clean.empty.items():
        document.ignored.add(document.leaf(element, name, said)[0])
    if by_map and declared.maps is not None:
        tree, maps = Tree(element, "", document), declared.maps
    else:
        tree, maps = rendered_fields(_named(element, clean.row, rules, known), known), clinical
    work = worked(tree, hospital, maps)
    drafts = [each for each in work.finish() if by_map or each.resource["resourceType"] not in _DOCUMENT]
    entries = [Entry(_state(each.resource, clean.withdrawn), each.mode) for each in drafts]
    issues = list(work.issues)
    if not entries and not issues:
        issues.append(Issue("error", "not-supported", f"nothing of {row.table} is known", row.table))
    coverage, residue, fields = account(document, maps.ignored)
    return Translation(entries, issues, coverage, residue, fields=fields)


def _element(row: Row, document: Document) -> Element:
    """A row as an element, its columns as children."""
    root = Element(row.table, None, document)
    for name, said in row.values.items():
        child = added(root, name)
        child.leaves[""] = document.leaf(child, "", said)
        child.content = [said]
    return root


def _named(element: Element, row: Row, rules: Rules, table: Mapping[str, Any]) -> Element:
    """Columns under the names of fields; a name for the row itself, by its key."""
    ignored, header = table["ignored"], table["header"]
    for child in list(element.children):
        name = child.name.lower()
        if name in ignored:
            element.document.ignored.add(child.leaves[""][0])
            element.children.remove(child)
            continue
        child.name = header.get(name) or _paired(name, element)
    number = added(element, "DocID")
    number.leaves[""] = (-1, f"{row.table}/{_key(row, rules)}")
    return element


def _paired(name: str, element: Element) -> str:
    """`jbzdbm` beside `jbzdmc` are a code and its name."""
    stem, ending = name[:-2], name[-2:]
    there = {each.name.lower() for each in element.children}
    if ending in ("dm", "bm") and f"{stem}mc" in there:
        return f"{stem}Code"
    if ending == "mc" and there & {f"{stem}dm", f"{stem}bm", f"{stem}Code".lower()}:
        return f"{stem}Name"
    return name


def _key(row: Row, rules: Rules) -> str:
    """The declared key, else the source's row number, else the content."""
    values = {name.lower(): said for name, said in row.values.items()}
    told = [values.get(name.lower(), "") for name in rules.key or ("yjlxh",)]
    if any(told):
        return "|".join(told)
    text = "\x1f".join(f"{name}={said}" for name, said in sorted(values.items()))
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:32]


def _state(resource: dict[str, Any], withdrawn: bool) -> dict[str, Any]:
    """Patients and places stay; what was said of them is taken back."""
    if not withdrawn or "status" not in resource or resource["resourceType"] in ("Location", "CodeSystem"):
        return resource
    return {**resource, "status": "entered-in-error"}


def together(made: list[Translation]) -> Translation:
    """Several rows as one: a resource that several tell of is there once, merged in their order."""
    counted = Coverage(
        sum(each.coverage.mapped for each in made),
        sum(each.coverage.ignored for each in made),
        sum(each.coverage.residue for each in made),
    )
    entries = {(e.resource["resourceType"], e.resource["id"]): e for each in made for e in each.entries}
    return Translation(
        list(entries.values()),
        [issue for each in made for issue in each.issues],
        counted,
        [left for each in made for left in each.residue],
        fields=Fields(
            [one for each in made for one in each.fields.present],
            [one for each in made for one in each.fields.ignored],
        ),
    )
