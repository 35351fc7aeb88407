"""python -m benchmarks.fuzz [--seconds N] [--paths REGEX]: schemathesis against our own OpenAPI description.

A hub is started for it, on a data folder that is removed afterwards. Any answer of 500 or more fails the run;
further checks (`--checks`) tell where the description and the hub differ. https://schemathesis.readthedocs.io/
"""

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Final

from benchmarks.running_hub import RunningHub, running

# What differs most: demographics, choices, components, what recurses, content as it is, what others use.
PATHS: Final = r"^/($|_history|metadata|(Patient|Observation|Questionnaire|Binary|Bundle|Group)(/|$))"


def main() -> int:
    arguments = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    arguments.add_argument("--seconds", type=int, default=300)
    arguments.add_argument("--paths", default=PATHS, help="a regular expression of the paths to try")
    arguments.add_argument("--checks", default="not_a_server_error")
    arguments.add_argument("--seed", type=int)
    given = arguments.parse_args()
    with tempfile.TemporaryDirectory(prefix="yilian-fuzz-") as data:
        folder = Path(data)
        with running(folder / "data", folder / "hub.log") as hub:
            code = subprocess.run(_command(hub, given, folder), check=False).returncode
        failures = [line for line in (folder / "hub.log").read_text("utf-8").splitlines() if "ERROR" in line]
        print("\n".join(failures[:20]))
        return code or bool(failures)


def _command(hub: RunningHub, given: argparse.Namespace, folder: Path) -> list[str]:
    token = hub.token("fuzz", "system/*.cruds")
    seed = [] if given.seed is None else ["--seed", str(given.seed)]
    return [
        *(str(Path(sys.executable).parent / "schemathesis"), "run", f"{hub.fhir}/openapi.json"),
        *("--url", hub.fhir, "--header", f"Authorization: Bearer {token}"),
        *("--include-path-regex", given.paths, "--checks", given.checks),
        *("--max-time", str(given.seconds), "--continue-on-failure", "--request-timeout", "30"),
        *("--suppress-health-check", "all", "--warnings", "off", "--workers", "2"),
        *("--report", "ndjson", "--report-dir", str(folder), "--no-color", *seed),
    ]


if __name__ == "__main__":
    sys.exit(main())
