"""python -m benchmarks.backlog --messages 100000: a hub that comes back to so many kept messages.

The inbox is filled with messages that were kept and not processed (`benchmarks.hospital_day`). Then the hub
is started: after how many seconds does it listen, how much memory does it take at most, how long do new
messages wait for their acknowledgement meanwhile, when is all worked off, and does each patient look as his
hospital told last? Exit status 1 if anything is missing or out of order.
"""

import argparse
import asyncio
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import asyncpg

import conformance.fhir
import conformance.mllp
from adapters.hospitals.hospital import Hospitals
from benchmarks.crash import children
from benchmarks.hospital_day import STREETS, HospitalDay
from benchmarks.running_hub import RunningHub, start, stop
from exchange.database import migrate, own_database
from exchange.inbound.envelope import sealed
from exchange.settings import Settings
from exchange.store import embedded

HOSPITALS: Final = 38
COLUMNS: Final = (
    *("received", "channel", "sender", "control_id", "sha256", "raw"),
    *("message_type", "hospital", "state"),
)
STATES: Final = "SELECT state, count(*) FROM inbox GROUP BY state"
REPLY_SECONDS: Final = 120.0
LOOKED_AT: Final = 100
SLOWEST: Final = 3_600.0


@dataclass(slots=True)
class Seen:
    """Seconds, megabytes, and what is wrong."""

    listened: float = 0.0
    drained: float = 0.0
    most_memory: float = 0.0
    waits: list[float] = field(default_factory=list)
    states: dict[str, int] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)


async def fill(folder: Path, days: Sequence[HospitalDay], count: int) -> None:
    """As a hub that was killed leaves them."""
    settings = Settings(data_dir=folder)
    hospitals, received = Hospitals(settings.base), datetime.now(UTC)

    def rows(number: int) -> list[tuple[object, ...]]:
        made: list[tuple[object, ...]] = []
        for place in range(number):
            one = sealed(next(days[place % len(days)]), "mllp", None, hospitals)
            told = (one.sender, one.control_id, one.sha256, one.raw, one.message_type, one.hospital.id)
            made.append((received, "mllp", *told, "received"))
        return made

    async with own_database(settings) as database:
        await migrate(database.dsn)
        connection = await asyncpg.connect(database.dsn)
        for beginning in range(0, count, 10_000):
            some = rows(min(10_000, count - beginning))
            await connection.copy_records_to_table("inbox", records=some, columns=COLUMNS)
        await connection.close()


async def watched(folder: Path, log: Path, days: Sequence[HospitalDay], count: int, workers: int) -> Seen:
    seen, began = Seen(), time.monotonic()
    hub = await asyncio.to_thread(start, folder, log, None, YILIAN_WORKERS=str(workers))
    seen.listened = time.monotonic() - began
    try:
        postmaster = embedded.find_postmaster(folder / "postgres")
        assert postmaster is not None
        connection = await asyncpg.connect(embedded.socket_dsn(postmaster.sockets, embedded.USER))
        sent = await _while_it_drains(hub, connection, seen)
        seen.drained = time.monotonic() - began - seen.listened
        await connection.close()
        if seen.states != {"processed": count + sent}:
            seen.problems.append(f"the inbox has {seen.states}, and should have {count + sent} processed")
        await _look_at_patients(hub, days, seen)
    finally:
        await asyncio.to_thread(stop, hub)
    return seen


async def _while_it_drains(hub: RunningHub, connection: asyncpg.Connection, seen: Seen) -> int:
    """Sends a new message each second, of a hospital of its own; how many."""
    newcomer, sent, deadline = HospitalDay(99, 1, enhanced=True), 0, time.monotonic() + SLOWEST
    async with conformance.mllp.connected("127.0.0.1", hub.mllp_port) as client:
        while True:
            began = time.monotonic()
            await client.ask(next(newcomer), REPLY_SECONDS)
            seen.waits.append(time.monotonic() - began)
            sent += 1
            processes = (hub.process.pid, *children(hub.process.pid))
            seen.most_memory = max(seen.most_memory, *(_memory(pid) for pid in processes))
            seen.states = {row[0]: row[1] for row in await connection.fetch(STATES)}
            if set(seen.states) == {"processed"} or time.monotonic() > deadline:
                return sent
            await asyncio.sleep(1)


async def _look_at_patients(hub: RunningHub, days: Sequence[HospitalDay], seen: Seen) -> None:
    """The last address that a hospital told of some of its patients."""
    token = await asyncio.to_thread(hub.token, "backlog", "system/*.rs")
    some = [(day, who) for day in days for who in day.patients if who.edition][:LOOKED_AT]
    async with conformance.fhir.connected(hub.fhir, token) as fhir:
        for day, who in some:
            found = await fhir.search("Patient", identifier=who.number)
            own = [each for each in found if each["identifier"][0].get("value") == who.number]
            street = STREETS[(int(who.number) + who.edition) % len(STREETS)]
            wanted = f"{street}{who.edition + 1}号"
            if not any(wanted in each["address"][0].get("line", ()) for each in own):
                seen.problems.append(f"patient {who.number} of {day.facility} does not live at {wanted}")


def _memory(pid: int) -> float:
    """Megabytes that a process of Python ever had in memory; PostgreSQL's share theirs."""
    try:
        if b"exchange" not in Path(f"/proc/{pid}/cmdline").read_bytes():
            return 0.0
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return 0.0
    return next((int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM")), 0.0)


def main() -> int:
    arguments = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    arguments.add_argument("--messages", type=int, default=100_000)
    arguments.add_argument("--workers", type=int, default=1)
    given = arguments.parse_args()
    days = [HospitalDay(number, 1, enhanced=True) for number in range(1, HOSPITALS + 1)]
    with tempfile.TemporaryDirectory(prefix="yilian-backlog-") as place:
        folder, began = Path(place), time.monotonic()
        asyncio.run(fill(folder / "data", days, given.messages))
        filled = time.monotonic() - began
        seen = asyncio.run(watched(folder / "data", folder / "hub.log", days, given.messages, given.workers))
    for problem in seen.problems:
        print(f"PROBLEM {problem}")
    waits = sorted(seen.waits)
    print(
        f"{given.messages:,} kept messages, filled in {filled:.0f} s: listened after {seen.listened:.1f} s, "
        f"worked off {seen.drained:.1f} s later ({given.messages / seen.drained:,.0f}/s), at most "
        f"{seen.most_memory:.0f} MB a process; {len(waits)} new messages meanwhile acknowledged "
        f"after {waits[len(waits) // 2] * 1000:.0f} ms (median), "
        f"{waits[-1] * 1000:.0f} ms (longest); {seen.states}; {len(seen.problems)} problems"
    )
    return 1 if seen.problems else 0


if __name__ == "__main__":
    sys.exit(main())
