"""Judges a parser of HL7 v2 by messages that parsers' own suites try, and by cases of ours in their manner.

https://github.com/hapifhir/hapi-hl7v2, https://github.com/crs4/hl7apy, https://github.com/johnpaulett/python-hl7
The texts of those suites are found in a folder (`*.jsonl`, or files of messages); what they ask of each is
told in `parser_asked.yaml`. Every text is also split a second time, by nothing but its separators: each
segment and each value must be there. Our cases (`parser_cases.yaml`) have their bytes with them.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path
from typing import Any, Final, Protocol

import yaml

from conformance.report import Report, Verdict

_HERE: Final = Path(__file__).parent
OWN: Final = "own"
_MESSAGES: Final = (".hl7", ".txt", ".er7")
_LINE: Final = re.compile(r"[\r\n]+")


@dataclass(frozen=True, slots=True)
class Parsed:
    """What a parser made of a message: the code of Table 0357 if it refused it, the names of its segments,
    and every value in the order of the message."""

    refused: str
    segments: Sequence[str] = ()
    values: Sequence[str] = ()


class Engine(Protocol):
    """`frames` are the payloads in a stream of MLLP, however it is cut; `value` is the one at an address."""

    def messages(self, raw: bytes) -> Sequence[bytes]: ...
    def frames(self, stream: Sequence[bytes]) -> Sequence[bytes]: ...
    def parse(self, raw: bytes) -> Parsed: ...
    def value(self, raw: bytes, address: str) -> str: ...


@dataclass(frozen=True, slots=True)
class Case:
    """A text; `asked` is what is asked of it, nothing if only that all of it is there."""

    name: str
    raw: bytes
    asked: Mapping[str, Any]
    stream: Sequence[bytes] = ()


def cases(folder: Path) -> list[Case]:
    """Those of the folder, and ours. Raises FileNotFoundError if the folder has none."""
    asked: dict[str, dict[str, Any]] = yaml.safe_load((_HERE / "parser_asked.yaml").read_text("utf-8"))
    found = [
        Case(name, raw, asked.get(name, {}))
        for file in sorted(folder.rglob("*"))
        if "test" in file.parent.name
        for name, raw in _texts(file)
    ]
    if not found:
        raise FileNotFoundError(f"there are no messages of parsers' suites under {folder}")
    return found + own_cases()


def own_cases() -> list[Case]:
    told = yaml.safe_load((_HERE / "parser_cases.yaml").read_text("utf-8"))
    return [_own(name, case) for name, case in told.items()]


def judge(suite: Sequence[Case], engine: Engine, baseline: Mapping[str, str]) -> Report:
    verdicts = []
    for case in suite:
        try:
            found = list(_problems(case, engine))
        except Exception as error:  # a parser that breaks has failed
            found = [f"{type(error).__name__}: {error}"]
        verdicts.append(Verdict(case.name, "failed" if found else "passed", "; ".join(found[:5])))
    return Report(tuple(verdicts), baseline, notes=tuple(_notes(suite, verdicts)))


def _texts(file: Path) -> Iterator[tuple[str, bytes]]:
    suite = file.parent.name.removesuffix("-tests")
    if file.suffix == ".jsonl":
        for number, line in enumerate(file.read_text("utf-8").splitlines(), 1):
            if line.strip():
                told = json.loads(line)
                yield f"{suite}/{told.get('name') or number}", told["message"].encode()
    elif file.suffix in _MESSAGES:
        yield f"{suite}/{file.name.rpartition('__')[2]}", file.read_bytes()


def _own(name: str, case: Mapping[str, Any]) -> Case:
    """A text is `segments` in a `codec`, each closed by `end`, or `raw` bytes, as characters up to U+00FF."""
    stream = tuple(str(each).encode("latin-1") for each in case.get("stream", ()))
    if "raw" in case:
        return Case(f"{OWN}/{name}", str(case["raw"]).encode("latin-1"), case["asked"], stream)
    lines = str(case.get("end", "\r")).join([*case.get("segments", ()), ""])
    return Case(f"{OWN}/{name}", lines.encode(str(case.get("codec", "utf-8"))), case["asked"], stream)


def _problems(case: Case, engine: Engine) -> Iterator[str]:
    if case.stream:
        frames = [frame.decode("latin-1") for frame in engine.frames(case.stream)]
        if frames != case.asked["frames"]:
            yield f"frames {frames}"
        return
    messages = engine.messages(case.raw)
    if "messages" in case.asked and len(messages) != case.asked["messages"]:
        yield f"{len(messages)} messages, not {case.asked['messages']}"
    if (refused := case.asked.get("refused")) is not None:
        codes = [engine.parse(raw).refused for raw in messages]
        if refused not in codes:
            yield f"refused with {codes}, not {refused}"
        return
    for raw in messages:
        parsed = engine.parse(raw)
        if parsed.refused:
            yield f"refused with {parsed.refused}"
        elif case.name.partition("/")[0] != OWN:
            yield from _lost(raw.decode("utf-8"), parsed)
    yield from _values(case, engine, messages)


def _values(case: Case, engine: Engine, messages: Sequence[bytes]) -> Iterator[str]:
    if "segments" in case.asked:
        names = list(engine.parse(messages[0]).segments)
        if names != case.asked["segments"].split():
            yield f"segments {' '.join(names)}"
    for address, value in case.asked.get("values", {}).items():
        found = engine.value(messages[0], address)
        if found != value:
            yield f"{address} is {found!r}, not {value!r}"


def _lost(text: str, parsed: Parsed) -> Iterator[str]:
    """What a splitter by the separators alone finds that is not there. Escapes it cannot read."""
    lines = [line for line in _LINE.split(text.lstrip("\ufeff \t\r\n")) if line.strip()]
    if len(lines) != len(parsed.segments):
        yield f"{len(parsed.segments)} segments of {len(lines)} lines"
    mark, encoding = lines[0][3], lines[0][4:].partition(lines[0][3])[0]
    between = re.compile(f"[{re.escape(encoding[:2] + encoding[3:4])}]")
    fields = [each for line in lines for each in line.split(mark)[2 if line.startswith("MSH") else 1 :]]
    expected = [leaf for each in fields for leaf in between.split(each) if leaf]
    escape = encoding[2:3] or "\0"
    for sent, found in zip_longest(expected, parsed.values, fillvalue=""):
        if sent != found and escape not in sent:
            yield f"{found!r} where {sent!r} was sent"
            return


def _notes(suite: Sequence[Case], verdicts: Sequence[Verdict]) -> Iterator[str]:
    for source in dict.fromkeys(case.name.partition("/")[0] for case in suite):
        of = [each for each in verdicts if each.name.startswith(f"{source}/")]
        asked = sum(bool(case.asked) for case in suite if case.name.startswith(f"{source}/"))
        passed = sum(each.outcome == "passed" for each in of)
        yield f"{source}: {passed} of {len(of)} texts; of {asked}, more is asked than that all is there"
