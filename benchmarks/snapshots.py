"""What making snapshots costs: CPU time a profile and an element, of every profile in a package.

Run as `python -m benchmarks.snapshots PACKAGE.tgz …`. Published snapshots are laid aside; bases and types are
read once, as a validator has them. CPU time is that of this process, the median of rounds.
"""

import argparse
import statistics
import time
from pathlib import Path

from profiles.definitions import definitions
from profiles.packages.package import load_package
from profiles.snapshots.error import SnapshotError
from profiles.snapshots.snapshot import Snapshots

ROUNDS = 5


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("packages", nargs="+", type=Path)
    for path in parser.parse_args().packages:
        measure(path)


def measure(path: Path) -> None:
    package = load_package(path)
    canonicals = definitions().canonicals.and_packages(package)
    snapshots = Snapshots(canonicals.structure)
    names = [one.filename for one in package.index if one.resource_type == "StructureDefinition"]
    profiles = [one for one in map(package.json, names) if one.get("derivation") == "constraint"]
    rounds = []
    for _ in range(ROUNDS):
        start, made = time.process_time(), []
        for profile in profiles:
            try:
                made.append(len(snapshots.made(profile)))
            except SnapshotError as error:
                print(f"{profile['url']}: {error}")
        rounds.append(time.process_time() - start)
    took = statistics.median(rounds)
    print(
        f"{path.name}: {len(made)} profiles of {sum(made)} elements,"
        f" {1000 * took / len(made):.2f} ms a profile, {1e6 * took / sum(made):.1f} µs an element"
    )


if __name__ == "__main__":
    main()
