"""python -m benchmarks.mutations [--count N] [--seed N] [FOLDER…]: mutated HL7 v2 messages, translated.

Messages (`*.hl7` below the folders, or one made here) are cut, joined, repeated and filled with separators,
nulls, escapes and bytes of other charsets, then read, translated and judged as the hub would. Any exception,
and any message that takes longer than 50 ms of CPU time twice in a row, is a finding; exit 1 if there is one.
"""

import argparse
import random
import sys
import time
import traceback
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from benchmarks.translation import message
from exchange.commands.translating import Rules, translated, translation_rules
from exchange.settings import Settings

SLOW: Final = 0.05
PIECES: Final = (
    *(b"|", b"^", b"~", b"&", b"\\", b'""', b"\r", b"\n", b"\r\n", b"\x00", b"\x0b", b"\xff", b"\xc4\xe3"),
    *(b"\\X41\\", b"\\.br\\", b"\\F\\", b"MSH|^~\\&|", b"PID|", b"OBX|", b"ZZZ|", b"||||||||", b"20249999"),
    *(
        b"999999999999999999999",
        b"-1",
        b"1e999",
        b"<0.1",
        b"\xe6\xbc\xa2",
        b"^^^^^^^^^^",
        b"~~~~~~~~",
        b"&&&&",
    ),
)


def mutated(sources: Sequence[bytes], choose: random.Random) -> bytes:
    """A message with one to eight things wrong."""
    raw = bytearray(choose.choice(sources))
    for _ in range(choose.randint(1, 8)):
        at = choose.randrange(len(raw) + 1)
        to = min(len(raw), at + choose.choice((0, 1, 2, 5, 20, 200)))
        match choose.randrange(4):
            case 0:
                raw[at:at] = choose.choice(PIECES)
            case 1:
                del raw[at:to]
            case 2:
                raw[at:to] = choose.choice(PIECES)
            case _:
                raw[at:at] = raw[at:to] * choose.randint(1, 3)
    if choose.random() < 0.2:
        segments = bytes(raw).split(b"\r")
        head, rest = segments[:1], segments[1:]
        choose.shuffle(rest)
        return b"\r".join(head + rest)
    return bytes(raw)


def spent(rules: Rules, raw: bytes) -> float:
    begin = time.process_time()
    translated(rules, raw, "hl7v2")
    return time.process_time() - begin


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folders", nargs="*", type=Path)
    parser.add_argument("--count", type=int, default=50_000)
    parser.add_argument("--seed", type=int, default=random.randrange(1 << 30))
    given = parser.parse_args()
    choose = random.Random(given.seed)
    sources = [path.read_bytes() for folder in given.folders for path in sorted(folder.rglob("*.hl7"))]
    sources = sources or [message(number, choose).encode() for number in range(20)]
    rules = translation_rules(Settings(), None)
    for raw in sources:
        translated(rules, raw, "hl7v2")
    found: Counter[str] = Counter()
    slowest = 0.0
    for number in range(given.count):
        raw = mutated(sources, choose)
        try:
            seconds = spent(rules, raw)
            if seconds > SLOW:
                seconds = min(seconds, spent(rules, raw))
            slowest = max(slowest, seconds)
            if seconds > SLOW:
                found[f"slow: {seconds * 1000:.0f} ms for {len(raw)} bytes"] += 1
        except Exception as error:
            place = traceback.extract_tb(error.__traceback__)[-1]
            found[f"{type(error).__name__} at {place.filename}:{place.lineno}"] += 1
        if number % 10_000 == 9_999:
            print(f"{number + 1} messages, {sum(found.values())} findings", flush=True)
    for finding, count in found.most_common(40):
        print(f"{count} × {finding}")
    print(
        f"seed {given.seed}: {given.count} messages, {sum(found.values())} findings, {slowest * 1000:.0f} ms"
    )
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
