"""Records of labelled sets, from CSV, Parquet, JSON lines of pairs and JSON of clusters; values as text."""

import csv
import gzip
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

Records = dict[str, list[str]]


def read(file: Path, names: Sequence[str] = ()) -> Records:
    """Columns by name. Of a file of pairs the two records of each follow one another. `names`: those of the
    columns of a CSV file whose first row is a record."""
    if file.suffix == ".parquet":
        import pyarrow.parquet  # only the sets that are Parquet need it

        found: dict[str, list[Any]] = pyarrow.parquet.read_table(file).to_pydict()
        return {name: [_text(value) for value in values] for name, values in found.items()}
    if file.suffix == ".jsonl":
        return _pairs(file)
    if file.name.endswith(".json.gz"):
        return _clusters(file)
    with file.open(encoding="utf-8-sig", newline="") as text:
        rows = csv.reader(text, skipinitialspace=True)
        header = list(names) or [name.strip() for name in next(rows, [])]
        full = [[*row, *[""] * len(header)] for row in rows if row]
    return {name: [row[at].strip() for row in full] for at, name in enumerate(header) if name}


def _pairs(file: Path) -> Records:
    pairs = [json.loads(line) for line in file.read_text("utf-8").splitlines() if line.strip()]
    names = sorted({name for pair in pairs for side in "ab" for name in pair[side]})
    records = {name: [_text(pair[side].get(name)) for pair in pairs for side in "ab"] for name in names}
    return {**records, "expect": [pair["expect"] for pair in pairs for _ in "ab"]}


def _clusters(file: Path) -> Records:
    """RecordLinker's records, like FHIR's Patient; `cluster` is the number of the cluster."""
    clusters = json.loads(gzip.decompress(file.read_bytes()))["clusters"]
    rows = [
        {"cluster": str(number), **_flat(record)}
        for number, cluster in enumerate(clusters)
        for record in cluster["records"]
    ]
    return {name: [row[name] for row in rows] for name in rows[0]}


def _flat(record: dict[str, Any]) -> dict[str, str]:
    name, address, telecom = (next(iter(record.get(part) or [{}])) for part in ("name", "address", "telecom"))
    numbers = {one["type"]: one["value"] for one in record.get("identifiers") or []}
    return {
        "family": _text(name.get("family")),
        "given": " ".join(name.get("given") or []),
        "suffix": " ".join(name.get("suffix") or []),
        "born": _text(record.get("birth_date")),
        "sex": _text(record.get("sex")),
        "line": " ".join(address.get("line") or []),
        "city": _text(address.get("city")),
        "state": _text(address.get("state")),
        "zip": _text(address.get("postal_code")),
        "phone": _text(telecom.get("value")),
        **{kind.lower(): _text(numbers.get(kind)) for kind in ("MR", "SS", "DL")},
    }


def _text(value: Any) -> str:
    return "" if value is None else str(value)
