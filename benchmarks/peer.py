"""python -m benchmarks.peer: the hub beside HAPI FHIR's JPA server, the same requests in one interleaved run.

HAPI's own programs (`hapi-fhir-cli`, the starter) are in no package registry; its libraries are, so
`Peer.java` puts them together by HAPI's guide: https://hapifhir.io/hapi-fhir/docs/server_jpa/get_started.html.
Needed: a JDK 17 and Maven, which fetches 280 MB of libraries once for each --folder.

Both stand on embedded PostgreSQL servers of the same settings (durable commits) and hold the same resources.
Loading HAPI over HTTP takes long, so the corpus is a tenth of `benchmarks.limits`' (50 Observations for each
patient; `--patients 1000` is all of it).
"""

import argparse
import asyncio
import http.client
import json
import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from benchmarks import cpu, pgbench, workload
from benchmarks.generator import Figures, drive
from benchmarks.stand import ADDRESSES, open_door, standing
from exchange.store import embedded
from exchange.store.tuning import tuning

SOURCE: Final = Path(__file__).with_name("Peer.java")
LIBRARIES: Final = (
    "ca.uhn.hapi.fhir:hapi-fhir-jpaserver-base:8.2.0",
    "org.postgresql:postgresql:42.7.7",
    "com.zaxxer:HikariCP:6.3.0",
    "org.eclipse.jetty.ee10:jetty-ee10-servlet:12.0.14",
)
PROGRAMS: Final = ("java", "javac", "mvn")
INSTALL_SECONDS: Final = 1800
START_SECONDS: Final = 600.0
BUNDLE: Final = 100
WARM_SECONDS: Final = 10  # a JVM compiles what it sees often
SETTINGS: Final = """\
peer: HAPI FHIR JPA 8.2.0, Jetty 12, PostgreSQL 18 with the hub's settings (fsync, synchronous_commit);
      its defaults (a search's result is kept and used again for a minute), references need not resolve,
      no tokens, resources not validated, no full-text index, logging off, heap of 4 GB at most
hub:  yilian serve, one worker, tokens checked, resources checked, durable commits; neither side audits"""


@dataclass(frozen=True, slots=True)
class Side:
    """One of the two servers: where it listens and whose CPU time it is (its own, its PostgreSQL's)."""

    port: int
    token: str
    process: int
    postgres: int

    def spent(self) -> float:
        return cpu.of_process(self.process) + cpu.of_family(self.postgres)


@dataclass(frozen=True, slots=True)
class Measured:
    """`cpu` in microseconds for each request, PostgreSQL's included."""

    figures: Figures
    cpu: float


def main() -> None:
    arguments = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    arguments.add_argument("--seconds", type=int, default=4, help="of each measurement")
    arguments.add_argument("--clients", type=int, default=16, help="connections")
    arguments.add_argument("--rounds", type=int, default=3)
    arguments.add_argument("--folder", type=Path, help="keeps the peer's libraries for the next run")
    arguments.add_argument("--patients", type=int, default=100)
    given = arguments.parse_args()
    if missing := [name for name in PROGRAMS if shutil.which(name) is None]:
        sys.exit(f"no peer: HAPI FHIR needs a JDK of 17 or later and Maven; missing: {', '.join(missing)}")
    workload.resize(given.patients)
    with tempfile.TemporaryDirectory(prefix="yilian-peer-") as place, ExitStack() as stack:
        folder = Path(place)
        classpath = install(given.folder or folder / "install")
        peer = stack.enter_context(peering(folder / "peer", classpath, given.clients))
        hub = stack.enter_context(standing(folder / "hub", ADDRESSES[0]))
        here = Side(hub.hub.http_port, hub.token, hub.hub.process.pid, hub.server.process.pid)
        rounds = _rounds({"hub": here, "peer": peer}, given.clients, given.seconds, given.rounds)
    print(
        f"{given.clients} clients, medians of {given.rounds} rounds of {given.seconds} s, {os.cpu_count()} "
        f"processors, load {os.getloadavg()[0]:.0f}, {workload.OBSERVATIONS:,} Observations\n{SETTINGS}"
    )
    print("\n".join(table(rounds)))


def pom() -> str:
    """What Maven is asked for. https://maven.apache.org/pom.html"""
    wanted = "".join(
        f"<dependency><groupId>{group}</groupId><artifactId>{name}</artifactId>"
        f"<version>{version}</version></dependency>"
        for group, name, version in (each.split(":") for each in LIBRARIES)
    )
    return (
        '<project xmlns="http://maven.apache.org/POM/4.0.0"><modelVersion>4.0.0</modelVersion>'
        "<groupId>benchmarks</groupId><artifactId>peer</artifactId><version>1</version>"
        f"<dependencies>{wanted}</dependencies></project>"
    )


def install(folder: Path) -> str:
    """Fetches the libraries, if they are not there, and compiles; the class path."""
    folder.mkdir(parents=True, exist_ok=True)
    file, classes, libraries = folder / "pom.xml", folder / "classes", folder / "lib"
    if not libraries.exists() or not file.exists() or file.read_text() != pom():
        shutil.rmtree(libraries, ignore_errors=True)
        fetched = folder / "fetched"
        wanted = folder / "wanted.xml"
        wanted.write_text(pom())
        output = f"-DoutputDirectory={fetched}"
        _run(["mvn", "-q", "-B", "-f", str(wanted), "dependency:copy-dependencies", output])
        fetched.rename(libraries)
        wanted.rename(file)
    _run(["javac", "-nowarn", "-d", str(classes), "-cp", f"{libraries}/*", str(SOURCE)])
    return f"{classes}:{libraries}/*"


