"""python -m benchmarks.mutations [--count N] [--seed N] [--processes N] [--marks FILE] [FOLDER…]: mutants.

HL7 v2 messages (`*.hl7` below the folders, or some made here) are broken in one to eight ways that senders
and lines break them, then read, translated and judged as the hub would. The nth message follows from the
seed and n alone (`--show N` writes it). A finding is an exception, or a message that takes more than 50 ms of
CPU time each of five times; exit 1 if there is one. `--marks` is where it notes how far it is: the same
command goes on.
"""

import argparse
import json
import multiprocessing
import random
import sys
import time
import traceback
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from benchmarks.mutants import mutated
from benchmarks.translation import message
from exchange.commands.translating import Rules, translated, translation_rules
from exchange.settings import Settings

SLOW: Final = 0.05
CHUNK: Final = 1000
AGAIN: Final = 4


@dataclass(slots=True)
class Found:
    """What some messages have shown: findings with the number of a message that shows each."""

    done: int = 0
    slowest: float = 0.0
    counts: Counter[str] = field(default_factory=Counter)
    examples: dict[str, int] = field(default_factory=dict)

    def add(self, other: "Found") -> None:
        self.done += other.done
        self.slowest = max(self.slowest, other.slowest)
        self.counts.update(other.counts)
        self.examples = {**other.examples, **self.examples}

    def note(self, finding: str, number: int) -> None:
        self.counts[finding] += 1
        self.examples.setdefault(finding, number)


class Trial:
    """One process's rules and sources."""

    rules: Rules
    sources: Sequence[bytes]
    seed: int

    @classmethod
    def begin(cls, sources: Sequence[bytes], seed: int) -> None:
        cls.rules, cls.sources, cls.seed = translation_rules(Settings(), None), sources, seed
        for raw in sources:
            translated(cls.rules, raw, "hl7v2")

    @classmethod
    def message(cls, number: int) -> bytes:
        return mutated(cls.sources, random.Random(cls.seed << 32 | number))

    @classmethod
    def of(cls, chunk: tuple[int, int]) -> Found:
        """The messages from one number up to another."""
        found = Found()
        for number in range(*chunk):
            cls.one(number, found)
        return found

    @classmethod
    def one(cls, number: int, found: Found) -> None:
        raw = cls.message(number)
        found.done += 1
        try:
            seconds = cls.spent(raw)
            for _ in range(AGAIN):
                if seconds > SLOW:  # once may be the machine's doing
                    seconds = min(seconds, cls.spent(raw))
            found.slowest = max(found.slowest, seconds)
            if seconds > SLOW:
                found.note(f"slow: {seconds * 1000:.0f} ms for {len(raw)} bytes", number)
        except Exception as error:
            place = traceback.extract_tb(error.__traceback__)[-1]
            found.note(f"{type(error).__name__} at {Path(place.filename).name}:{place.lineno}", number)

    @classmethod
    def spent(cls, raw: bytes) -> float:
        begin = time.process_time()
        translated(cls.rules, raw, "hl7v2")
        return time.process_time() - begin


def marked(path: Path | None, seed: int) -> Found:
    """What was found until now."""
    if path is None or not path.exists():
        return Found()
    told = json.loads(path.read_text("utf-8"))
    if told.pop("seed") != seed:
        raise SystemExit(f"{path} is of another seed")
    return Found(told["done"], told["slowest"], Counter(told["counts"]), told["examples"])


def mark(path: Path | None, seed: int, found: Found) -> None:
    if path is not None:
        told = {name: getattr(found, name) for name in ("done", "slowest", "counts", "examples")}
        path.write_text(json.dumps({"seed": seed, **told}), "utf-8")


def run(sources: Sequence[bytes], given: argparse.Namespace) -> Found:
    found = marked(given.marks, given.seed)
    chunks = [(at, min(at + CHUNK, given.count)) for at in range(found.done, given.count, CHUNK)]
    for each in _results(sources, given, chunks):
        before = found.done
        found.add(each)
        mark(given.marks, given.seed, found)
        if found.done // 10_000 > before // 10_000:
            print(f"{found.done} messages, {found.counts.total()} findings", flush=True)
    return found


def _results(
    sources: Sequence[bytes], given: argparse.Namespace, chunks: Sequence[tuple[int, int]]
) -> Iterator[Found]:
    """In order, so that what is marked as done is done. A process is renewed after a while: none may grow."""
    if given.processes == 1:
        Trial.begin(sources, given.seed)
        yield from map(Trial.of, chunks)
        return
    with multiprocessing.get_context("spawn").Pool(
        given.processes, Trial.begin, (sources, given.seed), maxtasksperchild=50
    ) as pool:
        yield from pool.imap(Trial.of, chunks)


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folders", nargs="*", type=Path)
    parser.add_argument("--count", type=int, default=50_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--processes", type=int, default=1)
    parser.add_argument("--marks", type=Path, help="a file that notes how far it is")
    parser.add_argument("--show", type=int, metavar="NUMBER", help="write that message to standard output")
    given = parser.parse_args()
    sources = [path.read_bytes() for folder in given.folders for path in sorted(folder.rglob("*.hl7"))]
    sources = sources or [message(number, random.Random(number)).encode() for number in range(20)]
    if given.show is not None:
        sys.stdout.buffer.write(mutated(sources, random.Random(given.seed << 32 | given.show)))
        return 0
    found = run(sources, given)
    for finding, count in found.counts.most_common(40):
        print(f"{count} × {finding} (--show {found.examples[finding]})")
    print(
        f"seed {given.seed}: {found.done} messages, {found.counts.total()} findings, "
        f"slowest {found.slowest * 1000:.0f} ms"
    )
    return 1 if found.counts else 0


if __name__ == "__main__":
    sys.exit(main())
