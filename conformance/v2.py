"""Sends HL7 v2 files to a hub and judges what became of them, seeing only what any client sees.

Each message gets AA or a justified AE or AR; what an accepted message made is readable; sending everything
again changes no version and creates nothing.
"""

import asyncio
import hashlib
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import httpx

from conformance.fhir import FhirClient
from conformance.mllp import MllpClient

REPLY_SECONDS: Final = 60.0
PROCESSING_SECONDS: Final = 30.0
TARGET: Final = "target"
_POLL_SECONDS = 0.1


@dataclass(frozen=True, slots=True)
class Case:
    """One file."""

    name: str
    raw: bytes
    kind: str
    accept: str
    application: str

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.raw).hexdigest()

    @property
    def wants_accept(self) -> bool:
        return self.accept in ("AL", "ER", "SU")

    @property
    def wants_application(self) -> bool:
        return not (self.accept or self.application) or self.application == "AL"


@dataclass(frozen=True, slots=True)
class Reply:
    """An acknowledgement: MSA-1, the codes of Table 0357, and the texts of its ERR segments."""

    raw: bytes
    code: str
    errors: tuple[str, ...]
    texts: tuple[str, ...]


@dataclass(slots=True)
class Verdict:
    """What became of one case. `code` is the last acknowledgement's, "" if none was asked for."""

    case: Case
    replies: list[Reply] = field(default_factory=list)
    versions: dict[str, str] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)

    @property
    def code(self) -> str:
        return self.replies[-1].code if self.replies else ""


@dataclass(slots=True)
class Report:
    """All verdicts, and what the second sending changed."""

    verdicts: list[Verdict]
    changes: list[str]

    @property
    def passed(self) -> bool:
        return not self.changes and not any(verdict.problems for verdict in self.verdicts)

    def as_json(self) -> dict[str, Any]:
        return {
            "codes": dict(Counter(verdict.code or "none asked for" for verdict in self.verdicts)),
            "resources": len({reference for verdict in self.verdicts for reference in verdict.versions}),
            "changed by sending again": self.changes,
            "cases": [
                {
                    "name": verdict.case.name,
                    "kind": verdict.case.kind,
                    "code": verdict.code,
                    "errors": [
                        f"{e}: {t}" for r in verdict.replies for e, t in zip(r.errors, r.texts, strict=True)
                    ],
                    "resources": verdict.versions,
                    "problems": verdict.problems,
                }
                for verdict in self.verdicts
            ],
        }


def cases(folders: Iterable[Path], kinds: Collection[str] = ()) -> list[Case]:
    """The `*.hl7` files under some folders, by name; only those of `kinds` (`ADT^A01`), if there are any."""
    found = []
    for folder in folders:
        paths = [folder] if folder.is_file() else sorted(folder.rglob("*.hl7"))
        found += [_case(path, folder) for path in paths]
    return [case for case in found if not kinds or case.kind in kinds]


async def judge(
    sent: Sequence[Case], mllp: MllpClient, fhir: FhirClient, message_system: str, types: Sequence[str] = ()
) -> Report:
    """Sends the cases twice over one connection. `message_system` is the identifier system of messages, under
    which their Provenance is found; `types` are the resource types that are counted, by default all."""
    verdicts = [await _first(case, mllp, fhir, message_system) for case in sent]
    types = types or await fhir.resource_types()
    before = await _totals(fhir, types)
    versions = await _versions(fhir, verdicts)
    changes: list[str] = []
    for verdict in verdicts:
        again = await _send(verdict.case, mllp)
        if [reply.raw for reply in again] != [reply.raw for reply in verdict.replies]:
            changes.append(f"{verdict.case.name}: another acknowledgement")
    # What is not acknowledged when it is done gets the time to be done.
    await asyncio.sleep(0.5)
    for type_, count in (await _totals(fhir, types)).items():
        if count != before[type_]:
            changes.append(f"{type_}: {before[type_]} became {count}")
    for reference, version in (await _versions(fhir, verdicts)).items():
        if version != versions[reference]:
            changes.append(f"{reference}: version {versions[reference]} became {version}")
    return Report(verdicts, changes)


