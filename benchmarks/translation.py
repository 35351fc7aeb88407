"""What translating HL7 v2 costs: messages a second of CPU time on one core, beside what parsers alone cost.

Run as `python -m benchmarks.translation [--peer PYTHON] [--profile]`. The message is an ORU^R01 of 30
segments whose numbers, values and times change from one to the next; it is parsed, translated and judged
against R4. PYTHON is an interpreter that has hl7apy and python-hl7 (`hl7`), which only parse it.
"""

import argparse
import cProfile
import gc
import pstats
import random
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from adapters.hl7v2.charset import codec, decode
from adapters.hl7v2.parse import parse
from adapters.hl7v2.translate import MapLibrary, translate
from adapters.hospitals.hospital import Hospitals
from adapters.merge import merged
from profiles.definitions import definitions
from profiles.recurring import compile_recurring

MESSAGES: Final = 400
ROUNDS: Final = 5
RECEIVED: Final = datetime(2024, 3, 1, tzinfo=UTC)
TESTS: Final = (
    *(("6690-2", "白细胞", "10*9/L", "3.5-9.5"), ("789-8", "红细胞", "10*12/L", "4.3-5.8")),
    *(("718-7", "血红蛋白", "g/L", "130-175"), ("4544-3", "红细胞压积", "%", "40-50")),
    *(("787-2", "平均红细胞体积", "fL", "82-100"), ("777-3", "血小板", "10*9/L", "125-350")),
    *(("2345-7", "葡萄糖", "mmol/L", "3.9-6.1"), ("2160-0", "肌酐", "umol/L", "57-97")),
    *(("3094-0", "尿素", "mmol/L", "3.1-8.0"), ("1742-6", "丙氨酸氨基转移酶", "U/L", "9-50")),
    *(("1920-8", "天门冬氨酸氨基转移酶", "U/L", "15-40"), ("2885-2", "总蛋白", "g/L", "65-85")),
)
PEERS: Final = """
import sys, time
texts = open(sys.argv[1], encoding="utf-8", newline="").read().split("\\x1d")
def speed(name, parse, some):
    try:
        begin = time.process_time()
        for text in texts[:some]: parse(text)
        print(name, some / (time.process_time() - begin))
    except Exception as error:
        print(name, "failed:", type(error).__name__, str(error)[:80])
try:
    import hl7
    speed("python-hl7", hl7.parse, len(texts))
except ImportError as error:
    print("python-hl7", "failed:", error)
try:
    from hl7apy.parser import parse_message
    speed("hl7apy", parse_message, 40)
except ImportError as error:
    print("hl7apy", "failed:", error)
"""


def message(number: int, choose: random.Random) -> str:
    """A laboratory's report of 30 segments."""
    patient, order = f"{10_000_000 + number}", f"{2024_000_000 + number}"
    at = f"202403{number % 28 + 1:02}{number % 24:02}{number % 60:02}00"
    segments = [
        f"MSH|^~\\&|LIS|H1|HUB|REGION|{at}||ORU^R01^ORU_R01|M{order}|P|2.5.1||||||UNICODE UTF-8",
        f"PID|1||{patient}^^^H1^MR~11010119800101{number % 1000:03}X^^^^NI||欧阳^明||19800101|M|||"
        "建国路1号^^北京^^100020^CN^H||13800138000^PRN^CP",
        f"PV1|1|I|内科^301^2^H1||||1001^赵^医||||||||||||V{patient}^^^H1^VN",
        f"ORC|RE|P{order}^HIS|F{order}^LIS||CM||||{at}|||1001^赵^医",
        f"OBR|1|P{order}^HIS|F{order}^LIS|CBC^血常规^L|||{at}||||||||1001^赵^医||||||{at}||LAB|F",
    ]
    for place in range(24):
        code, name, unit, normal = TESTS[place % len(TESTS)]
        value = f"{choose.uniform(1, 200):.{place % 3}f}"
        flag = choose.choice(("", "", "H", "L"))
        segments.append(
            f"OBX|{place + 1}|NM|{code}^{name}^LN|{place // len(TESTS) + 1}|{value}|{unit}|{normal}|"
            f"{flag}|||F|||{at}||1002^钱^检"
        )
    segments.append("NTE|1||标本合格")
    return "\r".join(segments) + "\r"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--peer", help="a Python that has hl7apy and hl7 (python-hl7)")
    parser.add_argument("--profile", action="store_true", help="tell where the time goes")
    given = parser.parse_args()
    choose = random.Random(1)
    texts = [message(number, choose) for number in range(MESSAGES)]
    raws = [text.encode() for text in texts]
    library, hospitals, check = MapLibrary(definitions()), Hospitals("https://b.example"), checked()
    hospital = hospitals.for_facility("H1")

    def parsed(raw: bytes) -> object:
        return parse(decode(raw), codec(raw))

    def whole(raw: bytes) -> int:
        made = translate(parse(decode(raw), codec(raw)), hospital, RECEIVED, library.of(hospital))
        return sum(len(check(merged(None, entry))) for entry in made.entries)

    def mapped(raw: bytes) -> object:
        return translate(parse(decode(raw), codec(raw)), hospital, RECEIVED, library.of(hospital))

    assert whole(raws[0]) == 0
    if given.profile:
        profiled(lambda: [whole(raw) for raw in raws])
        return
    steps = (("parse", parsed), ("parse + map", mapped), ("parse + map + validate", whole))
    for name, run in steps:
        told(name, speed(raws, run))
    if given.peer:
        peers(given.peer, texts)


def checked() -> Callable[[dict[str, object]], Sequence[object]]:
    return compile_recurring(definitions())


def told(name: str, value: float) -> None:
    print(f"{name:28} {value:10,.0f} messages/s {1e6 / value:10,.0f} µs")


def speed(raws: Sequence[bytes], run: Callable[[bytes], object]) -> float:
    """Messages a second, the median of the rounds; all is warm, and the collector as the hub has it."""
    for raw in raws:
        run(raw)
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 50, 1_000)
    rates = []
    for _ in range(ROUNDS):
        begin = time.process_time()
        for raw in raws:
            run(raw)
        rates.append(len(raws) / (time.process_time() - begin))
    return statistics.median(rates)


def profiled(run: Callable[[], object]) -> None:
    run()
    profile = cProfile.Profile()
    profile.runcall(run)
    pstats.Stats(profile).sort_stats("tottime").print_stats(35)


def peers(python: str, texts: Sequence[str]) -> None:
    """The same messages, only parsed, by others."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "messages"
        file.write_bytes("\x1d".join(texts).encode())
        ran = subprocess.run([python, "-c", PEERS, str(file)], capture_output=True, text=True, check=False)
    for line in ran.stdout.splitlines():
        name, _, rate = line.partition(" ")
        if "failed" in line:
            print(line)
        else:
            told(f"{name}, parse alone", float(rate))


if __name__ == "__main__":
    main()
