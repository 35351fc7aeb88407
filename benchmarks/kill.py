"""python -m benchmarks.kill --points N: kill -9 of the hub while 38 connections push, again and again.

After each kill the hub is started on the same data folder, and what was not acknowledged is sent again. In
the end every acknowledged message must be there exactly once: one Provenance of version 1 that names it, and
its Patient, Encounter, DiagnosticReport and Observations, each one time and in its first version.
"""

import argparse
import asyncio
import hashlib
import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import conformance.fhir
import conformance.mllp
from benchmarks.running_hub import RunningHub, start, stop

CONNECTIONS: Final = 38
FACILITIES: Final = 4
REPLY_SECONDS: Final = 60.0
MESSAGE_SYSTEM: Final = "https://yilian.example/fhir/sid/hl7v2-message"
ONCE: Final = ("Patient", "Encounter", "DiagnosticReport", "Observation", "Provenance")
_CODES: Final = (("718-7", "Hemoglobin", "g/L"), ("6690-2", "WBC", "10*9/L"))


@dataclass(slots=True)
class Hospital:
    """One sender: what it has to say, and what of it was acknowledged."""

    number: int
    source: Iterator[bytes]
    sent: list[bytes] = field(default_factory=list)
    waiting: bytes | None = None
    acknowledged: list[bytes] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)

    async def push(self, port: int, until: float) -> None:
        """Sends one message after the other, first the one that waits for its answer, until a moment comes or
        the connection breaks."""
        try:
            async with conformance.mllp.connected("127.0.0.1", port) as client:
                while time.monotonic() < until or self.waiting is not None:
                    if self.waiting is None:
                        self.waiting = next(self.source)
                        self.sent.append(self.waiting)
                    answer = await client.ask(self.waiting, REPLY_SECONDS)
                    if b"MSA|AA|" in answer:
                        self.acknowledged.append(self.waiting)
                    else:
                        self.refused.append(answer.decode("utf-8", "replace").replace("\r", " "))
                    self.waiting = None
        except (OSError, EOFError):
            return


@dataclass(slots=True)
class Proof:
    """What was sent, and what is wrong with what is there."""

    kills: int
    sent: int
    acknowledged: int
    unanswered_at_kills: int
    stored: dict[str, int]
    problems: list[str]


def messages(hospital: int, seed: int) -> Iterator[bytes]:
    """A new patient's visit, then a report of it, and so on; no two messages are alike."""
    choose = random.Random(f"{seed}/{hospital}")
    number = 0
    while True:
        number += 1
        patient, visit = f"{hospital:02}{number:06}", f"V{hospital:02}{number:06}"
        name = f"{choose.choice('赵钱孙李周吴郑王')}^{choose.choice('伟芳娜敏静')}"
        pid = f"PID|1||{patient}^^^H^PI||{name}||19800101|M"
        pv1 = f"PV1|1|O|||||||||||||||||{visit}^^^H^VN"
        yield _message(hospital, f"{number}A", "ADT^A04^ADT_A01", "EVN|A04|20240101120000", pid, pv1)
        yield _message(
            hospital,
            f"{number}R",
            "ORU^R01^ORU_R01",
            pid,
            pv1,
            f"OBR|1|P{visit}|F{visit}|CBC^血常规^L|||20240101123000|||||||||||||||20240101124000||LAB|F",
            *(
                f"OBX|{place}|NM|{code}^{text}^LN||{choose.randint(1, 999)}|{unit}|||||F|||20240101123000"
                for place, (code, text, unit) in enumerate(_CODES, 1)
            ),
        )


def prove(folder: Path, points: int, seed: int, longest: float) -> Proof:
    """Kills the hub at `points` random moments, at most `longest` seconds after its first acknowledgement."""
    choose = random.Random(seed)
    hospitals = [Hospital(number, messages(number, seed)) for number in range(1, CONNECTIONS + 1)]
    unanswered = 0
    for point in range(points):
        hub = start(folder / "data", folder / "hub.log")
        asyncio.run(_pushed_and_killed(hub, hospitals, choose.uniform(0.05, longest)))
        unanswered += sum(hospital.waiting is not None for hospital in hospitals)
        print(f"kill {point + 1}: {_acknowledged(hospitals)} acknowledged so far", flush=True)
    hub = start(folder / "data", folder / "hub.log")
    try:
        asyncio.run(_pushed(hub, hospitals, 0.2))
        token = hub.token("kill", "system/*.rs")
        return asyncio.run(_proof(hub, token, hospitals, points, unanswered))
    finally:
        stop(hub)


