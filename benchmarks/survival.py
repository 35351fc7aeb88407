"""How much of an HL7 v2 message survives its translation, beside what another converter kept of it.

`python -m benchmarks.survival FOLDER… [-v]` translates every `*.hl7` of the types the hub knows. A value
survives if its text (letters and digits, any case; a time by its date and clock) is found in a value of the
output. Next to `X.hl7` an expected bundle `X.fhir`, or `expected/X-expected.json`, is measured in the same
way. `--identify` gives a patient number to messages made to try one field, which have none and would
be refused.
"""

import argparse
import json
import re
import statistics
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from adapters.hl7v2.parse import parse
from adapters.hl7v2.translate import MapLibrary, translate
from adapters.hospitals.hospital import Hospitals
from adapters.translation import Translation
from profiles.definitions import definitions
from profiles.structure import compile_structure

EVENTS = frozenset(("A01", "A03", "A04", "A08", "A11", "A28", "A31", "A40"))
_TIME = re.compile(r"(\d{8}(?:\d{2}(?:\d{2}(?:\d{2})?)?)?)(?:\.\d+)?(?:[+-]\d{4})?")
_PLAIN = re.compile(r"\W+|_+")


@dataclass(frozen=True, slots=True)
class Measured:
    name: str
    every: float
    long: float
    not_ignored: float
    theirs: float | None
    theirs_long: float | None
    problems: tuple[str, ...]
    refused: tuple[str, ...]
    coverage: tuple[int, int, int]
    lost: tuple[str, ...]


def strings(value: Any) -> Iterator[str]:
    """Every string and number in JSON."""
    if isinstance(value, dict):
        for item in value.values():
            yield from strings(item)
    elif isinstance(value, list):
        for item in value:
            yield from strings(item)
    elif value is not None and not isinstance(value, bool):
        yield str(value)


def survives(value: str, texts: Iterable[str], whole: str) -> bool:
    """`texts` are the output's values, `whole` all of them, as letters and digits."""
    plain = _PLAIN.sub("", value).casefold()
    if not plain or plain in whole:
        return True
    moment = _TIME.fullmatch(value)
    return moment is not None and any(
        text.replace("t", "").startswith(moment[1]) for text in texts if text[:4].isdigit()
    )


def share(values: list[str], output: Any) -> float:
    texts = [_PLAIN.sub("", text).casefold() for text in strings(output)]
    whole = "\n".join(texts)
    return sum(survives(value, texts, whole) for value in values) / len(values) if values else 1.0


def dangling(translation: Translation) -> Iterator[str]:
    """References to what is not among the entries."""
    there = {f"{entry.resource['resourceType']}/{entry.resource['id']}" for entry in translation.entries}
    for entry in translation.entries:
        for found in _references(entry.resource):
            if found not in there:
                yield f"dangling: {entry.resource['resourceType']} → {found}"


