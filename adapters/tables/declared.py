"""What a layer declares of tables: the rules of each, and columns that the hub does not know.

`tables` is table → rules (`*`: every table), `columns` column → data element and name (and code system),
`header` column → the document's field that it is, `identifiers` column → root of the number, `ignored` column
→ reason.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from adapters.mapping.document import Block, plain
from adapters.mapping.fault import Fault, Place
from adapters.mapping.read import digest_of
from adapters.mapping.typed import block_of, named, table, texts
from adapters.tables.cleaning import Rules, rules_from_block

KEYS: Final = ("tables", "columns", "header", "identifiers", "ignored")
ANY: Final = "*"


@dataclass(frozen=True, slots=True)
class TableLayer:
    """One level's; column names are in small letters. `places` are those of columns and tables."""

    rules: Mapping[str, Rules] = field(default_factory=dict)
    columns: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    header: Mapping[str, str] = field(default_factory=dict)
    identifiers: Mapping[str, str] = field(default_factory=dict)
    ignored: Mapping[str, str] = field(default_factory=dict)
    places: Mapping[str, Place] = field(default_factory=dict, compare=False)
    digest: str = ""


def table_layer(block: Block, faults: list[Fault]) -> TableLayer:
    """Reads a section, as far as it can be read."""
    rules = {name: rules_from_block(item, faults) for name, item in named(block, "tables", faults)}
    columns = _columns(block_of(block, "columns", faults), faults)
    places: dict[str, Place] = {}
    for key in KEYS[1:]:
        places |= {name.lower(): place for name, place in block_of(block, key, []).places.items()}
    places |= {f"table {name}": item.place for name, item in named(block, "tables", [])}
    return TableLayer(
        rules,
        columns,
        _lower(table(block, "header", faults)),
        _lower(table(block, "identifiers", faults)),
        _lower(table(block, "ignored", faults)),
        places,
        digest_of({key: plain(block[key]) for key in KEYS if block.get(key)}),
    )


def _columns(block: Block, faults: list[Fault]) -> dict[str, tuple[str, ...]]:
    made: dict[str, tuple[str, ...]] = {}
    for name in block:
        told = texts(block, name, faults)
        if len(told) not in (2, 3):
            faults.append(Fault(block.at(name), f"column {name!r} is [data element, name] or with a system"))
            continue
        made[name.lower()] = told
    return made


def _lower(found: Mapping[str, str]) -> dict[str, str]:
    return {name.lower(): said for name, said in found.items()}


def over_columns(base: Mapping[str, Any], layers: Iterable[TableLayer]) -> Mapping[str, Any]:
    """The tables of `columns.yaml` as layers change them; what a column is at a higher level it is no more
    at a lower one."""
    made = {key: dict(base[key]) for key in KEYS[1:]}
    for layer in layers:
        said = {key: getattr(layer, key) for key in KEYS[1:]}
        for names in said.values():
            for kind in made.values():
                for name in names:
                    kind.pop(name, None)
        for key, names in said.items():
            made[key].update({name: list(told) if key == "columns" else told for name, told in names.items()})
    return made


def over_rules(layers: Iterable[TableLayer]) -> dict[str, Rules]:
    """The rules of each table, and of every other (`*`)."""
    found = list(layers)
    names = dict.fromkeys(name for layer in found for name in (ANY, *layer.rules))
    made: dict[str, Rules] = {}
    for name in names:
        told = Rules()
        for of in dict.fromkeys((ANY, name)):
            for layer in found:
                if of in layer.rules:
                    told = told.under(layer.rules[of])
        made[name] = told
    return made


def rule_faults(
    layers: Iterable[TableLayer], known: Mapping[str, Any], own: Mapping[str, set[str]]
) -> list[Fault]:
    """Columns renamed into nothing that is known. `own` are the columns that maps read, by table."""
    faults: list[Fault] = []
    names = {name for key in KEYS[1:] for name in known[key]}
    for layer in layers:
        for name, rules in layer.rules.items():
            place = layer.places[f"table {name}"]
            for column, meant in rules.rename.items():
                read = own.get(name, set())
                if name in own and meant not in read:
                    faults.append(
                        Fault(place, f"table {name}: no row reads {meant!r}, which {column!r} is to be")
                    )
                elif name not in own and meant.lower() not in names:
                    faults.append(
                        Fault(place, f"table {name}: {column!r} is to be {meant!r}, which is no column")
                    )
    return faults
