"""The messages of OpenHIE's test script that are told as FHIR: which are taken, and what is known then.

https://profiles.ihe.net/ITI/PMIR/ITI-93.html

The sender of a message is the last part of its header's `source.endpoint`.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Protocol

from conformance.report import Verdict

_URL: Final = "http://ohie.org/test"
_OID: Final = "urn:oid:1.3.6.1.4.1.52820.3.72.5.9"

SENDERS: Final = ("harness", "test_harness", "test_harness_a", "test_harness_b")
FEED_DOMAINS: Final = f"""
  - {{name: FHR, oid: {_OID.removeprefix("urn:oid:")}.1, uri: {_URL}/test,
      assigners: [harness, test_harness, test_harness_b]}}
  - {{name: FHR_A, uri: {_URL}/test_a, assigners: [harness, test_harness_a]}}
  - {{name: FHR_B, uri: {_URL}/test_b, assigners: [test_harness_b]}}
  - {{name: FHR_NID, uri: {_URL}/nid-fhir, assigners: [nid_auth], shared: true}}
  - {{name: FHR_NID_7, uri: {_URL}/nid, assigners: [nid_auth], shared: true}}
"""


@dataclass(frozen=True, slots=True)
class Told:
    """`numbers` (`system|value`) are known when the message is taken; none: it must be refused."""

    file: str
    numbers: tuple[str, ...] = ()


class Feed(Protocol):
    """The registry under test, as it is told of patients by FHIR."""

    async def fresh(self) -> None:
        """Forget all persons."""

    async def told(self, sender: str, message: bytes) -> tuple[int, bytes]:
        """HTTP status and body of the answer to `$process-message`."""

    async def knows(self, number: str) -> bool:
        """Whether a search for Patients by the identifier finds one."""


CASES: Final = (
    (Told("01-10"),),
    (Told("02-10", (f"{_OID}.1|FHR-403",)), Told("02-30", (f"{_URL}/test|FHR-404",))),
    (Told("03-10"), Told("03-20")),
    (
        Told("04-10", (f"{_URL}/test_a|FHRA-0392",)),
        Told("04-20"),
        Told("04-30", (f"{_URL}/test_b|FHRB-4736",)),
    ),
    (Told("05-10", (f"{_URL}/test|FHR-4956",)), Told("05-20", (f"{_URL}/test|FHR-4837",))),
    (Told("07-10", (f"{_URL}/test|FHR-070",)),),
    (
        Told("08-10", (f"{_URL}/test_a|FHRA-080",)),
        Told("08-20", (f"{_URL}/test_a|FHRA-081",)),
        Told("08-30", (f"{_URL}/test_a|FHRA-080",)),
    ),
)


async def judged(messages: Mapping[str, bytes], feed: Feed) -> Sequence[Verdict]:
    """A verdict for each message; one that is not there is skipped."""
    verdicts: list[Verdict] = []
    for steps in CASES if messages else ():
        await feed.fresh()
        for step in steps:
            verdicts.append(await _judged(messages.get(f"OHIE-CR-{step.file}"), step, feed))
    return verdicts


async def _judged(message: bytes | None, step: Told, feed: Feed) -> Verdict:
    name = f"FHIR-{step.file}"
    if message is None:
        return Verdict(name, "skipped", "the suite has no such message")
    text = message.removeprefix(b"\xef\xbb\xbf")
    try:
        status, answer = await feed.told(_sender(text), text)
    except (OSError, EOFError, ValueError) as error:
        return Verdict(name, "failed", f"no answer: {type(error).__name__}")
    wrong = await _differences(step, status, answer, feed)
    return Verdict(name, "failed" if wrong else "passed", wrong or "as expected")


async def _differences(step: Told, status: int, answer: bytes, feed: Feed) -> str:
    body: dict[str, Any] = json.loads(answer)
    if not step.numbers:
        refused = 400 <= status < 500 and body.get("resourceType") == "OperationOutcome"
        return "" if refused else f"taken with status {status}"
    if status != 200:
        said = "; ".join(each.get("diagnostics", "") for each in body.get("issue", ()))
        return f"refused with status {status}: {said[:300]}"
    code = body["entry"][0]["resource"].get("response", {}).get("code")
    if code != "ok":
        return f"the answer's code is {code!r}"
    return "".join([f"{each} is not found" for each in step.numbers if not await feed.knows(each)])


def _sender(message: bytes) -> str:
    header = json.loads(message)["entry"][0]["resource"]
    return str(header["source"]["endpoint"]).rpartition("/")[2]