async def _pushed_and_killed(hub: RunningHub, hospitals: list[Hospital], after: float) -> None:
    """`after` the first acknowledgement, so that the hub is in full swing."""
    before = _acknowledged(hospitals)
    pushing = asyncio.create_task(_pushed(hub, hospitals, 3600))
    while _acknowledged(hospitals) == before and not pushing.done():  # noqa: ASYNC110
        await asyncio.sleep(0.01)
    await asyncio.sleep(after)
    await asyncio.to_thread(hub.kill)
    await pushing


def _acknowledged(hospitals: list[Hospital]) -> int:
    return sum(len(hospital.acknowledged) for hospital in hospitals)


async def _pushed(hub: RunningHub, hospitals: list[Hospital], seconds: float) -> None:
    until = time.monotonic() + seconds
    await asyncio.gather(*(hospital.push(hub.mllp_port, until) for hospital in hospitals))


async def _proof(
    hub: RunningHub, token: str, hospitals: list[Hospital], kills: int, unanswered: int
) -> Proof:
    sent = [raw for hospital in hospitals for raw in hospital.sent]
    problems = [f"refused: {answer}" for each in hospitals for answer in each.refused]
    problems += [f"hospital {each.number} waits for an answer" for each in hospitals if each.waiting]
    async with conformance.fhir.connected(hub.fhir, token) as fhir:
        stored = {type_: await fhir.search(type_, _count="1000") for type_ in ONCE}
    problems += _not_once(sent, stored["Provenance"])
    local = [patient for patient in stored["Patient"] if not _is_enterprise(patient)]
    reports = len([raw for raw in sent if b"ORU^R01" in raw])
    visits = len(sent) - reports
    expected = {"Encounter": visits, "DiagnosticReport": reports, "Observation": len(_CODES) * reports}
    if len(local) != visits:
        problems.append(f"{len(local)} Patients of {visits}")
    for type_, count in expected.items():
        if len(stored[type_]) != count:
            problems.append(f"{len(stored[type_])} {type_} of {count}")
    for type_ in ONCE:
        resources = local if type_ == "Patient" else stored[type_]
        again = [resource["id"] for resource in resources if resource["meta"]["versionId"] != "1"]
        problems += [f"{type_}/{id_} was written more than once" for id_ in again]
    counts = {type_: len(resources) for type_, resources in stored.items()}
    return Proof(kills, len(sent), _acknowledged(hospitals), unanswered, counts, problems)


def _is_enterprise(patient: dict[str, Any]) -> bool:
    return any(
        each.get("system", "").endswith("/sid/enterprise-id") for each in patient.get("identifier", [])
    )


def _not_once(sent: list[bytes], provenances: list[dict[str, Any]]) -> list[str]:
    named = Counter(
        entity["what"]["identifier"]["value"]
        for provenance in provenances
        for entity in provenance["entity"]
        if entity["what"]["identifier"]["system"] == MESSAGE_SYSTEM
    )
    expected = Counter(hashlib.sha256(raw).hexdigest() for raw in sent)
    lost = [f"message {sha256} is lost" for sha256 in expected - named]
    return lost + [f"message {sha256} was applied again" for sha256 in named - expected]


def _message(hospital: int, control_id: str, kind: str, *segments: str) -> bytes:
    sender = f"HIS{hospital}|H{hospital % FACILITIES}"
    header = f"MSH|^~\\&|{sender}|HUB||20240101120000||{kind}|{control_id}|P|2.5.1||||||UNICODE UTF-8"
    return "".join(f"{segment}\r" for segment in (header, *segments)).encode()


def main() -> int:
    arguments = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    arguments.add_argument("--points", type=int, default=20)
    arguments.add_argument("--seed", type=int, default=random.randrange(1 << 30))
    arguments.add_argument("--longest", type=float, default=3.0, help="seconds before a kill, at most")
    given = arguments.parse_args()
    print(f"seed {given.seed}")
    with tempfile.TemporaryDirectory(prefix="yilian-kill-") as folder:
        proof = prove(Path(folder), given.points, given.seed, given.longest)
    for problem in proof.problems:
        print(f"PROBLEM {problem}")
    print(
        f"{proof.kills} kills, {proof.sent} messages sent, {proof.acknowledged} acknowledged, "
        f"{proof.unanswered_at_kills} unanswered at a kill and sent again; {proof.stored}; "
        f"{len(proof.problems)} problems"
    )
    return 1 if proof.problems else 0


if __name__ == "__main__":
    sys.exit(main())
