"""Runs the tests of the tx-ecosystem guide against a terminology service, in process or anywhere.

A request is FHIR R5 JSON and a response an R4 one, in R5's form when it is compared with its template.
https://build.fhir.org/ig/HL7/fhir-tx-ecosystem-ig/testcases.html
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any, Final, Protocol

from conformance.report import Report, Verdict
from conformance.tx_forms import as_r5
from conformance.tx_template import template_for

GENERAL: Final = "general"
STATEMENTS: Final = frozenset(("metadata", "term-caps"))
Resource = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Case:
    """`mode` is who the test is for; `request` has the suite's definitions as `tx-resource`."""

    name: str
    mode: str
    operation: str
    request: Resource
    expected: tuple[Resource, ...]
    language: str
    status: str


@dataclass(frozen=True, slots=True)
class Reply:
    """HTTP's status, and the resource."""

    status: int
    resource: Resource


class Subject(Protocol):
    """A terminology service. `operation` is a name of the suite's: `expand`, `cs-validate-code`…"""

    def answer(self, operation: str, request: Resource, language: str) -> Reply: ...


class NotOffered(Exception):
    """The subject does not know the operation."""


def cases(folder: Path) -> list[Case]:
    """Raises FileNotFoundError."""
    listed = _read(folder / "test-cases.json")
    found = []
    for suite in listed["suites"]:
        setup = [_read(folder / name) for name in suite.get("setup", ())]
        found += [_case(folder, suite, test, setup) for test in suite["tests"]]
    return found


def _case(folder: Path, suite: Resource, test: Resource, setup: list[Resource]) -> Case:
    request = _read(folder / test["request"]) if "request" in test else {}
    if request:
        profile = _read(folder / test.get("profile", "parameters-default.json"))
        given = [{"name": "tx-resource", "resource": each} for each in setup]
        request["parameter"] = [*request.get("parameter", ()), *given, *profile.get("parameter", ())]
    expected = tuple(_read(folder / test[name]) for name in ("response", "response2") if name in test)
    return Case(
        f"{suite['name']}/{test['name']}",
        test.get("mode") or suite.get("mode", GENERAL),
        test["operation"],
        request,
        expected,
        test.get("Accept-Language", ""),
        test.get("http-code", "2xx"),
    )


def _read(path: Path) -> Resource:
    read: Resource = json.loads(path.read_text("utf-8-sig"), parse_float=Decimal)
    return read


def judge(suite: list[Case], subject: Subject, baseline: Mapping[str, str]) -> Report:
    return Report(tuple(_verdict(case, subject) for case in suite), baseline)


def _verdict(case: Case, subject: Subject) -> Verdict:
    if case.mode != GENERAL:
        return Verdict(case.name, "skipped", f"only for {case.mode}")
    try:
        reply = subject.answer(case.operation, case.request, case.language)
    except NotOffered:
        return Verdict(case.name, "failed", f"{case.operation} is not offered")
    except Exception as error:  # the subject's fault, whatever it is
        return Verdict(case.name, "failed", f"{type(error).__name__}: {error}")
    differences = [_difference(case, reply, expected) for expected in case.expected]
    if "" in differences:
        return Verdict(case.name, "passed", "as expected")
    return Verdict(case.name, "failed", differences[0])


def _difference(case: Case, reply: Reply, expected: Resource) -> str:
    actual = as_r5(reply.resource)
    template = template_for(actual.get("resourceType", ""), is_pattern=case.operation in STATEMENTS)
    if found := template.difference(expected, actual):
        return found
    if str(reply.status)[0] != case.status[0]:
        return f"status {reply.status} instead of {case.status}"
    return ""
