"""Our engines, as the judges of `conformance` take them: texts and files in, texts out."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from functools import lru_cache, partial
from pathlib import Path
from typing import Any, Final

import conformance.documents
import conformance.fhirpath
import conformance.fhirschema
import conformance.graphql
import conformance.linkage
import conformance.ohie_cr
import conformance.parser
import conformance.patch
import conformance.roundtrip
import conformance.tx
import conformance.v2_pairs
import conformance.validator
import conformance.validator_cases
from conformance.fhirpath import Answer
from conformance.recorded_terminology import RecordedTerminology
from conformance.report import Refused, Report, baseline, floor
from exchange.commands.client_registry import client_registry
from exchange.commands.fhirschema_engine import fhirschema_errors
from exchange.commands.graphql_world import graphql_answer
from exchange.commands.own_hub import own_hub
from exchange.commands.package_shelf import PackageShelf
from exchange.commands.parser_engine import ParserEngine
from exchange.commands.reading import read_resource
from exchange.commands.snapshots import snapshot
from exchange.commands.terminology_service import TerminologyService
from exchange.commands.validator_engine import ValidatorEngine
from exchange.fhirjson import UnreadableJson, dumps, loads
from exchange.outcome import FhirError
from exchange.patch.fhirpath_patch import fhirpath_patch
from exchange.patch.json_patch import json_patch
from exchange.patch.xml_patch import xml_patch
from exchange.terminology.core import core_library
from exchange.xml import UnreadableXml, UnwritableXml
from exchange.xml import dumps as xml_dumps
from exchange.xml import loads as xml_loads
from profiles.definitions import definitions
from profiles.fhirpath import Environment, FhirPathError, Node, compile_expression
from profiles.fhirpath.types import system_type


def fhirpath(path: Path) -> Report:
    """https://hl7.org/fhir/R4/fhirpath.html"""
    suite = conformance.fhirpath.cases(path)
    evaluate, strict = partial(_evaluated, is_strict=False), partial(_evaluated, is_strict=True)
    return conformance.fhirpath.judge(suite, evaluate, strict, baseline("fhirpath"))


def fhirschema(path: Path) -> Report:
    """https://fhir-schema.github.io/fhir-schema/"""
    suite = conformance.fhirschema.cases(path)
    return conformance.fhirschema.judge(suite, fhirschema_errors, baseline("fhirschema"))


def patch(path: Path) -> Report:
    """https://hl7.org/fhir/R4/http.html#patch"""
    return conformance.patch.judge(conformance.patch.cases(path), PatchEngine(), baseline("patch"))


def linkage(path: Path) -> Report:
    """Labelled sets of records; needs the extra `linking`."""
    try:
        from exchange.commands.linkage_engine import LinkageEngine
    except ImportError as error:
        raise FileNotFoundError(f"{error.name} is missing: pip install 'yilian[linking]'") from None
    return conformance.linkage.judge(conformance.linkage.cases(path), LinkageEngine(), baseline("linkage"))


def graphql(path: Path) -> Report:
    """https://hl7.org/fhir/R4/graphql.html"""
    return conformance.graphql.judge(conformance.graphql.cases(path), graphql_answer, baseline("graphql"))


def roundtrip(path: Path) -> Report:
    """https://hl7.org/fhir/R4/resource-formats.html, by HTTP over a hub of its own"""
    return asyncio.run(_round_trips(conformance.roundtrip.cases(path)))


def validator(path: Path, recorded: Path | None = None, packages: Sequence[Path] = ()) -> Report:
    """https://hl7.org/fhir/R4/validation.html

    Recorded answers about codes and FHIR packages are looked for in the folders given, or beside the suite.
    """
    suite = conformance.validator_cases.cases(path)
    home = suite[0].folder
    recorded = recorded or next(iter(sorted(home.parent.glob("txcache*"))), None)
    shelf = PackageShelf([*packages, *sorted(home.parent.glob("igs*")), home])
    engine = ValidatorEngine(shelf, RecordedTerminology(recorded) if recorded else None)
    return conformance.validator.judge(suite, engine, baseline("validator"), floor("validator_issues"))


