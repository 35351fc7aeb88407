"""The traps of front-end tables as declared rules: fillers, sentinel dates, full-width digits, swapped
columns, codes of a hospital's own, refunds, withdrawn rows, units in names.

A rule never guesses: what it changes is declared for a table, or is no value in any table.
"""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field

from adapters.mapping.document import Block
from adapters.mapping.fault import Fault
from adapters.mapping.typed import block_of, blocks, named, table, text, texts, unknown
from adapters.tables.rows import Row
from adapters.trees.coverage import is_filler

_UNIT = re.compile(r"(.+?)[（(]([^（）()]{1,12})[）)]$")
_KEYS = frozenset(
    (
        "rename",
        "nulls",
        "sentinels",
        "values",
        "swapped",
        "negated",
        "withdrawn",
        "key",
        "half_width",
        "modified",
    )
)


@dataclass(frozen=True, slots=True)
class Swap:
    """Two columns whose contents may stand in each other's place: `pattern` is what the code looks like."""

    code: str
    name: str
    pattern: str


@dataclass(frozen=True, slots=True)
class Rules:
    """What is declared of a table. `key` are the columns that tell its rows apart; `nulls` are texts that are
    no value anywhere, `sentinels` in one column (`1900-01-01`); `values` is column → text → what it means;
    `withdrawn` and `negated` are column → texts; `negated` names the columns whose sign then turns."""

    rename: Mapping[str, str] = field(default_factory=dict)
    nulls: frozenset[str] = frozenset()
    sentinels: Mapping[str, frozenset[str]] = field(default_factory=dict)
    values: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    swapped: tuple[Swap, ...] = ()
    withdrawn: Mapping[str, frozenset[str]] = field(default_factory=dict)
    negated: Mapping[str, frozenset[str]] = field(default_factory=dict)
    negated_columns: tuple[str, ...] = ()
    half_width: tuple[str, ...] = ()
    key: tuple[str, ...] = ()

    def under(self, over: "Rules") -> "Rules":
        """These, as a further level says more."""
        return Rules(
            {**self.rename, **over.rename},
            self.nulls | over.nulls,
            {**self.sentinels, **over.sentinels},
            {
                column: {**self.values.get(column, {}), **over.values.get(column, {})}
                for column in (*self.values, *over.values)
            },
            (*over.swapped, *(each for each in self.swapped if each not in over.swapped)),
            {**self.withdrawn, **over.withdrawn},
            over.negated or self.negated,
            over.negated_columns or self.negated_columns,
            tuple(dict.fromkeys((*self.half_width, *over.half_width))),
            over.key or self.key,
        )


@dataclass(frozen=True, slots=True)
class Cleaned:
    """A row as it is meant; `empty` are the columns whose text is no value."""

    row: Row
    empty: Mapping[str, str]
    withdrawn: bool


def rules_from_block(block: Block, faults: list[Fault]) -> Rules:
    """Reads the rules of a table, as far as they can be read."""
    unknown(block, _KEYS, "table's rules", faults)
    negated = block_of(block, "negated", faults)
    unknown(negated, ("when", "columns"), "`negated`", faults)
    return Rules(
        rename=_renamed(block, faults),
        nulls=frozenset(texts(block, "nulls", faults)),
        sentinels=_by_column(block, "sentinels", faults),
        values={
            column: {said: text(inner, said, faults) for said in inner}
            for column, inner in named(block, "values", faults)
        },
        swapped=tuple(_swapped(each, faults) for each in blocks(block, "swapped", faults)),
        withdrawn=_by_column(block, "withdrawn", faults),
        negated=_by_column(negated, "when", faults),
        negated_columns=texts(negated, "columns", faults),
        half_width=texts(block, "half_width", faults),
        key=texts(block, "key", faults),
    )


def _renamed(block: Block, faults: list[Fault]) -> Mapping[str, str]:
    """Each column into another one."""
    found = table(block, "rename", faults)
    inner = block_of(block, "rename", [])
    first: dict[str, str] = {}
    for name, meant in found.items():
        if name == meant or not meant:
            faults.append(Fault(inner.at(name), f"{name!r} is renamed into {meant!r}, which changes nothing"))
        elif meant in first:
            faults.append(
                Fault(inner.at(name), f"{name!r} and {first[meant]!r} are both renamed into {meant!r}")
            )
        first[meant] = name
    return found


def _swapped(block: Block, faults: list[Fault]) -> Swap:
    unknown(block, ("code", "name", "pattern"), "swap", faults)
    told = Swap(*(text(block, key, faults) for key in ("code", "name", "pattern")))
    if not (told.code and told.name and told.pattern):
        faults.append(Fault(block.place, "a swap needs `code`, `name` and `pattern`"))
    try:
        re.compile(told.pattern)
    except re.error as error:
        faults.append(Fault(block.at("pattern"), f"pattern {told.pattern!r}: {error}"))
    return told


def _by_column(block: Block, key: str, faults: list[Fault]) -> dict[str, frozenset[str]]:
    inner = block_of(block, key, faults)
    return {column: frozenset(texts(inner, column, faults)) for column in inner}


def cleaned(row: Row, rules: Rules) -> Cleaned:
    """Applies the rules in the order: names, nulls, digits, values, swaps, signs."""
    values: dict[str, str] = {}
    empty: dict[str, str] = {}
    for column, said in row.values.items():
        name = rules.rename.get(column, column)
        if said in rules.nulls or said in rules.sentinels.get(name, ()) or (said and is_filler(said)):
            empty[name] = said
        elif said:
            plain = unicodedata.normalize("NFKC", said) if name in rules.half_width else said
            values[name] = rules.values.get(name, {}).get(plain, plain)
    for swap in rules.swapped:
        _swap(values, swap)
    if any(values.get(column) in texts for column, texts in rules.negated.items()):
        for column in rules.negated_columns:
            if column in values:
                values[column] = _negative(values[column])
    withdrawn = any(values.get(column) in texts for column, texts in rules.withdrawn.items())
    return Cleaned(Row(row.table, row.number, values), empty, withdrawn)


def _swap(values: dict[str, str], swap: Swap) -> None:
    """Only where the name looks like a code and the code does not."""
    code, name = values.get(swap.code, ""), values.get(swap.name, "")
    if name and re.fullmatch(swap.pattern, name) and not re.fullmatch(swap.pattern, code):
        values[swap.code], values[swap.name] = name, code


def _negative(said: str) -> str:
    """Front ends write refunds as positive rows."""
    return said if said.startswith("-") else f"-{said}"


def split_unit(name: str) -> tuple[str, str]:
    """`血糖（mmol/L）` → its name and its unit."""
    found = _UNIT.fullmatch(name)
    return (found[1], found[2]) if found else (name, "")
