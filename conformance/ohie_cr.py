"""OpenHIE's test script of a client registry, over HL7 v2 and FHIR: each case from nothing, in order.

https://wiki.ohie.org/display/documents/OpenHIE+Client+Registry+Test+Script

The messages are the suite's files; what must come of them is the test script's, in `ohie_cr_steps`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from conformance.ohie_cr_feed import FEED_DOMAINS, Feed, judged
from conformance.ohie_cr_steps import CASES, DOMAINS, Expected, Step
from conformance.report import Report, Verdict

SECONDS = 30.0


class Registry(Feed, Protocol):
    """The client registry under test."""

    async def ask(self, message: bytes) -> bytes:
        """The answer to a message."""


@dataclass(frozen=True, slots=True)
class Suite:
    """The messages of HL7 v2 and of FHIR by the name of their file, and the domains that must be known."""

    messages: Mapping[str, bytes]
    feed: Mapping[str, bytes]
    domains: str = DOMAINS + FEED_DOMAINS.lstrip("\n")


def cases(path: Path) -> Suite:
    """Raises FileNotFoundError."""
    folder = path / "HL7" if (path / "HL7").is_dir() else path
    found = {file.stem: file.read_bytes() for file in sorted(folder.glob("OHIE-CR-*.txt"))}
    if not found:
        raise FileNotFoundError(f"{path} has no OHIE-CR-….txt")
    told = {file.stem: file.read_bytes() for file in sorted((path / "FHIR").glob("OHIE-CR-*.json"))}
    return Suite(found, told)


async def judge(suite: Suite, registry: Registry, baseline: Mapping[str, str]) -> Report:
    """A verdict for each step; a step whose message is not there is skipped."""
    verdicts: list[Verdict] = []
    for steps in CASES:
        await registry.fresh()
        for step in steps:
            verdicts.append(await _judged(suite, registry, step))
    return Report((*verdicts, *await judged(suite.feed, registry)), baseline)


async def _judged(suite: Suite, registry: Registry, step: Step) -> Verdict:
    message = suite.messages.get(step.file)
    if message is None:
        return Verdict(step.file, "skipped", "the suite has no such message")
    try:
        answer = await registry.ask(_sent(message))
    except (OSError, EOFError, ValueError) as error:
        return Verdict(step.file, "failed", f"no answer: {type(error).__name__}")
    wrong = differences(answer.decode("utf-8", "replace"), step.expected)
    return Verdict(step.file, "failed" if wrong else "passed", "; ".join(wrong) or "as expected")


def _sent(message: bytes) -> bytes:
    """Segments end with CR; the files were written by hand."""
    lines = message.removeprefix(b"\xef\xbb\xbf").replace(b"\r\n", b"\r").replace(b"\n", b"\r")
    return lines.strip(b"\r") + b"\r"


def differences(answer: str, expected: Expected) -> list[str]:
    """What of an answer is not as the script wants it."""
    segments = [line.split("|") for line in answer.split("\r") if line]
    msa = _first(segments, "MSA")
    found: list[str] = []
    if _at(msa, 1) not in expected.codes:
        found.append(f"MSA-1 is {_at(msa, 1)!r}, not {' or '.join(expected.codes)}")
    if expected.status and _at(_first(segments, "QAK"), 2) != expected.status:
        found.append(f"QAK-2 is {_at(_first(segments, 'QAK'), 2)!r}, not {expected.status}")
    if expected.error and not _at(_first(segments, "ERR"), 2).startswith(expected.error):
        found.append(f"ERR-2 is {_at(_first(segments, 'ERR'), 2)!r}, not {expected.error}")
    persons = [segment for segment in segments if segment[0] == "PID"]
    if expected.persons is not None and len(persons) != expected.persons:
        found.append(f"{len(persons)} PID segments, not {expected.persons}")
    told = ["|".join(person) for person in persons]
    found += [f"no PID has {number}" for number in expected.numbers if not _has_number(persons, number)]
    found += [
        f"a PID has {each}"
        for each in expected.absent
        if any(f"|{each}^" in t or f"~{each}^" in t for t in told)
    ]
    for field, value in expected.fields.items():
        if not any(_at(person, field).startswith(value) for person in persons):
            found.append(f"no PID-{field} begins with {value}")
    return found


def _has_number(persons: Sequence[Sequence[str]], number: str) -> bool:
    """`RJ-439^TEST&2.16…&ISO`: the number, and its authority as a whole."""
    value, _, authority = number.partition("^")
    for person in persons:
        for each in _at(person, 3).split("~"):
            parts = [*each.split("^"), "", "", "", ""]
            if parts[0] == value and parts[3] == authority:
                return True
    return False


def _first(segments: Sequence[Sequence[str]], name: str) -> Sequence[str]:
    return next((segment for segment in segments if segment[0] == name), ())


def _at(segment: Sequence[str], number: int) -> str:
    return segment[number] if number < len(segment) else ""