def _run(command: Sequence[str]) -> None:
    done = subprocess.run(command, capture_output=True, text=True, timeout=INSTALL_SECONDS, check=False)
    if done.returncode:
        sys.exit(f"no peer: {command[0]} failed: {(done.stdout + done.stderr).strip()[-2000:]}")


@contextmanager
def peering(folder: Path, classpath: str, connections: int) -> Iterator[Side]:
    """The peer on a PostgreSQL of its own, loaded."""
    folder.mkdir(mode=0o700)
    server = asyncio.run(embedded.start(folder, tuning(), ADDRESSES[1]))
    try:
        asyncio.run(open_door(server))
        url = f"jdbc:postgresql://{ADDRESSES[1]}:{embedded.PORT}/{embedded.USER}"
        command = ["java", "-Xmx4g", "-cp", classpath, "Peer", url, embedded.USER, str(connections + 4)]
        log = folder / "peer.log"
        with log.open("wb") as output:
            environment = os.environ | {"PEER_PASSWORD": pgbench.PASSWORD}
            process = subprocess.Popen(command, env=environment, stdout=output, stderr=output)
        try:
            port = _listening(process, log)
            began = time.perf_counter()
            load(port, workload.resources())
            rate = (workload.PATIENTS + workload.OBSERVATIONS) / (time.perf_counter() - began)
            print(f"peer: loaded, {rate:,.0f} resources/s (transactions of {BUNDLE}, two at a time)")
            yield Side(port, "none", process.pid, server.process.pid)
        finally:
            process.kill()
            process.wait()
    finally:
        asyncio.run(embedded.stop(server))


def _listening(process: subprocess.Popen[bytes], log: Path) -> int:
    deadline = time.monotonic() + START_SECONDS
    while not (found := re.search(r"^listens (\d+)$", said := log.read_text("utf-8", "replace"), re.M)):
        if process.poll() is not None or time.monotonic() > deadline:
            sys.exit(f"no peer: it did not start: {said[-3000:]}")
        time.sleep(0.5)
    return int(found[1])


def load(port: int, resources: Iterable[dict[str, Any]]) -> None:
    """Two transactions at a time; more only collide."""
    every = list(resources)
    bundles = [every[n : n + BUNDLE] for n in range(0, len(every), BUNDLE)]
    # The first makes the rows of search parameters and systems that two at once would both make.
    _transact(port, bundles[0])
    with ThreadPoolExecutor(2) as threads:
        for _ in threads.map(lambda bundle: _transact(port, bundle), bundles[1:]):
            pass


def _transact(port: int, resources: Sequence[dict[str, Any]]) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=START_SECONDS)
    body = json.dumps(transaction(resources), ensure_ascii=False).encode()
    connection.request("POST", "/fhir", body, {"Content-Type": "application/fhir+json"})
    response = connection.getresponse()
    said = response.read()
    connection.close()
    if response.status != 200:
        raise RuntimeError(f"the peer refused a bundle: {response.status} {said[:1000]!r}")


def transaction(resources: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """The resources under their own ids."""
    entries = [
        {"resource": each, "request": {"method": "PUT", "url": f"{each['resourceType']}/{each['id']}"}}
        for each in resources
    ]
    return {"resourceType": "Bundle", "type": "transaction", "entry": entries}


def _rounds(
    sides: dict[str, Side], clients: int, seconds: int, rounds: int
) -> dict[str, dict[str, list[Measured]]]:
    names = [operation.name for operation in workload.OPERATIONS]
    measured: dict[str, dict[str, list[Measured]]] = {name: {side: [] for side in sides} for name in names}
    for side in sides.values():  # compiled and cached before it counts
        for name in names:
            drive(name, side.port, side.token, clients, WARM_SECONDS, 0)
    for number in range(1, rounds + 1):
        for name in names:
            for label, side in sides.items():
                before = side.spent()
                figures = drive(name, side.port, side.token, clients, seconds, number)
                spent = (side.spent() - before) / len(figures.latencies) * 1e6
                measured[name][label].append(Measured(figures, spent))
    return measured


def table(rounds: dict[str, dict[str, list[Measured]]]) -> Iterator[str]:
    """Medians; the ratio is the median of the rounds' own, as the sides of a round saw the same machine."""
    yield (
        f"{'':12}{'hub/s':>9}{'peer/s':>9}{'ratio':>8}{'p99 ms hub':>12}{'peer':>8}"
        f"{'CPU µs hub':>12}{'peer':>9}{'failed':>9}"
    )
    for name, sides in rounds.items():
        hub, peer = sides["hub"], sides["peer"]
        rates = [statistics.median(each.figures.rate for each in side) for side in (hub, peer)]
        ratio = statistics.median(a.figures.rate / b.figures.rate for a, b in zip(hub, peer, strict=True))
        slowest = [statistics.median(e.figures.percentile(0.99) * 1000 for e in side) for side in (hub, peer)]
        spent = [statistics.median(each.cpu for each in side) for side in (hub, peer)]
        failed = "+".join(str(sum(each.figures.failures for each in side)) for side in (hub, peer))
        yield (
            f"{name:12}{rates[0]:>9,.0f}{rates[1]:>9,.0f}{ratio:>8.1f}{slowest[0]:>12.1f}{slowest[1]:>8.1f}"
            f"{spent[0]:>12,.0f}{spent[1]:>9,.0f}{failed:>9}"
        )


if __name__ == "__main__":
    main()
