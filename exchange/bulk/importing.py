"""The work of an import: files are brought here, then loaded as `yilian load` does.

https://github.com/smart-on-fhir/bulk-import/blob/master/import-manifest.md
"""

from pathlib import Path
from typing import Any, Final

from exchange.bulk.fetching import fetched, local_file
from exchange.fhirjson import dumps
from exchange.hub import Hub
from exchange.interactions.request import instant_text
from exchange.jobs.files import append, folder_of
from exchange.jobs.job import Job, Tell
from exchange.loading.finding import Finding
from exchange.loading.run import Listener, Tally, Target, load
from exchange.loading.sources import Source
from exchange.outcome import operation_outcome

WORKERS: Final = 1
# So many findings are told; of the others only how many there are.
MOST_FINDINGS: Final = 100_000
ERRORS: Final = "OperationOutcome-1.ndjson"
LINE: Final = "http://hl7.org/fhir/StructureDefinition/operationoutcome-issue-line"
SUFFIXES: Final = {".gz": ".ndjson.gz", ".bz2": ".ndjson.bz2"}


async def import_files(hub: Hub, job: Job, tell: Tell) -> bytes:
    """Stores what the files hold; gives back how much of each, and where to read what was rejected."""
    inputs: list[dict[str, str]] = job.request["input"]
    done = (job.progress or {}).get("fetched", 0)
    paths: list[Path] = []
    for n, each in enumerate(inputs):
        path = local_file(each["url"], hub.settings.import_prefixes)
        if path is None:
            path = folder_of(hub.settings, job.id) / _name(n, each["url"])
            if n >= done:
                await fetched(each["url"], path)
                await tell({"fetched": n + 1}, f"{n + 1} of {len(inputs)} files fetched")
        paths.append(path)
    return await _loaded(hub, job, tell, inputs, paths)


def _name(n: int, url: str) -> str:
    suffix = Path(url.partition("?")[0]).suffix.lower()
    return f"input-{n}{SUFFIXES.get(suffix, '.ndjson')}"


async def _loaded(hub: Hub, job: Job, tell: Tell, inputs: list[dict[str, str]], paths: list[Path]) -> bytes:
    output: list[dict[str, Any]] = []
    findings: list[bytes] = []
    rejected = 0
    target = Target(hub.settings, hub.dsn, WORKERS, job.grant.hospital, indexes="keep")
    for each, path in zip(inputs, paths, strict=True):

        def note(path: Path, finding: Finding, url: str = each["url"]) -> None:
            if len(findings) < MOST_FINDINGS:
                findings.append(_told(url, finding))

        tally = await load([Source(path, path.stat().st_size)], target, Listener(_silent, note))
        rejected += tally.rejected
        count = tally.resources + tally.earlier
        output.append({"type": each.get("type", "*"), "inputUrl": each["url"], "count": count})
        await tell({"fetched": len(inputs)}, f"{sum(entry['count'] for entry in output)} resources")
    errors = []
    if findings:
        append(folder_of(hub.settings, job.id), ERRORS, findings, 0)
        url = f"{hub.base}/$job/{job.id}/{ERRORS}"
        errors.append({"type": "OperationOutcome", "url": url, "count": len(findings)})
    return dumps(
        {
            "transactionTime": instant_text(hub.clock()),
            "request": job.request["url"],
            "output": output,
            "error": errors,
            "rejected": rejected,
        }
    )


def _silent(tally: Tally) -> None:
    """How far a file is shows in the load's own marks."""


def _told(url: str, finding: Finding) -> bytes:
    outcome = operation_outcome([finding.issue])
    told = {"severity": outcome["issue"][0]["severity"], "details": {"text": url}}
    if finding.line:
        told = {"extension": [{"url": LINE, "valueInteger": finding.line}], **told}
    outcome["issue"] = [{**told, **outcome["issue"][0]}]
    return dumps(outcome)
