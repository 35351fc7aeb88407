"""Identity over HTTP at a steady pace: `$match`, `$ihe-pix` and the feed of Patients.

python -m benchmarks.identity_http [--residents 3000] [--rate 200 ...] [--seconds 5]

Requests start when their turn comes, whether earlier ones are answered or not, so that waiting is counted;
several rates are taken one after another. CPU a request is that of the hub's process and of PostgreSQL;
`late` is by how much (p99) this process itself began too late: how busy the machine is beside.
"""

import argparse
import asyncio
import json
import random
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote

from benchmarks.cpu import of_family, of_process
from benchmarks.residents import Resident, residents
from benchmarks.running_hub import RunningHub, running
from exchange.store.embedded import find_postmaster

CITIZEN = "urn:oid:2.16.156.10011.1.3"
HOSPITALS = ("b1", "b2")
CONNECTIONS = 16
LOADED_AT_ONCE = 8
WANTED = {"$match": 30, "$ihe-pix": 10, "feed": 50, "feed by id": 50}

Request = tuple[str, str, bytes]


@dataclass(slots=True)
class Client:
    """Keep-alive connections to the hub, with one token."""

    port: int
    token: str
    idle: list[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = field(default_factory=list)

    async def ask(self, request: Request) -> int:
        method, path, body = request
        if not self.idle:
            self.idle.append(await asyncio.open_connection("127.0.0.1", self.port))
        reader, writer = self.idle.pop()
        writer.write(
            f"{method} /fhir/{path} HTTP/1.1\r\nHost: bench\r\nAuthorization: Bearer {self.token}\r\n"
            f"Content-Type: application/fhir+json\r\nContent-Length: {len(body)}\r\n\r\n".encode()
            + body
        )
        head = await reader.readuntil(b"\r\n\r\n")
        length = next(
            int(line[15:]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")
        )
        await reader.readexactly(length)
        self.idle.append((reader, writer))
        return int(head[9:12])

    def close(self) -> None:
        for _, writer in self.idle:
            writer.close()


def patient(resident: Resident, hospital: str, **elements: Any) -> dict[str, Any]:
    identifiers = [{"system": f"urn:bench:{hospital}", "value": f"{resident.number}"}]
    if resident.citizen_id:
        identifiers.append({"system": CITIZEN, "value": resident.citizen_id})
    made: dict[str, Any] = {
        "resourceType": "Patient",
        "id": f"{hospital}-{resident.number}",
        "identifier": identifiers,
        "name": [{"text": resident.name}],
        "birthDate": resident.born.isoformat(),
        "gender": "male" if resident.male else "female",
    }
    if resident.phone:
        made["telecom"] = [{"system": "phone", "value": resident.phone}]
    return made | elements


def matching(people: list[Resident]) -> Callable[[random.Random], Request]:
    def request(chance: random.Random) -> Request:
        asked = patient(chance.choice(people), "b9")
        del asked["id"]
        body = {"resourceType": "Parameters", "parameter": [{"name": "resource", "resource": asked}]}
        return "POST", "Patient/$match", json.dumps(body).encode()

    return request


def crossing(people: list[Resident]) -> Callable[[random.Random], Request]:
    def request(chance: random.Random) -> Request:
        source = quote(f"urn:bench:b1|{chance.choice(people).number}")
        return "GET", f"Patient/$ihe-pix?sourceIdentifier={source}&targetSystem=urn:bench:b2", b""

    return request


def feeding(people: list[Resident]) -> Callable[[random.Random], Request]:
    """Half of them tell something new of a known patient, half are first visits of a known resident; by a
    number that the patient has (ITI-104)."""
    told_by_id = feeding_by_id(people, "by-number")

    def request(chance: random.Random) -> Request:
        _, _, body = told_by_id(chance)
        told = json.loads(body)
        del told["id"]
        number = told["identifier"][0]
        asked = quote(f"{number['system']}|{number['value']}")
        return "PUT", f"Patient?identifier={asked}", json.dumps(told).encode()

    return request


def feeding_by_id(people: list[Resident], again: str = "again") -> Callable[[random.Random], Request]:
    """The same by ids that the hospital gave."""
    count = iter(range(10**9))

    def request(chance: random.Random) -> Request:
        resident, number = chance.choice(people), next(count)
        if number % 2:
            told = patient(resident, "b1", address=[{"text": f"{number} Bench Road"}])
        else:
            told = patient(resident, "b1") | {"id": f"b1-{again}-{number}"}
            told["identifier"][0]["value"] = f"{again}-{number}"
        return "PUT", f"Patient/{told['id']}", json.dumps(told).encode()

    return request


@dataclass(slots=True)
class Paced:
    """Latencies from when each request was due, how late each one began here, and how many had no success."""

    took: list[float] = field(default_factory=list)
    late: list[float] = field(default_factory=list)
    refused: int = 0


async def paced(
    client: Client, request: Callable[[random.Random], Request], rate: int, seconds: float
) -> Paced:
    chance, told = random.Random(rate), Paced()
    start = time.perf_counter() + 0.05

    async def one(due: float, made: Request) -> None:
        told.refused += await client.ask(made) >= 300
        told.took.append(time.perf_counter() - due)

    async with asyncio.TaskGroup() as tasks:
        for number in range(int(rate * seconds)):
            due = start + number / rate
            made = request(chance)
            await asyncio.sleep(max(0.0, due - time.perf_counter()))
            told.late.append(time.perf_counter() - due)
            tasks.create_task(one(due, made))
    return told


async def load(hub: RunningHub, people: list[Resident], tokens: dict[str, str]) -> None:
    for hospital in HOSPITALS:
        client = Client(hub.http_port, tokens[hospital])
        for at in range(0, len(people), LOADED_AT_ONCE):
            some = [patient(each, hospital) for each in people[at : at + LOADED_AT_ONCE]]
            asked = [client.ask(("PUT", f"Patient/{each['id']}", json.dumps(each).encode())) for each in some]
            if any(status >= 300 for status in await asyncio.gather(*asked)):
                raise RuntimeError("a Patient was refused")
        client.close()


async def measure(hub: RunningHub, people: list[Resident], rates: list[int], seconds: float) -> None:
    tokens = {name: _token(hub, name, "system/Patient.cruds", name) for name in HOSPITALS}
    started = time.perf_counter()
    await load(hub, people, tokens)
    print(f"{2 * len(people)} Patients of two hospitals in {time.perf_counter() - started:.1f} s", flush=True)
    reading = _token(hub, "reader", "system/Patient.rs", None)
    for name, token, request in (
        ("$match", reading, matching(people)),
        ("$ihe-pix", reading, crossing(people)),
        ("feed", tokens["b1"], feeding(people)),
        ("feed by id", tokens["b1"], feeding_by_id(people)),
    ):
        client = Client(hub.http_port, token)
        await paced(client, request, 50, 1)  # warms what is compiled on first use
        for rate in rates:
            before = _cpu(hub)
            told = await paced(client, request, rate, seconds)
            spent = [
                (now - then) / len(told.took) * 1000 for now, then in zip(_cpu(hub), before, strict=True)
            ]
            print(f"{name:10} {rate:4}/s  {_said(told, name, spent)}", flush=True)
        client.close()


def _said(told: Paced, name: str, spent: list[float]) -> str:
    p50, p99 = (_at(told.took, share) for share in (0.5, 0.99))
    refused = f"  {told.refused} refused" if told.refused else ""
    return (
        f"p50 {p50:6.1f}  p99 {p99:6.1f} ms (wanted {WANTED[name]})  CPU {spent[0]:.2f} + {spent[1]:.2f} ms  "
        f"late {_at(told.late, 0.99):.1f} ms{refused}"
    )


def _at(seconds: list[float], share: float) -> float:
    return sorted(seconds)[min(int(len(seconds) * share), len(seconds) - 1)] * 1000


def _cpu(hub: RunningHub) -> list[float]:
    """Seconds of the hub's process and of its PostgreSQL."""
    postmaster = find_postmaster(Path(hub.environment["YILIAN_DATA_DIR"]) / "postgres")
    return [of_process(hub.process.pid), of_family(postmaster.pid) if postmaster else 0.0]


def _token(hub: RunningHub, name: str, scope: str, hospital: str | None) -> str:
    belongs = [] if hospital is None else ["--hospital", hospital]
    hub.command("client", "add", f"client-{name}", "--scope", scope, *belongs)
    return hub.command("token", f"client-{name}")


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--residents", type=int, default=3000)
    parser.add_argument("--rate", type=int, nargs="+", default=[200])
    parser.add_argument("--seconds", type=float, default=5)
    given = parser.parse_args()
    people = residents(given.residents)
    with (
        tempfile.TemporaryDirectory(prefix="yilian-identity-") as place,
        running(Path(place) / "data", Path(place) / "log") as hub,
    ):
        asyncio.run(measure(hub, people, given.rate, given.seconds))


if __name__ == "__main__":
    main()
