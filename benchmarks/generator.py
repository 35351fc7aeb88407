"""The load: `load.c`, compiled here, in a process of its own (in Python each request cost 42 µs, here 13).

https://www.rfc-editor.org/rfc/rfc9112#section-9.3
"""

import random
import resource
import shutil
import subprocess
import tempfile
from array import array
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

from benchmarks.terminology_requests import TERMINOLOGY
from benchmarks.workload import OPERATIONS

SOURCE: Final = Path(__file__).with_name("load.c")
PREPARED: Final = 400
# Questions about codes are short, and each is another one.
PREPARED_CODES: Final = 10_000
GRACE: Final = 120.0


@dataclass(frozen=True, slots=True)
class Figures:
    """What one measurement saw. `latencies` in seconds, sorted; `cpu` is the generator's own, in seconds."""

    seconds: float
    latencies: Sequence[float]
    failures: int
    bytes_read: int
    cpu: float

    @property
    def rate(self) -> float:
        return len(self.latencies) / self.seconds

    def percentile(self, share: float) -> float:
        return self.latencies[min(int(len(self.latencies) * share), len(self.latencies) - 1)]


def drive(name: str, port: int, token: str, clients: int, seconds: float, seed: int) -> Figures:
    """Measure one operation."""
    operation = next(each for each in (*OPERATIONS, *TERMINOLOGY) if each.name == name)
    chance = random.Random(seed)
    with tempfile.TemporaryDirectory(prefix="yilian-load-") as place:
        requests, latencies = Path(place) / "requests", Path(place) / "latencies"
        with requests.open("wb") as file:
            for _ in range(PREPARED_CODES if operation in TERMINOLOGY else PREPARED):
                request = operation.request(chance, token)
                file.write(len(request).to_bytes(4, "little") + request)
        arguments = (port, clients, seconds, operation.expected, requests, latencies)
        command = [str(program()), *map(str, arguments)]
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        said = _run(command, seconds + GRACE)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        took = array("f")
        took.frombytes(latencies.read_bytes())
    elapsed, failures, bytes_read = said.split()
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Figures(float(elapsed), sorted(took), int(failures), int(bytes_read), cpu)


@cache
def program() -> Path:
    """The compiled generator, in a folder that stays until the machine cleans up."""
    compiler = shutil.which("cc") or shutil.which("gcc")
    if compiler is None:
        raise RuntimeError("the load generator is written in C: install a compiler (gcc)")
    made = Path(tempfile.mkdtemp(prefix="yilian-load-")) / "load"
    _run([compiler, "-O2", "-o", str(made), str(SOURCE)], GRACE)
    return made


def _run(command: Sequence[str], seconds: float) -> str:
    done = subprocess.run(command, capture_output=True, text=True, timeout=seconds, check=False)
    if done.returncode:
        raise RuntimeError(f"{command[0]}: {done.stderr.strip()[-2000:]}")
    return done.stdout
