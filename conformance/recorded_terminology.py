"""Answers of a terminology server that the Java validator's own tests have recorded.

Each file has blocks of a request (JSON), `####`, and an answer (`v: ` and JSON), under a line of dashes.
https://github.com/hapifhir/org.hl7.fhir.core has them as its txCache.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final, Literal

Severity = Literal["fatal", "error", "warning", "information"]
SEPARATOR: Final = "-" * 85
_NOT_A_MEMBER: Final = frozenset(("not-in-vs", "invalid-code"))
_NOT_KNOWN: Final = frozenset(("not-found",))
_LANGUAGES: Final = ("en-US", "", "en-NZ", "en-AU", "en-IN")
_PARTS: Final = ("system", "version", "code", "display")


@dataclass(frozen=True, slots=True)
class RecordedIssue:
    """`expression` leads from the value that was asked about: `coding[0].display`."""

    severity: Severity
    code: str
    text: str
    expression: str
    kind: str


@dataclass(frozen=True, slots=True)
class RecordedAnswer:
    """`result` is None where the server did not know the code system, and so could not tell."""

    result: bool | None
    message: str
    issues: tuple[RecordedIssue, ...]


class RecordedTerminology:
    """The answers by what was asked; the first answer of several to one question."""

    def __init__(self, folder: Path) -> None:
        if not folder.is_dir():
            raise FileNotFoundError(f"{folder} is not there: a folder of recorded answers is expected")
        self._answers: dict[str, RecordedAnswer] = {}
        recorded = sorted(
            (each for file in sorted(folder.glob("*.cache")) for each in blocks(file.read_text("utf-8"))),
            key=_rank,
        )
        for request, answer in recorded:
            self._answers.setdefault(_asked(request), _answer(answer))
        for request, answer in recorded:
            for key, one in _each_coding(request, answer):
                self._answers.setdefault(key, one)

    def __len__(self) -> int:
        return len(self._answers)

    def answer(self, code: Any, value_set: str = "", compose: Any = None) -> RecordedAnswer | None:
        """Of a code (text), Coding or CodeableConcept in a value set, or in none; a value set is known by its
        canonical or by what it is composed of."""
        asked = (_key(code, "", compose),) if compose is not None else ()
        for key in (_key(code, value_set.partition("|")[0], None), *asked):
            if key in self._answers:
                return self._answers[key]
        return None


def _rank(recorded: tuple[Mapping[str, Any], Mapping[str, Any]]) -> int:
    """Of answers for displays in several languages, those in the Java validator's own come first."""
    languages = str(recorded[0].get("langs", ""))
    return next((rank for rank, one in enumerate(_LANGUAGES) if languages == one), len(_LANGUAGES))


def blocks(text: str) -> Iterator[tuple[Mapping[str, Any], Mapping[str, Any]]]:
    """Requests and answers; those that are no answers to questions about codes are passed over."""
    for block in text.split(SEPARATOR):
        request, _, answer = block.strip().partition("####")
        kind, _, body = answer.strip().partition(":")
        if kind == "v":
            yield json.loads(request), json.loads(body)


def _asked(request: Mapping[str, Any]) -> str:
    given = request.get("code", {})
    code = given["code"] if given.keys() == {"code"} else given
    value_set = request.get("valueSet") or {}
    return _key(code, request.get("url", "").partition("|")[0], value_set.get("compose"))


def _key(code: Any, value_set: str, compose: Any) -> str:
    return json.dumps([_plain(code), value_set, _without_designations(compose)], sort_keys=True)


def _each_coding(
    request: Mapping[str, Any], answer: Mapping[str, Any]
) -> Iterator[tuple[str, RecordedAnswer]]:
    """Of a CodeableConcept that was asked about by itself, what was told of each of its codings."""
    if any(name in request for name in ("url", "valueSet")):
        return
    told = _answer(answer)
    for number, coding in enumerate(request.get("code", {}).get("coding", ())):
        at = f"coding[{number}]"
        own = tuple(
            replace(issue, expression=issue.expression.removeprefix(at).removeprefix("."))
            for issue in told.issues
            if issue.expression.startswith(at)
        )
        kinds = {issue.kind for issue in own if issue.severity == "error"}
        result = False if kinds & _NOT_A_MEMBER else None if kinds & _NOT_KNOWN else True
        yield _key(coding, "", None), RecordedAnswer(result, "", own)


def _plain(code: Any) -> Any:
    """What of a code decides the answer."""
    if not isinstance(code, Mapping):
        return code
    if "coding" in code:
        return [_plain(each) for each in code["coding"]]
    return {name: code[name] for name in _PARTS if name in code}


def _without_designations(compose: Any) -> Any:
    """The members of a value set; how it calls them says nothing about which they are."""
    if isinstance(compose, Mapping):
        skipped = ("designation", "display", "extension", "inactive")
        return {k: _without_designations(v) for k, v in compose.items() if k not in skipped}
    return [_without_designations(each) for each in compose] if isinstance(compose, list) else compose


def _answer(answer: Mapping[str, Any]) -> RecordedAnswer:
    issues = tuple(_issue(one) for one in answer.get("issues", {}).get("issue", ()))
    return RecordedAnswer(_result(answer, issues), answer.get("error", ""), issues)


def _result(answer: Mapping[str, Any], issues: Sequence[RecordedIssue]) -> bool | None:
    """A wrong display makes the server's answer false, but not the code."""
    errors = {issue.kind for issue in issues if issue.severity == "error"}
    if errors & _NOT_A_MEMBER:
        return None if str(answer.get("class", "")).startswith("CODESYSTEM_UNSUPPORTED") else False
    if errors & _NOT_KNOWN or answer.get("class"):
        return None if errors <= _NOT_KNOWN else True
    return True


def _issue(issue: Mapping[str, Any]) -> RecordedIssue:
    details = issue.get("details", {})
    kind = next((coding.get("code", "") for coding in details.get("coding", ())), "")
    expression = next(iter(issue.get("expression", ())), "")
    first, _, rest = expression.partition(".")
    return RecordedIssue(
        issue["severity"], issue["code"], details.get("text", ""), rest if first != "code" else "", kind
    )
