"""The running hub: everything an interaction needs, made once and handed down."""

import os
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cache, lru_cache, partial
from typing import Any, Literal

import asyncpg

from exchange.bounds import LARGE, require_bounded
from exchange.bundle import may_be_conditional
from exchange.clocks import agree
from exchange.coverage.keeper import CoverageCounts, kept_coverage
from exchange.database import create_pool
from exchange.domains import Domains, load_domains
from exchange.fhirjson import split
from exchange.jobs.desk import Desk
from exchange.local_codes.keeper import LocalCodes, kept_local_codes
from exchange.local_codes.systems import Systems
from exchange.lookups import Lookups
from exchange.outcome import rejection
from exchange.search.criteria import Search, search_of
from exchange.search.criteria.asked import numbers_of
from exchange.search.index.extract import Extraction, compile_extraction
from exchange.search.own.keeper import Keeper, kept
from exchange.search.own.parameter import require_usable
from exchange.search.page.counts import REMEMBERED, Counts
from exchange.settings import Settings
from exchange.sites import unresolved
from exchange.store.batch import Write
from exchange.store.coalesce import Reader
from exchange.store.commit import Committer
from exchange.store.told import Feeds, feeds
from exchange.terminology.keeper import TerminologyKeeper, terminology_kept
from exchange.trust.authenticate import Trust
from exchange.validation.codes import LibraryCodes
from exchange.validation.keeper import Validation, kept_validation
from exchange.validation.packages import packages_told
from exchange.validation.policy import policy
from profiles.definitions import Definitions, definitions
from profiles.structure import compile_structure
from terminology.issue import Issue

Resource = dict[str, Any]

# What works at jobs needs few at a time.
UNHURRIED_CONNECTIONS = 6


@dataclass(frozen=True, slots=True)
class Hub:
    """`check` gives the structural findings of a resource, `extraction` its index row; `reader` and
    `committer` put concurrent single reads and writes together, `feeds` those of Patients, `lookups` the
    questions who somebody is; `seen_domains` are identifier domains known to be in use; `clock` is in UTC."""

    settings: Settings
    dsn: str
    pool: asyncpg.Pool
    definitions: Definitions
    check: Callable[[Resource], list[Issue]]
    extraction: Extraction
    search: Search
    counts: Counts | None
    reader: Reader
    committer: Committer
    feeds: Feeds
    lookups: Lookups
    jobs: Desk
    local_codes: LocalCodes
    coverage: CoverageCounts
    parameters: Keeper
    terminology: TerminologyKeeper
    trust: Trust
    validation: Validation
    domains: Domains
    seen_domains: set[str]
    clock: Callable[[], datetime]
    new_id: Callable[[], str]

    @property
    def base(self) -> str:
        """The FHIR base as clients see it."""
        return self.settings.fhir_url

    def write(
        self,
        action: Literal["create", "update"],
        resource: Resource,
        version: int | None = None,
        rest: bytes | None = None,
    ) -> Write:
        """The checked, indexed and rendered resource; raises FhirError if it may not be stored.

        `version` is the one that must be current; `rest` is what `fhirjson.rest_of` gave, if any.
        """
        if error := rejection(self.check(resource)):
            raise error
        return self.write_own(action, resource, version, rest)

    def write_own(
        self,
        action: Literal["create", "update"],
        resource: Resource,
        version: int | None = None,
        rest: bytes | None = None,
    ) -> Write:
        """The same of a resource that is known to be right in its structure: the hub has made it so."""
        if resource["resourceType"] == "SearchParameter":
            require_usable(resource, self.search.registry)
        resource = self.validation.admitted(resource)
        head, tail = split(resource, rest)
        if may_be_conditional(tail) and (error := rejection(unresolved(resource))):
            raise error
        row = self.extraction.row(resource)
        if len(tail) > LARGE:
            require_bounded(row, resource["resourceType"])
        return Write(action, resource["resourceType"], resource["id"], head, tail, row, version)


@asynccontextmanager
async def open_hub(settings: Settings, dsn: str, statement_seconds: float = 0) -> AsyncIterator[Hub]:
    """The hub over a migrated database; closes its connections at the end. No statement of its pool takes
    longer than `statement_seconds`, unless they are 0."""
    pool = await create_pool(dsn, settings.pool_size, statement_seconds)
    extraction = _extraction(settings.fhir_url, settings.full_text)
    domains = load_domains(settings.domains, settings.base)
    try:
        async with (
            kept(pool, extraction) as parameters,
            terminology_kept(pool) as terminology,
            kept_validation(
                pool,
                policy(settings.validation),
                LibraryCodes(lambda: terminology.checks),
                [
                    one
                    for told in settings.packages.split()
                    for one in packages_told(told, settings.package_folder)
                ],
            ) as validation,
            kept_local_codes(
                LocalCodes(pool, Systems(settings.base.rstrip("/")), terminology, definitions(), utc_now)
            ) as local_codes,
            kept_coverage(CoverageCounts(pool, utc_now)) as coverage,
        ):
            yield Hub(
                settings=settings,
                dsn=dsn,
                pool=pool,
                definitions=definitions(),
                check=_check(),
                extraction=extraction,
                search=search_of(
                    extraction, utc_now, lambda: terminology.library, lambda system: domains.aliases(system)
                ),
                counts=Counts(extraction, REMEMBERED if await agree(pool, utc_now) else 0),
                reader=Reader(pool),
                committer=Committer(pool),
                feeds=feeds(),
                lookups=Lookups(pool, partial(_numbers, extraction), domains.identify),
                jobs=Desk(pool, utc_now),
                local_codes=local_codes,
                coverage=coverage,
                parameters=parameters,
                terminology=terminology,
                trust=Trust(pool, settings.fhir_url, time.time),
                validation=validation,
                domains=domains,
                seen_domains=set(),
                clock=utc_now,
                new_id=uuid7,
            )
    finally:
        await pool.close()


@asynccontextmanager
async def unhurried(hub: Hub) -> AsyncIterator[Hub]:
    """The same hub for work that nobody waits for: its statements may take what they take."""
    async with await create_pool(hub.dsn, UNHURRIED_CONNECTIONS) as pool:
        lookups = Lookups(pool, hub.lookups.parameters, hub.domains.identify)
        yield replace(
            hub, pool=pool, reader=Reader(pool), committer=Committer(pool), feeds=feeds(), lookups=lookups
        )


def prepare(base: str, full_text: bool = True) -> None:
    """Compile what `open_hub` needs; done in a thread, it costs no time while the database starts."""
    _check()
    registry = _extraction(base, full_text).registry
    for name in definitions().resource_types:
        registry.of(name)


@cache
def _check() -> Callable[[Resource], list[Issue]]:
    return compile_structure(definitions())


@lru_cache(4)
def _extraction(base: str, full_text: bool) -> Extraction:
    return compile_extraction(definitions(), base, full_text=full_text)


def _numbers(extraction: Extraction) -> Sequence[int]:
    return numbers_of(extraction.registry.of("Patient").parameters["identifier"], "identifier")


def utc_now() -> datetime:
    return datetime.now(UTC)


def uuid7() -> str:
    """A time-ordered id: neighbours in time are neighbours in the index (RFC 9562, section 5.7)."""
    chance = os.urandom(10).hex()
    time_ = f"{time.time_ns() // 1_000_000:012x}"
    variant = "89ab"[int(chance[3], 16) & 3]
    return f"{time_[:8]}-{time_[8:]}-7{chance[:3]}-{variant}{chance[4:7]}-{chance[7:19]}"