async def _first(case: Case, mllp: MllpClient, fhir: FhirClient, message_system: str) -> Verdict:
    verdict = Verdict(case, await _send(case, mllp))
    if verdict.code not in ("AA", "AE", "AR", "CA", "CE", "CR", ""):
        verdict.problems.append(f"acknowledged with {verdict.code!r}")
    refused = verdict.code in ("AE", "AR", "CE", "CR")
    if refused and not all(error.isdigit() for error in verdict.replies[-1].errors or ("none",)):
        verdict.problems.append("refused without a code of Table 0357")
    if refused:
        return verdict
    identifier = f"{message_system}|{case.sha256}"
    deadline = asyncio.get_running_loop().time() + (0 if verdict.code == "AA" else PROCESSING_SECONDS)
    while not (found := await fhir.search("Provenance", **{"entity:identifier": identifier})):
        if asyncio.get_running_loop().time() > deadline:
            verdict.problems.append("no Provenance names this message")
            return verdict
        await asyncio.sleep(_POLL_SECONDS)
    for provenance in found:
        await _read(verdict, fhir, [f"Provenance/{provenance['id']}"])
        await _read(verdict, fhir, [target["reference"] for target in provenance[TARGET]])
    return verdict


async def _read(verdict: Verdict, fhir: FhirClient, references: Sequence[str]) -> None:
    for reference in references:
        try:
            verdict.versions[reference] = (await fhir.get(reference))["meta"]["versionId"]
        except httpx.HTTPStatusError as error:
            verdict.problems.append(f"{reference}: HTTP {error.response.status_code}")


async def _send(case: Case, mllp: MllpClient) -> list[Reply]:
    await mllp.send(case.raw)
    replies: list[Reply] = []
    if case.wants_accept:
        replies.append(reply(await mllp.receive(REPLY_SECONDS)))
        if replies[0].code != "CA":
            return replies
    if case.wants_application:
        replies.append(reply(await mllp.receive(REPLY_SECONDS)))
    return replies


def reply(raw: bytes) -> Reply:
    """Reads an acknowledgement: of ERR, the form as of 2.5 and the one before."""
    mark = raw[3:4].decode("latin-1") or "|"
    segments = [line.split(mark) for line in raw.decode("utf-8", "replace").split("\r") if line]
    code = next((segment[1] for segment in segments if segment[0] == "MSA"), "")
    text = next((segment[3] for segment in segments if segment[0] == "MSA" and len(segment) > 3), "")
    errors, texts = [], []
    for segment in segments:
        if segment[0] != "ERR":
            continue
        if len(segment) > 3:
            errors.append(segment[3].split("^")[0])
            texts.append(f"{segment[2]} {segment[7] if len(segment) > 7 else ''}".strip())
        else:
            errors.append(segment[1].rpartition("^")[2].split("&")[0])
            texts.append(text)
    return Reply(raw, code, tuple(errors), tuple(texts))


def _case(path: Path, folder: Path) -> Case:
    raw = path.read_bytes()
    line = raw.lstrip(b"\xef\xbb\xbf").replace(b"\r", b"\n").split(b"\n")[0].decode("latin-1")
    fields = [*line.split(line[3:4] or "|"), *[""] * 20]
    kind = "^".join(fields[8].split("^")[:2])
    return Case(str(path.relative_to(folder.parent)), raw, kind, fields[14].strip(), fields[15].strip())


async def _versions(fhir: FhirClient, verdicts: Iterable[Verdict]) -> dict[str, str]:
    """The current version of every resource that the messages made."""
    references = {reference for verdict in verdicts for reference in verdict.versions}
    return {reference: (await fhir.get(reference))["meta"]["versionId"] for reference in sorted(references)}


async def _totals(fhir: FhirClient, types: Iterable[str]) -> dict[str, int]:
    return {type_: await fhir.count(type_) for type_ in types}
