"""What is declared of the fields of local documents: their data elements, and their places in a document."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import files
from typing import Any

from adapters.mapping.document import load


@dataclass(frozen=True, slots=True)
class Field:
    """A data element (or "") and a name; the type, code system and unit of its values."""

    element: str
    name: str
    type: str
    system: str
    unit: str


@dataclass(frozen=True, slots=True)
class Declared:
    """The tables of `fields.yaml` and `header.yaml`."""

    fields: Mapping[str, Any]
    documents: Mapping[str, Any]
    elements: Mapping[str, Any]
    header: Mapping[str, Any]
    sections: Mapping[str, str]

    def beside(self, columns: Mapping[str, Any]) -> "Declared":
        """With the columns of tables as further fields."""
        paired = {_paired(name): told for name, told in columns["columns"].items()}
        identifiers = {**self.header["identifiers"], **columns["identifiers"]}
        return replace(
            self,
            fields={**paired, **columns["columns"], **self.fields},
            header={**self.header, "identifiers": identifiers},
        )

    def field(self, document: str, name: str) -> Field:
        """What a field means in a document of a type; one that nobody declared is its own name."""
        told = self.documents.get(document, {}).get(name) or self.fields.get(name) or ("", name)
        element, said, *own = told
        kind, system, unit = self.elements.get(element) or ("", "", "")
        return Field(element, said, kind, own[0] if own else system, unit)


def _paired(column: str) -> str:
    """`jbzdbm` as a code that stands beside its name."""
    return f"{column[:-2]}Code" if column.endswith(("dm", "bm")) else column


@cache
def declared() -> Declared:
    folder = files("adapters.local")
    fields, header = (
        load(folder.joinpath(name).read_text("utf-8"), name) for name in ("fields.yaml", "header.yaml")
    )
    return Declared(fields["fields"], fields["documents"], fields["elements"], header, fields["sections"])
