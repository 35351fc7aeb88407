"""What hospitals declare of their tables: maps of their own, columns and rules, each combination once."""

from collections.abc import Sequence

from adapters.hospitals.hospital import Hospital
from adapters.hospitals.level import TABLE
from adapters.mapping.compiled import Maps
from adapters.mapping.document import loaded
from adapters.mapping.fault import Fault, MapError
from adapters.mapping.layers import stacked
from adapters.mapping.library import Compilations
from adapters.mapping.model import Model
from adapters.mapping.read import LAYER_KEYS, layer_from_block
from adapters.mapping.rows import Layer
from adapters.mapping.typed import unknown
from adapters.tables.declared import KEYS, TableLayer, over_columns, over_rules, rule_faults, table_layer
from adapters.tables.translate import TableMaps, columns
from adapters.trees.library import compiled, layer_of

PACKAGE = "adapters.trees.maps"


def table_maps(text: str, file: str, model: Model) -> TableMaps:
    """Reads a mapping document, which is what `table` is in a hospital's file: `maps` (`segment` is the
    table), `tables`: rules by table. Raises MapError with file and line."""
    faults: list[Fault] = []
    block = loaded(text, file, faults)
    unknown(block, (*LAYER_KEYS, *KEYS), "mapping document", faults)
    layer, tables = layer_from_block(block, faults), table_layer(block, faults)
    if faults:
        raise MapError(faults)
    maps = compiled(stacked(layer_of(PACKAGE), [layer]), model)
    return declared(maps, [layer], [tables])


class TableLibrary:
    """What is declared, made for the first row of whoever declares the same."""

    __slots__ = ("_known", "compilations")

    def __init__(self, model: Model) -> None:
        self.compilations = Compilations(lambda: layer_of(PACKAGE), lambda whole: compiled(whole, model))
        self._known: dict[tuple[str, ...], TableMaps] = {}

    def of(self, hospital: Hospital) -> TableMaps:
        """Raises MapError."""
        layers, tables = hospital.layers(TABLE), [each.tables for each in hospital.levels]
        key = (*(each.digest for each in layers), *(each.digest for each in tables))
        known = self._known.get(key)
        if known is None:
            maps = self.compilations.of(layers) if layers else None
            known = self._known[key] = declared(maps, layers, tables)
        return known


def declared(maps: Maps | None, layers: Sequence[Layer], tables: Sequence[TableLayer]) -> TableMaps:
    """Raises MapError for a column that is renamed into none."""
    read: dict[str, set[str]] = {}
    for layer in layers:
        for each in layer.maps.values():
            of = read.setdefault(each.segment, set())
            of.update(path for row in each.rows for path in (row.source, *row.inputs.values()))
            of.update(part.partition(" ")[0].rstrip("?") for way in each.identity for part in way)
    known = over_columns(columns(), tables) if any(each.digest for each in tables) else columns()
    if faults := rule_faults(tables, known, read):
        raise MapError(faults)
    return TableMaps(maps, frozenset(read), over_rules(tables), known)
