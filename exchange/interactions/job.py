"""What a client asks about a job: how far it is, what it came to, to stop it.

https://hl7.org/fhir/R4/async.html · https://hl7.org/fhir/uv/bulkdata/STU2/export.html#bulk-data-status-request
"""

from typing import Final
from uuid import UUID

from exchange.hub import Hub
from exchange.interactions.request import Request, Response, http_date
from exchange.jobs.desk import TooManyJobs
from exchange.jobs.files import remove_files
from exchange.jobs.job import Job, Kickoff
from exchange.jobs.runner import expires
from exchange.outcome import FhirError
from exchange.trust.grant import Grant

RETRY_SECONDS: Final = "2"


async def kicked_off(hub: Hub, request: Request, kickoff: Kickoff) -> Response:
    """202, and where to ask after the job."""
    try:
        id_ = await hub.jobs.ask(kickoff)
    except TooManyJobs as error:
        raise FhirError("throttled", str(error), headers=(("Retry-After", "60"),)) from None
    return Response(202, headers=(("Content-Location", f"{request.base}/$job/{id_}"),))


async def job_status(hub: Hub, request: Request) -> Response:
    """202 while it goes on; then its result, or the OperationOutcome of what went wrong."""
    job = await _job(hub, request)
    match job.state:
        case "waiting" | "running":
            progress = ("X-Progress", (job.told or job.state)[:100])
            return Response(202, headers=(progress, ("Retry-After", RETRY_SECONDS)))
        case "completed":
            until = ("Expires", http_date(expires(job.updated)))
            return Response(200, job.result or b"", headers=(until,))
        case "failed":
            return Response(job.status or 500, job.result or b"")
    raise FhirError("not-found", "The job was cancelled")


async def job_cancel(hub: Hub, request: Request) -> Response:
    """Stops it, or forgets its result."""
    job = await _job(hub, request)
    if job.state == "cancelled":
        raise FhirError("not-found", "The job was cancelled")
    await hub.jobs.cancel(job.id)
    if job.state != "running":  # who works at it removes its files when the work has stopped
        await remove_files(hub.settings, job.id)
    return Response(202)


async def _job(hub: Hub, request: Request) -> Job:
    return await job_of(hub, request.path["job"], request.grant)


async def job_of(hub: Hub, id_: str, grant: Grant) -> Job:
    """The job of that id, if it is this caller's; raises FhirError."""
    try:
        job = await hub.jobs.job(UUID(id_), grant.client_id)
    except ValueError:
        job = None
    if job is None:
        raise FhirError("not-found", "There is no such job of this client")
    return job
