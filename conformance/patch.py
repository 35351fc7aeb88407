"""Judges a patching engine by HL7's cases of JSON Patch, XML Patch and FHIRPath Patch.

https://github.com/FHIR/fhir-test-cases/tree/master/r4/patch
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any, Final, Literal, Protocol

from lxml import etree

from conformance.report import Outcome, Refused, Report, Verdict

FILES: Final = ("*patch*.json", "*patch*.xml")
Kind = Literal["json", "xml", "fhirpath"]


class Engine(Protocol):
    """Each takes and gives documents as bytes, those of FHIRPath Patch as FHIR XML; raises Refused."""

    def json(self, document: bytes, patch: bytes) -> bytes: ...
    def xml(self, document: bytes, patch: bytes) -> bytes: ...
    def fhirpath(self, resource: bytes, patch: bytes) -> bytes: ...


@dataclass(frozen=True, slots=True)
class Case:
    """`expected` is None where the patch must be refused."""

    name: str
    kind: Kind
    document: bytes
    patch: bytes
    expected: bytes | None


def cases(folder: Path) -> list[Case]:
    """Those of one file, or of the first folder that has files of cases."""
    if not folder.exists():
        raise FileNotFoundError(f"{folder} is not there")
    files = [folder] if folder.is_file() else sorted(file for glob in FILES for file in folder.rglob(glob))
    listed = [file for file in files if file.parent == files[0].parent]
    found = [case for file in listed for case in _read(file)]
    if not found:
        raise FileNotFoundError(f"there are no cases of patches under {folder}")
    return found


def judge(suite: Sequence[Case], engine: Engine, baseline: Mapping[str, str]) -> Report:
    return Report(tuple(_verdict(case, engine) for case in suite), baseline)


def _read(file: Path) -> Iterator[Case]:
    if file.suffix == ".json":
        yield from _json_cases(file)
        return
    root = etree.parse(file, _parser()).getroot()
    for case in root.iter("case"):
        name = f"{file.stem}/{case.get('name')}"
        if case.find("diff") is not None:
            yield Case(
                name, "fhirpath", _below(case, "input"), _below(case, "diff"), _below(case, "output") or None
            )
        elif (patch := case.find("{*}patch")) is not None:
            yield Case(name, "xml", _below(case, "target"), _text(patch), _below(case, "patched") or None)


def _json_cases(file: Path) -> Iterator[Case]:
    for number, case in enumerate(json.loads(file.read_text("utf-8"), parse_float=Decimal)):
        if "doc" in case and "patch" in case:
            name = f"{file.stem}/{case.get('comment', number)}"
            expected = _dumped(case["expected"]) if "expected" in case else None
            yield Case(name, "json", _dumped(case["doc"]), _dumped(case["patch"]), expected)


def _dumped(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, default=float).encode()


def _below(case: etree._Element, name: str) -> bytes:
    """The document in an element of the case; empty if there is none."""
    holder = case.find(name)
    child = next(holder.iterchildren("*"), None) if holder is not None else None
    return b"" if child is None else _text(child)


def _text(element: etree._Element) -> bytes:
    return etree.tostring(element, encoding="utf-8", with_tail=False)


def _verdict(case: Case, engine: Engine) -> Verdict:
    outcome: Outcome
    try:
        result = getattr(engine, case.kind)(case.document, case.patch)
    except Refused as error:
        outcome = "passed" if case.expected is None else "failed"
        return Verdict(case.name, outcome, f"refused: {error}")
    except Exception as error:
        return Verdict(case.name, "failed", f"{type(error).__name__}: {error}")
    if case.expected is None:
        return Verdict(case.name, "failed", f"should be refused, gives {_shown(result)}")
    same = _same_json if case.kind == "json" else _same_xml
    outcome = "passed" if same(result, case.expected, case.kind) else "failed"
    return Verdict(case.name, outcome, _shown(result))


def _shown(result: bytes) -> str:
    return " ".join(result.decode("utf-8", "replace").split())[:500]


def _same_json(result: bytes, expected: bytes, kind: Kind) -> bool:
    return bool(_loaded(result) == _loaded(expected))


def _loaded(document: bytes) -> Any:
    return json.loads(document, parse_float=Decimal)


def _same_xml(result: bytes, expected: bytes, kind: Kind) -> bool:
    """But for white space; in FHIR's XML comments say nothing."""
    parser = _parser(remove_comments=kind == "fhirpath")
    one, other = (etree.fromstring(document, parser) for document in (result, expected))
    return bool(_content(one) == _content(other))


def _content(element: etree._Element) -> Any:
    children = [_content(child) for child in element]
    texts = [" ".join(text.split()) for text in (element.text, *(child.tail for child in element)) if text]
    attributes = sorted((str(name), " ".join(str(value).split())) for name, value in element.attrib.items())
    return str(element.tag), attributes, [text for text in texts if text], children


def _parser(*, remove_comments: bool = False) -> etree.XMLParser:
    return etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, remove_comments=remove_comments
    )
