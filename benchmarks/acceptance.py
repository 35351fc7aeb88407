"""python -m benchmarks.acceptance DATA [--report FILE]: ADT and ORU^R01 of the outside suites, on a new hub.

DATA is the folder that holds `v2-cda/microsoft-fhir-converter` and `v2-cda/cdc-reportstream`, or one of
`*.hl7` files. The hub is started for it, on a data folder that is removed afterwards.
"""

import argparse
import asyncio
import json
import sys
import tempfile
from collections import Counter
from pathlib import Path
from typing import Final

import conformance.fhir
import conformance.mllp
from benchmarks.running_hub import RunningHub, running
from conformance.v2 import Case, Report, cases, judge

KINDS: Final = ("A01", "A03", "A04", "A08", "A11", "A28", "A31", "A40")
MESSAGE_SYSTEM: Final = "https://yilian.example/fhir/sid/hl7v2-message"
SUITES: Final = ("v2-cda/microsoft-fhir-converter", "v2-cda/cdc-reportstream")


def main() -> int:
    arguments = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    arguments.add_argument("data", type=Path)
    arguments.add_argument("--report", type=Path, help="every case, as JSON")
    given = arguments.parse_args()
    folders = [given.data / suite for suite in SUITES if (given.data / suite).is_dir()] or [given.data]
    sent = cases(folders, [*(f"ADT^{event}" for event in KINDS), "ORU^R01"])
    with tempfile.TemporaryDirectory(prefix="yilian-acceptance-") as data:
        folder = Path(data)
        with running(folder / "data", folder / "hub.log") as hub:
            report = asyncio.run(_judged(hub, sent))
    if given.report:
        given.report.write_text(json.dumps(report.as_json(), ensure_ascii=False, indent=1), "utf-8")
    _print(report)
    return 0 if report.passed and sent else 1


async def _judged(hub: RunningHub, sent: list[Case]) -> Report:
    token = await asyncio.to_thread(hub.token, "acceptance", "system/*.rs")
    async with (
        conformance.mllp.connected("127.0.0.1", hub.mllp_port) as mllp,
        conformance.fhir.connected(hub.fhir, token) as fhir,
    ):
        return await judge(sent, mllp, fhir, MESSAGE_SYSTEM)


def _print(report: Report) -> None:
    kinds: dict[str, Counter[str]] = {}
    reasons: Counter[str] = Counter()
    for verdict in report.verdicts:
        kinds.setdefault(verdict.case.kind, Counter())[verdict.code or "none asked for"] += 1
        if verdict.code in ("AE", "AR", "CE", "CR"):
            told = verdict.replies[-1]
            reasons[f"{verdict.code} {told.errors[0]}: {told.texts[0]}" if told.errors else verdict.code] += 1
        for problem in verdict.problems:
            print(f"PROBLEM {verdict.case.name}: {problem}")
    for change in report.changes:
        print(f"CHANGED {change}")
    for kind, codes in sorted(kinds.items()):
        print(f"{kind}: {', '.join(f'{code} {count}' for code, count in codes.most_common())}")
    for reason, count in reasons.most_common():
        print(f"{count} × {reason}")
    total = Counter(verdict.code or "none asked for" for verdict in report.verdicts)
    made = len({reference for verdict in report.verdicts for reference in verdict.versions})
    print(f"{len(report.verdicts)} messages: {dict(total)}; {made} resources; {len(report.changes)} changes")


if __name__ == "__main__":
    sys.exit(main())
