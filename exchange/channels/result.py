"""What became of a file: the answers to its messages, or how many rows of it were stored. Pure."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

import msgspec

from adapters.hl7v2.batch import batch_acknowledgement, is_batch
from exchange.inbound.answered import code_of

# So many refused messages are told of; the inbox knows all.
MOST: Final = 100


@dataclass(slots=True)
class Result:
    """Counts, and the answers as long as they are HL7 v2's or the only one."""

    received: int = 0
    refused: list[tuple[str, bytes]] = field(default_factory=list)
    refusals: int = 0
    answers: list[bytes] = field(default_factory=list)
    reason: str = ""

    def add(self, number: str, answer: bytes) -> None:
        """The answer to one message; `number` is what it is called in its file."""
        self.received += 1
        if answer.startswith(b"MSH") or not number:
            self.answers.append(answer)
        if code_of(answer) not in ("AA", "CA"):
            self.refusals += 1
            if len(self.refused) < MOST:
                self.refused.append((number, answer))

    @property
    def is_done(self) -> bool:
        return not self.refusals and not self.reason

    def answer(self, raw: bytes, instant: datetime) -> bytes:
        """What the sender is told, in the form that it sent."""
        if self.answers and all(each.startswith(b"MSH") for each in self.answers):
            if is_batch(raw):
                moment = instant.strftime("%Y%m%d%H%M%S%z")
                return batch_acknowledgement(raw, self.answers, moment)
            return b"".join(self.answers)
        if len(self.answers) == 1 and self.received == 1:
            return self.answers[0]
        return self.outcome()

    def outcome(self) -> bytes:
        """An OperationOutcome: why something was refused, without what stands in it."""
        issues = [_issue("error", self.reason)] if self.reason else []
        issues += [_issue("error", _told(number, answer)) for number, answer in self.refused]
        if self.refusals > len(self.refused):
            issues.append(_issue("error", f"{self.refusals - len(self.refused)} more were refused"))
        stored = self.received - self.refusals
        issues.append(_issue("information", f"{stored} of {self.received} messages were stored"))
        return msgspec.json.encode({"resourceType": "OperationOutcome", "issue": issues})


def _issue(severity: str, text: str) -> dict[str, Any]:
    code = "informational" if severity == "information" else "processing"
    return {"severity": severity, "code": code, "diagnostics": text}


def _told(number: str, answer: bytes) -> str:
    """The reasons in an answer: none of ours quotes the message."""
    place = f"{number}: " if number else ""
    return place + "; ".join(_reasons(answer))[:2000]


def _reasons(answer: bytes) -> Sequence[str]:
    text = answer.decode("utf-8", "replace")
    if text.startswith("MSH"):
        errors = [line.split(text[3]) for line in text.split("\r") if line.startswith("ERR")]
        told = [" ".join(part for part in (each[2:3] + each[3:4] + each[7:8]) if part) for each in errors]
        return told or ["refused"]
    if text.startswith("{"):
        return [str(issue.get("diagnostics")) for issue in msgspec.json.decode(text).get("issue", ())]
    return re.findall(r'<text value="([^"]*)"', text) or ["refused"]