async def _round_trips(suite: Sequence[conformance.roundtrip.Case]) -> Report:
    async with own_hub("system/*.cruds") as (base, token):
        return await conformance.roundtrip.judge(suite, base, token, baseline("roundtrip"))


def ohie_cr(path: Path) -> Report:
    """https://wiki.ohie.org/display/documents/OpenHIE+Client+Registry+Test+Script, over a hub of its own"""
    return asyncio.run(_client_registry(conformance.ohie_cr.cases(path)))


async def _client_registry(suite: conformance.ohie_cr.Suite) -> Report:
    async with client_registry(suite.domains) as registry:
        return await conformance.ohie_cr.judge(suite, registry, baseline("ohie-cr"))


def tx(path: Path) -> Report:
    """https://build.fhir.org/ig/HL7/fhir-tx-ecosystem-ig/"""
    service = TerminologyService(core_library())
    return conformance.tx.judge(conformance.tx.cases(path), service, baseline("tx"))


def v2(path: Path) -> Report:
    """https://build.fhir.org/ig/HL7/v2-to-fhir/"""
    from exchange.commands.v2_engine import V2Engine  # it compiles the maps

    return conformance.v2_pairs.judge(conformance.v2_pairs.cases(path), V2Engine(), baseline("v2"))


def parser(path: Path) -> Report:
    """HL7 v2.8, chapter 2, as the suites of HAPI, hl7apy and python-hl7 ask it"""
    suite = conformance.parser.cases(path)
    return conformance.parser.judge(suite, ParserEngine(), baseline("parser"))


def documents(path: Path) -> Report:
    """WS/T 500, https://build.fhir.org/ig/HL7/ccda-on-fhir/"""
    from exchange.commands.documents_engine import DocumentsEngine  # it compiles the maps

    suite = conformance.documents.cases(path)
    return conformance.documents.judge(suite, DocumentsEngine(), path, baseline("documents"))


SUITES: Final[Mapping[str, Callable[[Path], Report]]] = {
    "documents": documents,
    "fhirpath": fhirpath,
    "fhirschema": fhirschema,
    "graphql": graphql,
    "linkage": linkage,
    "ohie-cr": ohie_cr,
    "parser": parser,
    "patch": patch,
    "roundtrip": roundtrip,
    "snapshot": snapshot,
    "tx": tx,
    "v2": v2,
    "validator": validator,
}


class PatchEngine:
    """JSON Patch, XML Patch and FHIRPath Patch of documents; raises Refused."""

    def json(self, document: bytes, patch: bytes) -> bytes:
        given = b'{"document":%b,"patch":%b}' % (document, patch)
        return self._told(lambda: dumps(json_patch(loads(given)["document"], loads(given)["patch"])))

    def xml(self, document: bytes, patch: bytes) -> bytes:
        return self._told(lambda: xml_patch(document, patch))

    def fhirpath(self, resource: bytes, patch: bytes) -> bytes:
        r4 = definitions()

        def patched() -> bytes:
            return xml_dumps(fhirpath_patch(xml_loads(resource, r4), xml_loads(patch, r4), r4), r4)

        return self._told(patched)

    def _told(self, patched: Callable[[], bytes]) -> bytes:
        try:
            return patched()
        except FhirError as error:
            raise Refused("; ".join(issue.diagnostics for issue in error.issues)) from None
        except (UnreadableJson, UnreadableXml, UnwritableXml) as error:
            raise Refused(str(error)) from None


_read = lru_cache(32)(read_resource)


def _evaluated(expression: str, path: Path | None, *, is_strict: bool) -> Sequence[Answer]:
    resource = _read(path) if path else None
    try:
        compiled = compile_expression(expression, definitions())
        nodes = compiled.nodes(resource, Environment(resource))
    except FhirPathError as error:
        raise Refused(f"{error.kind}: {error}") from None
    if is_strict and compiled.remarks:
        raise Refused(compiled.remarks[0].message)
    return [_answer(node) for node in nodes]


def _answer(node: Any) -> Answer:
    if type(node) is Node:
        return Answer(node.type.name, _text(node.value))
    if isinstance(node, dict):
        return Answer(node["resourceType"], "")
    return Answer(system_type(node).name, _text(node))


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return f"{value:f}" if isinstance(value, Decimal) else str(value)
