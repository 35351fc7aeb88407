"""Terminology operations over HTTP, one worker, and the CPU that each takes beside a route that does nothing.

python -m benchmarks.terminology_http [--seconds 3] [--clients 2]
"""

import argparse
import tempfile
from pathlib import Path

from benchmarks.cpu import of_process
from benchmarks.generator import drive
from benchmarks.running_hub import running
from benchmarks.terminology_requests import MAP, TERMINOLOGY, table


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=float, default=3)
    parser.add_argument("--clients", type=int, default=2)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="yilian-terminology-") as place:
        folder = Path(place)
        (folder / "table.csv").write_text("\n".join(table()), "utf-8")
        (folder / "map.toml").write_text(MAP, "utf-8")
        with running(folder / "data", folder / "log") as hub:
            token = hub.token("bench", "system/*.rs")
            table_, map_ = str(folder / "table.csv"), str(folder / "map.toml")
            print(hub.command("concepts", "table", table_, "--map", map_).strip())
            bare = 0.0
            for operation in TERMINOLOGY:
                before = of_process(hub.process.pid)
                figures = drive(operation.name, hub.http_port, token, given.clients, given.seconds, 1)
                cpu = (of_process(hub.process.pid) - before) / len(figures.latencies) * 1e6
                bare = bare or cpu
                p50, p95 = (figures.percentile(share) * 1000 for share in (0.5, 0.95))
                print(
                    f"{operation.name:24} {figures.rate:8.0f}/s  p50 {p50:.2f}  p95 {p95:.2f} ms  "
                    f"failures {figures.failures}  CPU {cpu:.0f} us, {cpu / bare:.2f} of the bare route's"
                )


if __name__ == "__main__":
    main()
