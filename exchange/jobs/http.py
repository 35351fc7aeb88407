"""The files of a job over HTTP: as long as they are, from any place in them, packed for who wants it.

https://hl7.org/fhir/uv/bulkdata/STU2/export.html#bulk-data-output-file-request
"""

import asyncio
import zlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Final

from fastapi import APIRouter, Request
from starlette.responses import FileResponse, Response, StreamingResponse

from exchange.encoding import takes_gzip
from exchange.hub import Hub
from exchange.interactions.job import job_of
from exchange.jobs.files import file_of
from exchange.outcome import FhirError
from exchange.trust.authenticate import authenticate

NDJSON: Final = "application/fhir+ndjson"
CHUNK: Final = 256 * 1024
LEVEL: Final = 1


def job_files(hub: Hub) -> APIRouter:
    """`GET [base]/$job/{id}/{file}`, for the client that asked for the job."""
    router = APIRouter()

    @router.api_route("/fhir/$job/{job}/{name}", methods=["GET", "HEAD"])
    async def file(job: str, name: str, request: Request) -> Response:
        grant = await authenticate(hub.trust, request.headers.get("authorization"))
        found = await job_of(hub, job, grant)
        path = file_of(hub.settings, found.id, name) if found.state == "completed" else None
        if path is None:
            raise FhirError("not-found", "The job has no such file")
        packed = takes_gzip(request.headers.get("accept-encoding", "")) and "range" not in request.headers
        if packed and request.method == "GET":
            headers = {"Content-Encoding": "gzip", "Vary": "Accept-Encoding"}
            return StreamingResponse(_packed(path), media_type=NDJSON, headers=headers)
        return FileResponse(path, media_type=NDJSON, headers={"Vary": "Accept-Encoding"})

    return router


async def _packed(path: Path) -> AsyncIterator[bytes]:
    """The file as gzip, a piece at a time."""
    packer = zlib.compressobj(LEVEL, zlib.DEFLATED, 16 + zlib.MAX_WBITS)
    with path.open("rb") as file:
        while chunk := await asyncio.to_thread(file.read, CHUNK):
            if piece := await asyncio.to_thread(packer.compress, chunk):
                yield piece
    yield packer.flush()
