"""Judges a FHIR server by what becomes of resources: written and read as JSON, then as XML and JSON again.

What is read must be what was written, member by member in the same order and every number in its own digits;
the server's own is only `meta.versionId` and `meta.lastUpdated`. On the way through XML the order of members
is lost, for there it is the standard's. https://hl7.org/fhir/R4/json.html#json
"""

import asyncio
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import httpx

from conformance.report import Report, Verdict

AT_ONCE: Final = 8
JSON: Final = "application/fhir+json"
XML: Final = "application/fhir+xml"
_SERVERS: Final = frozenset(("versionId", "lastUpdated"))
_FIRST: Final = frozenset(("resourceType", "id", "meta"))


class Number(str):
    """A number as it is written."""


@dataclass(frozen=True, slots=True)
class Case:
    """One resource."""

    name: str
    raw: bytes


def cases(path: Path) -> list[Case]:
    """Every JSON file of the folder, or the one file."""
    files = [path] if path.is_file() else sorted(path.rglob("*.json"))
    found = [Case(file.stem, file.read_bytes()) for file in files]
    resources = [case for case in found if b'"resourceType"' in case.raw]
    if not resources:
        raise FileNotFoundError(f"there are no resources under {path}")
    return resources


async def judge(suite: Sequence[Case], base: str, token: str, baseline: Mapping[str, str]) -> Report:
    """`base` is a running server's, which takes any valid resource under its own id."""
    turn = asyncio.Semaphore(AT_ONCE)
    headers = {"Authorization": f"Bearer {token}", "Prefer": "return=minimal"}
    async with httpx.AsyncClient(base_url=base.rstrip("/") + "/", headers=headers, timeout=120) as http:

        async def verdict(case: Case) -> Verdict:
            async with turn:
                problem = await _problem(http, case)
                return Verdict(case.name, "failed" if problem else "passed", problem)

        return Report(tuple(await asyncio.gather(*map(verdict, suite))), baseline)


async def _problem(http: httpx.AsyncClient, case: Case) -> str:
    """What is wrong with the way there and back; empty if nothing is."""
    sent = read(case.raw)
    name = f"{sent['resourceType']}/{sent.get('id', case.name)}"
    written = await http.put(name, content=case.raw, headers={"Content-Type": JSON, "Accept": JSON})
    if not written.is_success:
        return f"PUT as JSON: {_told(written)}"
    stored = await http.get(name, headers={"Accept": JSON})
    if text(_own(read(stored.content))) != text(_own(sent)):
        return f"read as JSON: {difference(_own(sent), _own(read(stored.content)))}"
    document = await http.get(name, headers={"Accept": XML})
    if not document.is_success:
        return f"GET as XML: {_told(document)}"
    written = await http.put(name, content=document.content, headers={"Content-Type": XML, "Accept": JSON})
    if not written.is_success:
        return f"PUT as XML: {_told(written)}"
    again = read((await http.get(name, headers={"Accept": JSON})).content)
    if text(_sorted(_own(again))) != text(_sorted(_own(sent))):
        return f"through XML: {difference(_own(sent), _own(again))}"
    return ""


def read(raw: bytes) -> dict[str, Any]:
    """The object, its numbers as Number."""
    value: dict[str, Any] = json.loads(
        raw.removeprefix(b"\xef\xbb\xbf"), parse_float=Number, parse_int=Number
    )
    return value


def text(value: Any) -> str:
    """Canonical JSON: no space, members in their order, numbers as they came."""
    match value:
        case Number():
            return value
        case dict():
            return "{" + ",".join(f"{text(name)}:{text(each)}" for name, each in value.items()) + "}"
        case list():
            return "[" + ",".join(map(text, value)) + "]"
    return json.dumps(value, ensure_ascii=False)


def difference(one: Any, other: Any, path: str = "") -> str:
    """Where the two first differ."""
    if isinstance(one, dict) and isinstance(other, dict):
        for name in [*one, *other]:
            if name not in one or name not in other:
                return f"{path}.{name} is in one only"
            if text(one[name]) != text(other[name]):
                return difference(one[name], other[name], f"{path}.{name}")
        return f"{path}: another order"
    if isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        for index, (left, right) in enumerate(zip(one, other, strict=True)):
            if text(left) != text(right):
                return difference(left, right, f"{path}[{index}]")
    return f"{path}: {text(one)[:200]} became {text(other)[:200]}"


def _own(resource: dict[str, Any]) -> dict[str, Any]:
    """Without what is the server's; where type, id and meta stand says nothing."""
    meta = {name: value for name, value in resource.get("meta", {}).items() if name not in _SERVERS}
    rest = {name: value for name, value in resource.items() if name not in _FIRST}
    return {"resourceType": resource["resourceType"], **({"meta": meta} if meta else {}), **rest}


def _sorted(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _sorted(value[name]) for name in sorted(value)}
    return [_sorted(each) for each in value] if isinstance(value, list) else value


def _told(answer: httpx.Response) -> str:
    try:
        issues = answer.json()["issue"]
    except (ValueError, KeyError):
        return str(answer.status_code)
    first = issues[0]
    return f"{answer.status_code} {first.get('diagnostics', '')} ({', '.join(first.get('expression', []))})"
