"""The traps of front-end tables as declared rules: fillers, sentinel dates, full-width digits, swapped
columns, refunds, withdrawn rows, units in names.

A rule never guesses: what it changes is declared for a table, or is no value in any table.
"""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field

from adapters.mapping.document import Block
from adapters.mapping.fault import Fault, MapError
from adapters.tables.rows import Row
from adapters.trees.coverage import is_filler

_UNIT = re.compile(r"(.+?)[（(]([^（）()]{1,12})[）)]$")
_KEYS = frozenset(("rename", "nulls", "swapped", "negated", "withdrawn", "key", "half_width", "modified"))


@dataclass(frozen=True, slots=True)
class Swap:
    """Two columns whose contents may stand in each other's place: `pattern` is what the code looks like."""

    code: str
    name: str
    pattern: str


@dataclass(frozen=True, slots=True)
class Rules:
    """What is declared of a table. `key` are the columns that tell its rows apart; `withdrawn` and `negated`
    are column → texts; `negated` names the columns whose sign then turns."""

    rename: Mapping[str, str] = field(default_factory=dict)
    nulls: frozenset[str] = frozenset()
    swapped: tuple[Swap, ...] = ()
    withdrawn: Mapping[str, frozenset[str]] = field(default_factory=dict)
    negated: Mapping[str, frozenset[str]] = field(default_factory=dict)
    negated_columns: tuple[str, ...] = ()
    half_width: tuple[str, ...] = ()
    key: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Cleaned:
    """A row as it is meant; `empty` are the columns whose text is no value."""

    row: Row
    empty: Mapping[str, str]
    withdrawn: bool


def rules_from_block(block: Block) -> Rules:
    """Reads the rules of a table. Raises MapError."""
    if unknown := sorted(block.keys() - _KEYS):
        raise MapError([Fault(block.place, f"a table's rules have no {', '.join(unknown)}")])
    negated = block.get("negated") or {}
    return Rules(
        rename={str(k): str(v) for k, v in (block.get("rename") or {}).items()},
        nulls=frozenset(map(str, block.get("nulls") or ())),
        swapped=tuple(
            Swap(str(each["code"]), str(each["name"]), str(each["pattern"]))
            for each in block.get("swapped") or ()
        ),
        withdrawn=_texts(block.get("withdrawn") or {}),
        negated=_texts(negated.get("when") or {}),
        negated_columns=tuple(map(str, negated.get("columns") or ())),
        half_width=tuple(map(str, block.get("half_width") or ())),
        key=tuple(map(str, block.get("key") or ())),
    )


def _texts(found: Mapping[str, object]) -> dict[str, frozenset[str]]:
    return {
        str(name): frozenset(map(str, texts if isinstance(texts, list) else [texts]))
        for name, texts in found.items()
    }


def cleaned(row: Row, rules: Rules) -> Cleaned:
    """Applies the rules in the order: names, nulls, digits, swaps, signs."""
    values: dict[str, str] = {}
    empty: dict[str, str] = {}
    for column, said in row.values.items():
        name = rules.rename.get(column, column)
        if said in rules.nulls or (said and is_filler(said)):
            empty[name] = said
        elif said:
            values[name] = unicodedata.normalize("NFKC", said) if name in rules.half_width else said
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
