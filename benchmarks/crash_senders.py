"""Hospitals that go on sending whatever dies: over MLLP in both modes and over HTTP, poison among it.

HL7 v2.5.1 chapter 2, 2.9.2. What is not acknowledged is sent again, the same bytes, until it is. One message
of a sender is under way at a time, so the order in which it tells of its patients is known.
"""

import asyncio
import hashlib
import random
import ssl
import time
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

import httpx

import conformance.mllp

CHANNELS: Final = ("original", "enhanced", "http")
PATIENTS: Final = 6
REPLY_SECONDS: Final = 20.0
POISON: Final = 0.06
MOST_REFUSALS: Final = 400
MEDIA_TYPE: Final = "application/hl7-v2; charset=utf-8"
# Nothing is encrypted here, and to read all authorities for each connection takes 75 ms.
PLAIN: Final = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
_START: Final = datetime(2024, 3, 1, 7)


@dataclass(slots=True)
class Doors:
    """Where the hub listens now, and whether the senders shall come to an end."""

    mllp: int = 0
    http: int = 0
    token: str = ""
    ending: bool = False


@dataclass(slots=True)
class Said:
    """A message, and what it is about; `results` is how many Observations it makes."""

    raw: bytes
    poison: bool = False
    results: int = 0
    since: float = field(default_factory=time.monotonic)
    refused: int = 0


@dataclass(slots=True)
class Sender:
    """`editions` counts for each of its patients what it told of him; each has another address."""

    number: int
    channel: str
    seed: int
    editions: Counter[int] = field(default_factory=Counter)
    good: list[Said] = field(default_factory=list)
    poison: list[Said] = field(default_factory=list)
    waiting: Said | None = None
    count: int = 0
    again: int = 0
    last_error: str = ""
    longest: float = 0.0
    problems: list[str] = field(default_factory=list)
    chance: random.Random = field(init=False)

    def __post_init__(self) -> None:
        self.chance = random.Random(f"{self.seed}/{self.number}")

    async def run(self, doors: Doors) -> None:
        """Until the doors say so and everything is acknowledged."""
        converse = self._over_http if self.channel == "http" else self._over_mllp
        while self._current(doors) is not None:
            try:
                await converse(doors)
            except (OSError, EOFError, ValueError, httpx.HTTPError) as error:
                self.again += 1
                self.last_error = repr(error)
                await asyncio.sleep(self.chance.uniform(0.05, 0.3))

    async def _over_mllp(self, doors: Doors) -> None:
        async with conformance.mllp.connected("127.0.0.1", doors.mllp) as client:
            while (said := self._current(doors)) is not None:
                await self._heard(said, await client.ask(said.raw, REPLY_SECONDS))

    async def _over_http(self, doors: Doors) -> None:
        async with httpx.AsyncClient(timeout=REPLY_SECONDS, verify=PLAIN) as client:
            while (said := self._current(doors)) is not None:
                headers = {"Authorization": f"Bearer {doors.token}", "Content-Type": MEDIA_TYPE}
                url = f"http://127.0.0.1:{doors.http}/hl7v2"
                response = await client.post(url, content=said.raw, headers=headers)
                response.raise_for_status()
                await self._heard(said, response.content)

    async def _heard(self, said: Said, answer: bytes) -> None:
        at = answer.find(b"MSA|") + 4
        code = answer[at : at + 2].decode("ascii", "replace") if at > 3 else ""
        if code in ("AA", "CA") or (said.poison and code and not _is_to_be_sent_again(code, answer)):
            self.longest = max(self.longest, time.monotonic() - said.since)
            self.waiting = None
            return
        said.refused += 1
        if said.refused > MOST_REFUSALS:
            self.problems.append(f"sender {self.number} is refused again and again: {code or 'no answer'}")
            self.waiting = None
        await asyncio.sleep(0.1)

    def _current(self, doors: Doors) -> Said | None:
        """What waits for its answer, or what comes next; None at the end."""
        if self.waiting is None and not doors.ending:
            poison = self.chance.random() < POISON
            self.waiting = self._poisoned() if poison else self._told()
            (self.poison if poison else self.good).append(self.waiting)
        return self.waiting

    def _told(self) -> Said:
        """News of a patient, or a report with an address that is known already."""
        self.count += 1
        patient = self.chance.randrange(PATIENTS)
        if self.editions[patient] and self.chance.random() < 0.4:
            results = self.chance.randint(1, 4)
            order = f"{self.number}-{self.count}"
            segments = [
                f"OBR|1|P{order}|F{order}|CBC^血常规^L|||{self._clock}|||||||||||||||{self._clock}||LAB|F"
            ]
            segments += [
                f"OBX|{place}|NM|6690-2^白细胞^LN|{place}|{self.chance.randint(1, 99)}|10*9/L|||||F|||"
                f"{self._clock}"
                for place in range(1, results + 1)
            ]
            return Said(self._message("ORU^R01^ORU_R01", self._pid(patient), *segments), results=results)
        self.editions[patient] += 1
        event = "A04" if self.editions[patient] == 1 else "A08"
        told = self._message(f"ADT^{event}^ADT_A01", f"EVN|{event}|{self._clock}", self._pid(patient))
        return Said(told)

    def _poisoned(self) -> Said:
        """Bytes that are no message, a type that nobody knows, no patient, another version, a broken text."""
        self.count += 1
        pid = self._pid(0)
        kinds = (
            f"no message {self.number}-{self.count}".encode(),
            self._message("ZZZ^Z99", pid),
            self._message("ADT^A08^ADT_A01", f"EVN|A08|{self._clock}"),
            self._message("ADT^A08^ADT_A01", pid).replace(b"|2.5.1|", b"|9.9|"),
            self._message("ADT^A08^ADT_A01", pid).replace(b"PID|1", b"PID|\xff\xfe"),
        )
        return Said(self.chance.choice(kinds), poison=True)

    @property
    def _clock(self) -> str:
        return f"{_START + timedelta(seconds=self.count):%Y%m%d%H%M%S}"

    def _pid(self, patient: int) -> str:
        edition = self.editions[patient]
        number = f"{identifier(self.number, patient)}^^^H{self.number:02}^MR"
        return f"PID|1||{number}||赵^一||19800101|F|||{edition}号"

    def _message(self, kind: str, *segments: str) -> bytes:
        asks = "|AL|NE||" if self.channel == "enhanced" else "||||"
        sender, control_id = f"HIS|H{self.number:02}", f"{self.number}-{self.count}"
        header = f"MSH|^~\\&|{sender}|HUB|R|{self._clock}||{kind}|{control_id}|P|2.5.1||"
        return "".join(f"{each}\r" for each in (f"{header}{asks}UNICODE UTF-8", *segments)).encode()


def _is_to_be_sent_again(code: str, answer: bytes) -> bool:
    """207 of Table 0357 with another code than AE refuses for reasons that lie in the hub: the message was
    not kept, or has no result yet, and nobody was told that it is the hub's now."""
    return code != "AE" and b"|207^" in answer


def identifier(sender: int, patient: int) -> str:
    """A patient's number at a hospital."""
    return f"{sender:02}{patient:04}"


def hash_of(said: Said) -> str:
    return hashlib.sha256(said.raw).hexdigest()
