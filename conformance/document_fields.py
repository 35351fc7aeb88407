"""Which fields of each type of document reach the output: `fields.csv` as documents of made-up values."""

import csv
from collections.abc import Iterator, Mapping
from html import escape
from pathlib import Path

from conformance.v2_pairs import Engine
from conformance.v2_survival import plain, share

Row = Mapping[str, str]
_TIMES = ("DT15", "DT14", "D8", "DT8")


def coverage_by_type(folder: Path, engine: Engine) -> Iterator[str]:
    """One line: the share of all types, and of the least."""
    files = [folder / "fields.csv"] if (folder / "fields.csv").is_file() else []
    for file in files:
        with file.open(encoding="utf-8-sig", newline="") as opened:
            rows = list(csv.DictReader(opened))
        shares: dict[str, tuple[int, int]] = {}
        for document in sorted({row["doc"] for row in rows}):
            shares[document] = _covered([row for row in rows if row["doc"] == document], document, engine)
        reached, every = (sum(each[at] for each in shares.values()) for at in (0, 1))
        told = ", ".join(f"{name} {n}/{d}" for name, (n, d) in shares.items())
        yield f"fields of {len(shares)} types that reach the output: {reached}/{every}; {told}"


def _covered(rows: list[Row], document: str, engine: Engine) -> tuple[int, int]:
    """Each field has a value of its own, and is covered if that stands in what is made."""
    groups = {row["attr"].split(".")[0] for row in rows if "." in row["attr"]}
    values: dict[str, str] = {}
    parts: list[str] = []
    for number, row in enumerate(rows):
        name = row["attr"].strip()
        last = name.rpartition(".")[2]
        if not last.replace("_", "").isalnum() or not last.isascii() or name in groups or row["object"]:
            continue
        value = _value(row, number)
        values[f"{name}#{number}"] = value
        parts.append(f"<{last}>{escape(value)}</{last}>")
    if not values:
        return 0, 0
    made = engine.translate(f"<{document}>{''.join(parts)}</{document}>".encode())
    kept = [one for one in made.resources if one["resourceType"] != "Binary"]
    return sum(share([value], kept) == 1.0 for value in values.values() if plain(value)), len(values)


def _value(row: Row, number: int) -> str:
    name = row["attr"]
    if row["length"] in _TIMES or name.endswith(("Time", "Date")):
        return f"2021{number % 12 + 1:02}{number % 28 + 1:02}{number % 24:02}{number % 60:02}11"
    if name.endswith("GenderCode"):
        return "1"
    if name.endswith(("Sign", "Flag")):
        return "true"
    if name.endswith("Code"):
        return f"K{number}Z"
    return f"{9000 + number}" if name.endswith(("Age", "Num")) else f"值{number}V"
