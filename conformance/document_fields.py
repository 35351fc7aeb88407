"""Which fields of each type of document reach the output: `fields.csv` as documents of made-up values.

A field of a group (`Diag.Code`) stands in it; of a group that the list names without dots, the names that
repeat in the document and follow it are its fields. A flag is covered where its leaf is not left over.
"""

import csv
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path

from conformance.v2_pairs import Engine, Translated
from conformance.v2_survival import plain, share

Row = Mapping[str, str]
_TIMES = ("DT15", "DT14", "D8", "DT8")
_COUNTS = ("Age", "Num", "Days", "Quantity", "Dosage", "Dose", "Frequency")
_FLAG = "true"


@dataclass(frozen=True, slots=True)
class Field:
    """One field with its made-up value, and the group it stands in, or ""."""

    group: str
    name: str
    value: str


def coverage_by_type(folder: Path, engine: Engine) -> Iterator[str]:
    """Three lines: the share of all types, of each, and what is not covered."""
    for file in [folder] if folder.name == "fields.csv" else sorted(folder.rglob("fields.csv")):
        with file.open(encoding="utf-8-sig", newline="") as opened:
            rows = list(csv.DictReader(opened))
        shares: dict[str, tuple[int, int]] = {}
        missed: list[str] = []
        for document in sorted({row["doc"] for row in rows if row["doc"].isalnum()}):
            fields = list(_fields([row for row in rows if row["doc"] == document]))
            lacking = _missed(fields, document, engine)
            shares[document] = len(fields) - len(lacking), len(fields)
            missed += [f"{document} {each.group}.{each.name}".replace(" .", " ") for each in lacking]
        reached, every = (sum(each[at] for each in shares.values()) for at in (0, 1))
        told = f"{reached}/{every} ({reached / (every or 1):.3f})"
        yield f"fields of {len(shares)} types that reach the output: {told}"
        yield ", ".join(f"{name} {n}/{d}" for name, (n, d) in shares.items())
        if missed:
            yield f"fields that do not: {', '.join(missed)}"


def _fields(rows: Sequence[Row]) -> Iterator[Field]:
    names = [row["attr"].strip() for row in rows]
    groups = {name.rpartition(".")[0] for name in names if "." in name}
    often = Counter(names)
    group = ""
    for number, (row, name) in enumerate(zip(rows, names, strict=True)):
        around, _, last = name.replace("/", ".").rpartition(".")
        if name in groups or row["object"] or (last.endswith("Info") and not row["data_element"]):
            group = last
        elif last.replace("_", "").isalnum() and last.isascii():
            inner = around.rpartition(".")[2] or (group if often[name] > 1 else "")
            group = group if inner or often[name] > 1 else ""
            yield Field(inner, last, _value(row, last, number))


def _missed(fields: Sequence[Field], document: str, engine: Engine) -> list[Field]:
    """Each field has a value of its own, and is covered if that stands in what is made."""
    if not fields:
        return []
    made = engine.translate(_document(fields, document).encode())
    kept = [one for one in made.resources if one["resourceType"] != "Binary"]
    return [each for each in fields if plain(each.value) and not _covered(each, kept, made)]


def _covered(field: Field, kept: Sequence[dict[str, object]], made: Translated) -> bool:
    if field.value == _FLAG:
        return not any(path.rpartition("/")[2].partition("[")[0] == field.name for path in made.residue)
    return share([field.value], kept) == 1.0


def _document(fields: Sequence[Field], document: str) -> str:
    parts: list[str] = []
    group = ""
    for each in fields:
        if each.group != group:
            parts += [f"</{group}>"] * bool(group) + [f"<{each.group}>"] * bool(each.group)
            group = each.group
        parts.append(f"<{each.name}>{escape(each.value)}</{each.name}>")
    parts += [f"</{group}>"] * bool(group)
    return f"<{document}>{''.join(parts)}</{document}>"


def _value(row: Row, name: str, number: int) -> str:
    if row["length"] in _TIMES or name.endswith(("Time", "Date", "TimeLow", "TimeHigh")):
        return f"2021{number % 12 + 1:02}{number % 28 + 1:02}{number % 24:02}{number % 60:02}11"
    if name.endswith("GenderCode"):
        return "1"
    if name.endswith(("Sign", "Flag")):
        return _FLAG
    if name.endswith("Code"):
        return f"K{number}Z"
    return f"{9000 + number}" if name.endswith(_COUNTS) else f"值{number}V"
