"""What a resource costs on its way into the search index: CPU time, tokens and rows.

Run as `python -m benchmarks.extraction [--bundles FOLDER]`: the Observation of `benchmarks.workload`, and the
resources of a folder of Bundles (`*.json` or `*.json.bz2`), every type. CPU time is that of this process, the
median of rounds.
"""

import argparse
import bz2
import random
import statistics
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from benchmarks.workload import observation
from exchange.fhirjson import loads
from exchange.search.index.extract import Extraction, compile_extraction
from exchange.search.index.row import IndexRow
from profiles.definitions import definitions

ROUNDS = 7
_PARTS = (
    "tokens",
    "codes",
    "identifiers",
    "strings",
    "dates",
    "numbers",
    "quantities",
    "composites",
    "texts",
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--bundles", type=Path, help="a folder of Bundles, each a *.json or *.json.bz2")
    parser.add_argument("--files", type=int, default=12, help="how many of them")
    given = parser.parse_args()
    extraction = compile_extraction(definitions(), "http://127.0.0.1/fhir")
    chance = random.Random(1)
    own = [{**observation(chance, n), "id": str(n)} for n in range(2000)]
    print(f"{'':24}{'number':>8}{'µs each':>9}  rows each: {', '.join(_PARTS)}")
    print(_line("workload Observation", own, extraction))
    if given.bundles:
        resources = list(_entries(given.bundles, given.files))
        for name, count in Counter(each["resourceType"] for each in resources).most_common():
            chosen = [each for each in resources if each["resourceType"] == name]
            if count >= 10:
                print(_line(name, chosen, extraction))
        print(_line("all", resources, extraction))


def _line(name: str, resources: Sequence[dict[str, Any]], extraction: Extraction) -> str:
    rows = [extraction.row(each) for each in resources]
    extraction.unwritten.written(list(extraction.unwritten))
    cost = statistics.median(_round(resources, extraction) for _ in range(ROUNDS))
    return f"{name:24}{len(resources):8}{cost:9.1f}  {'  '.join(_averages(rows))}"


def _round(resources: Sequence[dict[str, Any]], extraction: Extraction) -> float:
    """Microseconds a resource."""
    began = time.process_time()
    for each in resources:
        extraction.row(each)
    return (time.process_time() - began) * 1e6 / len(resources)


def _averages(rows: Sequence[IndexRow]) -> Iterator[str]:
    for part in _PARTS:
        yield f"{sum(len(getattr(row, part)) for row in rows) / len(rows):.2f}"


def _entries(folder: Path, files: int) -> Iterator[dict[str, Any]]:
    """Resources with their ids; references within a Bundle are left as they are."""
    for path in sorted(folder.glob("*.json*"))[:files]:
        raw = bz2.decompress(path.read_bytes()) if path.suffix == ".bz2" else path.read_bytes()
        for entry in loads(raw)["entry"]:
            if "id" in entry["resource"]:
                yield entry["resource"]


if __name__ == "__main__":
    main()
