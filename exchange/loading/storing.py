"""Stores what a chunk holds, in one transaction with the mark that says so.

https://hl7.org/fhir/R4/http.html#update
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Final
from uuid import uuid4

import asyncpg

from exchange.hub import Hub
from exchange.identity import KNOWN, enterprise_writes, record_of
from exchange.loading.conversation import Task
from exchange.loading.finding import Finding, kept
from exchange.loading.preparing import Made, Prepared, twice
from exchange.store import load_progress, load_write
from exchange.store.batch import EPOCH, Change, Write
from exchange.store.connection import Connection
from exchange.store.load_progress import Counts, Mark
from exchange.store.load_write import MILLISECOND
from exchange.store.transact import TooContended, transact
from exchange.store.types import type_number
from terminology.issue import Issue

ATTEMPTS: Final = 20
# What PostgreSQL says to one of two writers that met.
MET: Final = (asyncpg.UniqueViolationError, asyncpg.DeadlockDetectedError, asyncpg.SerializationError)
# Other writers keep to whole milliseconds, and the bodies say no more.
LOADED: Final = timedelta(microseconds=1)
# What it says of a value that it cannot keep or index.
UNFIT: Final = (asyncpg.DataError, asyncpg.ProgramLimitExceededError)


@dataclass(slots=True)
class Decided:
    """What to do with the writes of a chunk."""

    fresh: list[Write] = field(default_factory=list)
    changed: list[Change] = field(default_factory=list)
    restored: int = 0
    unchanged: int = 0


@dataclass(slots=True)
class Storage:
    """One worker's way to the store.

    It writes at milliseconds of its own (`number` modulo `number_of_workers`) and a little behind them, so
    that the time of a version says which chunk wrote it, if one did. While nothing is met that is stored
    already, nothing is looked for.
    """

    hub: Hub
    connection: Connection
    hospital: str | None
    number: int
    number_of_workers: int
    looks: bool = False
    latest: int = 0

    async def store(self, task: Task, prepared: Prepared) -> Mark:
        """Durable when it returns."""
        for _ in range(ATTEMPTS):
            try:
                async with self.connection.transaction():
                    return await self._attempt(task, prepared)
            except MET:
                self.looks = True
            except UNFIT:
                fit = await self._without_unfit(prepared)
                if fit.rejected == prepared.rejected:
                    raise
                prepared = fit
        raise TooContended

    async def _attempt(self, task: Task, prepared: Prepared) -> Mark:
        findings = list(prepared.findings)
        made, beside = await self._known(prepared.made, findings)
        rejected = prepared.rejected + len(prepared.made) - len(made)
        decided = await self._decided(task, made, findings)
        instant = EPOCH + self._millisecond() * MILLISECOND + LOADED
        await load_write.place(self.connection, decided.fresh, decided.changed, instant)
        if beside:
            await transact(self.connection, beside, instant)
        counts = Counts(
            created=len(decided.fresh) + decided.restored,
            updated=len(decided.changed) - decided.restored,
            unchanged=decided.unchanged,
            rejected=rejected,
        )
        mark = _mark(task, counts, findings)
        written = [instant] if decided.fresh or decided.changed else []
        await load_progress.mark(self.connection, task.load, task.round, mark, written)
        return mark

    async def _known(
        self, made: Sequence[Made], findings: list[Finding]
    ) -> tuple[Sequence[Made], Sequence[Write]]:
        """What may be written, and the enterprise Patients beside it, as if a client of the hospital wrote.
        Without a hospital only those Patients are told to the index whom it knows."""
        patients = {each.write.id: each for each in made if each.patient is not None}
        if not patients:
            return made, ()
        rows = await self.connection.fetch(KNOWN, list(patients))
        sources = {row["id"]: row["source"] for row in rows}
        kept_by_hub = {id_ for id_, source in sources.items() if source is None}
        for id_ in kept_by_hub:
            told = Issue(
                "error", "processing", f"Patient/{id_} is kept by the hub's patient index", "Patient.id"
            )
            findings.append(Finding(patients.pop(id_).line, told))
        records = [
            record_of(each.patient, source)
            for id_, each in patients.items()
            if each.patient is not None and (source := sources.get(id_, self.hospital))
        ]
        allowed = [each for each in made if each.patient is None or each.write.id not in kept_by_hub]
        return allowed, await enterprise_writes(self.hub, self.connection, records)

    async def _decided(self, task: Task, made: Sequence[Made], findings: list[Finding]) -> Decided:
        """New resources go in the order in which everybody writes."""
        ordered = sorted(made, key=lambda each: (type_number(each.write.type), each.write.id))
        if not self.looks:
            return Decided(fresh=[each.write for each in ordered])
        decided = Decided()
        differing: list[tuple[Made, asyncpg.Record]] = []
        stored = await load_write.stored(self.connection, [each.write for each in ordered])
        self.looks = bool(stored)
        for at, each in enumerate(ordered):
            record = stored.get(at)
            if record is None:
                decided.fresh.append(each.write)
            elif load_write.is_content_of(record, each.write):
                decided.unchanged += 1
            else:
                differing.append((each, record))
        if differing:
            await self._change(task, differing, decided, findings)
        return decided

    async def _change(
        self,
        task: Task,
        differing: Sequence[tuple[Made, asyncpg.Record]],
        decided: Decided,
        findings: list[Finding],
    ) -> None:
        """New versions; but what a later chunk of this run has written stays."""
        instants = [record["updated"] for _, record in differing]
        others = await load_progress.written_by(self.connection, task.load, task.chunk.start, instants)
        for each, record in differing:
            write = each.write
            other = others.get(record["updated"])
            if other:
                lines = f", lines {other.first_line} to {other.first_line + other.lines - 1}"
                where = f"{other.source}{lines if other.first_line else ''}"
                findings.append(Finding(each.line, twice(write.type, write.id, where)))
                if other.later:
                    continue
            decided.changed.append(Change(write, record["rid"], record["version"] + 1))
            decided.restored += record["body"] is None

    def _millisecond(self) -> int:
        """Now, at a millisecond that no other chunk of this run writes at."""
        now = (self.hub.clock() - EPOCH) // MILLISECOND
        now += (self.number - now) % self.number_of_workers
        self.latest = max(now, self.latest + self.number_of_workers)
        return self.latest

    async def _without_unfit(self, prepared: Prepared) -> Prepared:
        """Without those that PostgreSQL refuses by themselves."""
        unfit = {id(each) for each in await self._unfit(prepared.made)}
        told = Issue("error", "too-costly", "the database cannot keep or index it")
        return Prepared(
            [each for each in prepared.made if id(each) not in unfit],
            [*prepared.findings, *(Finding(each.line, told) for each in prepared.made if id(each) in unfit)],
            prepared.rejected + len(unfit),
        )

    async def _unfit(self, made: Sequence[Made]) -> list[Made]:
        trial = self.connection.transaction()
        await trial.start()
        try:
            strangers = [replace(each.write, id=str(uuid4())) for each in made]
            await load_write.place(self.connection, strangers, (), EPOCH)
        except UNFIT:
            if len(made) == 1:
                return list(made)
        else:
            return []
        finally:
            await trial.rollback()
        half = len(made) // 2
        return [*await self._unfit(made[:half]), *await self._unfit(made[half:])]


def _mark(task: Task, counts: Counts, findings: Sequence[Finding]) -> Mark:
    chunk = task.chunk
    told = [kept(finding) for finding in sorted(findings, key=lambda finding: finding.line)]
    return Mark(chunk.start, chunk.size, chunk.first_line, chunk.lines, counts, told)
