"""Which leaf of a document, a v3 message or a table made which element, and by which row; pure."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from adapters.documents import HL7_V3, TABLE, DocumentMaps, form_of, translate_document
from adapters.hospitals.hospital import Hospital, Hospitals
from adapters.mapping.compiled import Maps, ValueRow
from adapters.mapping.tracing import Origin, TracingWork
from adapters.tables.library import TableLibrary
from adapters.tables.translate import TableMaps
from adapters.trees.library import TreeMaps

# So many leaves of which one element is made are named.
MOST = 6


class TracingTree(TracingWork):
    """Sources are addresses of leaves, as residue has them; several if one element is made of them."""

    def address(self, owner: Any, row: ValueRow, outcome: Any) -> str:
        leaves = {leaf for _, _, read in outcome.read for leaf in read}
        leaves |= {leaf for _, read in outcome.read_inputs for leaf in read}
        named = [owner.document.address(leaf) for leaf in sorted(leaves) if leaf >= 0]
        more = [f"and {len(named) - MOST} more"] if len(named) > MOST else []
        return ", ".join([*named[:MOST], *more])


def traced_document(
    raw: bytes,
    maps: DocumentMaps,
    hospitals: Hospitals,
    hospital: Hospital | None,
    charset: str | None,
    declared: TableMaps | None = None,
) -> list[Origin]:
    """The origin of every element. In a v3 message what stands below `document()` is of the document that it
    carries; of the nth row of a table the address begins with `[n]`."""
    works: list[TracingTree] = []

    def looking(*given: Any) -> TracingTree:
        works.append(TracingTree(*given))
        return works[-1]

    looked_on = DocumentMaps(
        _Looking(maps.cda, looking), _Looking(maps.v3, looking), _LookingTables(maps.tables, looking)
    )
    translate_document(raw, looked_on, hospitals, hospital, charset, _looked_on(declared, looking))
    form = form_of(raw)
    return [each for number, work in enumerate(works, 1) for each in _placed(work.origins, number, form)]


def _placed(origins: list[Origin], number: int, form: str) -> Iterator[Origin]:
    """Several works are the rows of a table, or a v3 message and its document."""
    before = f"[{number}]" if form == TABLE else ""
    for each in origins:
        inner = form == HL7_V3 and each.source.startswith("ClinicalDocument")
        start = "document()/" if inner else before
        yield each._replace(source=f"{start}{each.source}") if each.source else each


def _looked_on(found: TableMaps | None, looking: Any) -> TableMaps | None:
    if found is None or found.maps is None:
        return found
    return replace(found, maps=replace(found.maps, looking=looking))


class _Looking(TreeMaps):
    """The maps of some others, looked on."""

    __slots__ = ("_looking", "_of_others")

    def __init__(self, of_others: TreeMaps, looking: Any) -> None:
        self._of_others, self._looking = of_others, looking

    def of(self, hospital: Hospital) -> Maps:
        return replace(self._of_others.of(hospital), looking=self._looking)


class _LookingTables(TableLibrary):
    """The same for what hospitals declare of tables."""

    __slots__ = ("_looking", "_of_others")

    def __init__(self, of_others: TableLibrary, looking: Any) -> None:
        self._of_others, self._looking = of_others, looking

    def of(self, hospital: Hospital) -> TableMaps:
        found = self._of_others.of(hospital)
        return _looked_on(found, self._looking) or found
