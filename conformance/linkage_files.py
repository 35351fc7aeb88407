"""Records of labelled sets, from CSV, Parquet and files of pairs in JSON lines; all values as text."""

import csv
import json
from pathlib import Path
from typing import Any

Records = dict[str, list[str]]


def read(file: Path) -> Records:
    """Columns by name. Of a file of pairs the two records of each follow one another."""
    if file.suffix == ".parquet":
        import pyarrow.parquet  # only the sets that are Parquet need it

        found: dict[str, list[Any]] = pyarrow.parquet.read_table(file).to_pydict()
        return {name: [_text(value) for value in values] for name, values in found.items()}
    if file.suffix == ".jsonl":
        return _pairs(file)
    with file.open(encoding="utf-8-sig", newline="") as text:
        rows = csv.reader(text, skipinitialspace=True)
        header = [name.strip() for name in next(rows)]
        full = [[*row, *[""] * len(header)] for row in rows if row]
    return {name: [row[at].strip() for row in full] for at, name in enumerate(header) if name}


def _pairs(file: Path) -> Records:
    pairs = [json.loads(line) for line in file.read_text("utf-8").splitlines() if line.strip()]
    names = sorted({name for pair in pairs for side in "ab" for name in pair[side]})
    records = {name: [_text(pair[side].get(name)) for pair in pairs for side in "ab"] for name in names}
    return {**records, "expect": [pair["expect"] for pair in pairs for _ in "ab"]}


def _text(value: Any) -> str:
    return "" if value is None else str(value)