def _references(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        if isinstance(value.get("reference"), str):
            yield value["reference"]
        value = list(value.values())
    if isinstance(value, list):
        for item in value:
            yield from _references(item)


def expected_of(path: Path) -> Any | None:
    beside = path.with_suffix(".fhir")
    apart = path.parent.parent / "expected" / f"{path.stem}-expected.json"
    found = next((each for each in (beside, apart) if each.exists()), None)
    return json.loads(found.read_text("utf-8-sig")) if found else None


def identified(text: str) -> str:
    """The message with a PID-3, if it has none; with a PID, if it lacks that."""
    lines = re.split(r"[\r\n]+", text.strip())
    at = next((i for i, line in enumerate(lines) if line.startswith("PID|")), None)
    if at is None:
        lines.insert(
            next((i for i, line in enumerate(lines) if not line.startswith(("MSH", "SFT", "EVN"))), 1), "PID"
        )
        at = lines.index("PID")
    fields = lines[at].split("|")
    fields += [""] * (4 - len(fields))
    fields[3] = fields[3] or "4711^^^^MR"
    lines[at] = "|".join(fields)
    return "\r".join(lines)


class Survival:
    def __init__(self) -> None:
        self.hospitals = Hospitals("https://yilian.example/fhir")
        self.library = MapLibrary(definitions())
        self.check = compile_structure(definitions())

    def measure(self, path: Path, identify: Callable[[str], str]) -> Measured | None:
        message = parse(identify(path.read_bytes().decode("utf-8", "replace")))
        kind, event = message.text("MSH-9.1"), message.text("MSH-9.2")
        if not ((kind == "ADT" and event in EVENTS) or (kind, event) == ("ORU", "R01")):
            return None
        facility = message.text("MSH-4.1") or message.text("MSH-4.2")
        hospital = self.hospitals.for_facility(facility, message.text("MSH-3.1"))
        translation = translate(message, hospital, datetime.now(UTC), self.library.of(hospital))
        leaves = [(address, value) for address, value in message.leaves() if value != '""']
        output = [entry.resource for entry in translation.entries]
        values = [value for _, value in leaves]
        long = [value for value in values if len(value) >= 4]
        said = [
            value for address, value in leaves if not address.startswith(("MSH", "EVN-1", "EVN-2", "SFT"))
        ]
        theirs = expected_of(path)
        problems = [
            f"{issue.expression}: {issue.diagnostics}"
            for resource in output
            for issue in self.check(resource)
        ]
        problems += dangling(translation)
        refused = [issue.diagnostics for issue in translation.issues if issue.severity == "error"]
        counts = translation.coverage
        return Measured(
            name=path.name,
            every=share(values, output),
            long=share(long, output),
            not_ignored=share(said, output),
            theirs=share(values, theirs) if theirs is not None else None,
            theirs_long=share(long, theirs) if theirs is not None else None,
            problems=() if refused else tuple(problems),
            refused=tuple(refused),
            coverage=(counts.mapped, counts.ignored, counts.residue),
            lost=tuple(f"{each.path}" for each in translation.residue),
        )


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folders", nargs="+", type=Path)
    parser.add_argument("-v", "--verbose", action="store_true")
    parser.add_argument("--identify", action="store_true", help="give every patient a number")
    options = parser.parse_args()
    survival = Survival()
    identify = identified if options.identify else str
    lost: Counter[str] = Counter()
    bad = 0
    for folder in options.folders:
        paths = sorted(folder.rglob("*.hl7"))
        measured = [each for path in paths if (each := survival.measure(path, identify))]
        for each in measured:
            bad += bool(each.problems)
            lost.update(re.sub(r"\[\d+\]", "", path).split(".")[0] for path in each.lost)
            if options.verbose or each.problems:
                shares = f"all {each.every:.2f}  ≥4 {each.long:.2f}  said {each.not_ignored:.2f}"
                theirs = f"theirs {each.theirs or 0:.2f}/{each.theirs_long or 0:.2f}"
                counts = "+".join(map(str, each.coverage))
                print(
                    f"{each.name:44} {shares}  {theirs}  {counts}",
                    *each.refused,
                    *each.problems,
                    sep="\n    ",
                )
        _summary(folder, measured)
    print("residue by field:", ", ".join(f"{field} {count}" for field, count in lost.most_common(40)))
    return 1 if bad else 0


def _summary(folder: Path, measured: list[Measured]) -> None:
    def median(values: Iterable[float | None]) -> str:
        known = [value for value in values if value is not None]
        return f"{statistics.median(known):.3f}" if known else "–"

    print(
        f"{folder}: {len(measured)} messages, median share that survives: all values"
        f" {median(each.every for each in measured)}, of 4 characters and more"
        f" {median(each.long for each in measured)}, without what the envelope says"
        f" {median(each.not_ignored for each in measured)}; theirs"
        f" {median(each.theirs for each in measured)} and {median(each.theirs_long for each in measured)};"
        f" refused: {sum(bool(each.refused) for each in measured)};"
        f" with problems: {sum(bool(each.problems) for each in measured)}"
    )


if __name__ == "__main__":
    sys.exit(main())
