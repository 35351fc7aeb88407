"""Jobs: asked for, worked at once, told of, cancelled, gone on with after a hub died."""

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import httpx
import pytest

from exchange.fhirjson import dumps
from exchange.hub import Hub
from exchange.jobs import store
from exchange.jobs.desk import MOST_OPEN, TooManyJobs
from exchange.jobs.job import Job, Kickoff, Tell
from exchange.jobs.runner import KEPT, LEASE, working
from exchange.outcome import FhirError
from exchange.trust.grant import Grant

GRANT = Grant("client-a", None, frozenset((("Patient", "r"), ("*", "s"))))
SECONDS = 20


class Steps:
    """Work that tells each step, and may stop at one until it is let go."""

    def __init__(self) -> None:
        self.seen: list[Any] = []
        self.go = asyncio.Event()
        self.go.set()

    async def __call__(self, hub: Hub, job: Job, tell: Tell) -> bytes:
        done = (job.progress or {}).get("done", 0)
        self.seen.append((job.grant, done))
        for n in range(done, job.request["steps"]):
            if n == job.request.get("fails"):
                raise FhirError("rule", "No more", "Step")
            await tell({"done": n + 1}, f"{n + 1} steps")
            await self.go.wait()
        return dumps({"steps": job.request["steps"]})


@pytest.fixture
async def steps(hub: Hub) -> AsyncIterator[Steps]:
    made = Steps()
    async with working(hub, {"steps": made}):
        yield made


async def ended(hub: Hub, id_: Any) -> Job:
    async with asyncio.timeout(SECONDS):
        while True:
            job = await hub.jobs.job(id_, GRANT.client_id)
            assert job is not None
            if job.state not in ("waiting", "running"):
                return job
            await asyncio.sleep(0.02)


async def reached(hub: Hub, id_: Any, told: str) -> None:
    async with asyncio.timeout(SECONDS):
        while True:
            job = await hub.jobs.job(id_, GRANT.client_id)
            if job is not None and job.told == told:
                return
            await asyncio.sleep(0.02)


async def test_a_job_is_done_and_its_result_kept(hub: Hub, steps: Steps) -> None:
    job = await ended(hub, await hub.jobs.ask(Kickoff("steps", GRANT, {"steps": 3})))
    assert (job.state, job.status, job.told) == ("completed", 200, "3 steps")
    assert job.result == b'{"steps":3}'
    assert steps.seen == [(GRANT, 0)]


async def test_a_job_fails_with_an_outcome(hub: Hub, steps: Steps) -> None:
    job = await ended(hub, await hub.jobs.ask(Kickoff("steps", GRANT, {"steps": 3, "fails": 1})))
    assert (job.state, job.status) == ("failed", 422)
    assert json.loads(job.result or b"")["issue"][0]["expression"] == ["Step"]


async def test_a_job_that_is_cancelled_stops(hub: Hub, steps: Steps) -> None:
    steps.go.clear()
    id_ = await hub.jobs.ask(Kickoff("steps", GRANT, {"steps": 3}))
    await reached(hub, id_, "1 steps")
    await hub.jobs.cancel(id_)
    steps.go.set()
    other = await ended(hub, await hub.jobs.ask(Kickoff("steps", GRANT, {"steps": 1})))
    assert other.state == "completed"
    assert (await ended(hub, id_)).state == "cancelled"


async def test_a_hub_that_stops_leaves_its_jobs_to_the_next(hub: Hub) -> None:
    first, second = Steps(), Steps()
    first.go.clear()
    async with working(hub, {"steps": first}):
        id_ = await hub.jobs.ask(Kickoff("steps", GRANT, {"steps": 3}))
        await reached(hub, id_, "1 steps")
    async with working(hub, {"steps": second}):
        job = await ended(hub, id_)
    assert (job.state, second.seen) == ("completed", [(GRANT, 1)])


async def test_a_job_of_a_hub_that_died_is_gone_on_with(hub: Hub) -> None:
    id_ = await hub.jobs.ask(Kickoff("steps", GRANT, {"steps": 2}))
    past = hub.clock() - 2 * LEASE
    async with hub.pool.acquire() as connection:
        await connection.execute(
            "UPDATE job SET state = 'running', lease = $1, progress = '{\"done\": 1}'", past
        )
    steps = Steps()
    async with working(hub, {"steps": steps}):
        job = await ended(hub, id_)
    assert (job.state, steps.seen) == ("completed", [(GRANT, 1)])


async def test_only_who_asked_sees_the_job(hub: Hub) -> None:
    id_ = await hub.jobs.ask(Kickoff("steps", GRANT, {"steps": 1}))
    assert await hub.jobs.job(id_, "client-b") is None


async def test_one_client_cannot_ask_for_ever_more(hub: Hub) -> None:
    for _ in range(MOST_OPEN):
        await hub.jobs.ask(Kickoff("steps", GRANT, {"steps": 1}))
    with pytest.raises(TooManyJobs):
        await hub.jobs.ask(Kickoff("steps", GRANT, {"steps": 1}))
    await hub.jobs.ask(Kickoff("steps", replace(GRANT, client_id="client-b"), {"steps": 1}))


async def test_results_are_forgotten_in_time(hub: Hub, steps: Steps) -> None:
    id_ = await hub.jobs.ask(Kickoff("steps", GRANT, {"steps": 1}))
    job = await ended(hub, id_)
    async with hub.pool.acquire() as connection:
        assert await store.expire(connection, job.updated + KEPT - KEPT) == []
        assert await store.expire(connection, job.updated + timedelta(seconds=1)) == [id_]
    assert await hub.jobs.job(id_, GRANT.client_id) is None


async def test_two_hubs_never_work_at_the_same_job(hub: Hub) -> None:
    for _ in range(8):
        await hub.jobs.ask(Kickoff("steps", GRANT, {"steps": 1}))

    async def claimed() -> Any:
        async with hub.pool.acquire() as connection:
            job = await store.claim(connection, hub.clock(), LEASE)
        return job and job.id

    taken = await asyncio.gather(*(claimed() for _ in range(10)))
    assert len({id_ for id_ in taken if id_}) == 8
    assert taken.count(None) == 2


async def test_what_is_no_job_over_http(client: httpx.AsyncClient) -> None:
    assert (await client.get("$job/7")).status_code == 404
    assert (await client.get("$job/00000000-0000-4000-8000-000000000000")).status_code == 404
