"""Judges a GraphQL engine by HL7's suite: queries over single resources, with the world around them given.

https://github.com/FHIR/fhir-test-cases/tree/master/r4/graphql
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from lxml import etree

from conformance.report import Outcome, Refused, Report, Verdict

MANIFEST: Final = "graphql/manifest.xml"
ERROR: Final = "$error"


@dataclass(frozen=True, slots=True)
class Case:
    """`resource` is the file that the query is about, if it is about one; `expected` None for an error."""

    name: str
    query: str
    operation: str | None
    resource: Path | None
    expected: Any
    folder: Path


# Gives the data of a query over a resource, or over the world in a folder; raises Refused.
Answer = Callable[[Case], Mapping[str, Any]]


def cases(folder: Path) -> list[Case]:
    """The suite somewhere under a folder."""
    manifest = next(iter(sorted(folder.rglob(MANIFEST))), None) or (folder / "manifest.xml")
    if not manifest.is_file():
        raise FileNotFoundError(f"no {MANIFEST} under {folder}")
    parser = etree.XMLParser(resolve_entities=False, no_network=True)
    return [_case(test, manifest.parent) for test in etree.parse(manifest, parser).getroot().iter("test")]


def judge(suite: Sequence[Case], answer: Answer, baseline: Mapping[str, str]) -> Report:
    return Report(tuple(_verdict(case, answer) for case in suite), baseline)


def _case(test: etree._Element, folder: Path) -> Case:
    output = test.get("output", "")
    expected = None if output == ERROR else json.loads((folder / output).read_text("utf-8"))
    source = (folder / test.get("source", "")).read_text("utf-8")
    resource = _resource(test.get("resource"), test.get("context", ""), folder.parent)
    return Case(test.get("name", ""), source, test.get("operation"), resource, expected, folder.parent)


def _resource(name: str | None, context: str, folder: Path) -> Path | None:
    """`Patient/example/$graphql` is about patient-example, as XML or JSON."""
    if not context:
        return None
    type_, id_, *_ = context.split("/")
    stem = name or f"{type_.lower()}-{id_}"
    return next(folder / f"{stem}{end}" for end in (".xml", ".json") if (folder / f"{stem}{end}").is_file())


def _verdict(case: Case, answer: Answer) -> Verdict:
    try:
        found = answer(case)
    except Refused as refused:
        outcome: Outcome = "passed" if case.expected is None else "failed"
        return Verdict(case.name, outcome, f"refused: {refused}")
    if case.expected is None:
        return Verdict(case.name, "failed", "not refused")
    if found == case.expected:
        return Verdict(case.name, "passed", "as expected")
    return Verdict(case.name, "failed", f"{json.dumps(found)} and not {json.dumps(case.expected)}")
