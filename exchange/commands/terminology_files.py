"""Terminology resources out of folders and archives: a FHIR package, HL7's source of truth in XML.

https://confluence.hl7.org/display/VMAH/Unified+Terminology+Governance+Project+%28UTG%29
"""

import tarfile
import tempfile
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import typer
from lxml import etree

from exchange.commands.refused import Refused
from exchange.fhirjson import UnreadableJson, dumps, loads
from exchange.xml import UnreadableXml
from exchange.xml import loads as xml_loads
from profiles.definitions import Definitions
from profiles.definitions import definitions as definitions_of_r4

KINDS: Final = frozenset(("CodeSystem", "ValueSet", "ConceptMap", "NamingSystem"))
SUFFIXES: Final = (".json", ".xml")
# A definition is not larger; what is said to be is no terminology, or worse.
MAX_BYTES: Final = 256 * 1024 * 1024
Named = tuple[str, bytes]


def load_terminology(path: Path) -> None:
    """What is there of code systems, value sets, concept maps and naming systems goes the way of `yilian
    load`; what cannot be read is told and left out."""
    from exchange.commands.load import load

    counts: dict[str, int] = {}
    with tempfile.TemporaryDirectory() as folder:
        gathered = Path(folder) / "terminology.ndjson"
        with gathered.open("wb") as file:
            for resource in definitions(path):
                file.write(dumps(resource) + b"\n")
                kind = resource["resourceType"]
                counts[kind] = counts.get(kind, 0) + 1
        if not counts:
            raise Refused(f"{path} has no {', '.join(sorted(KINDS))}")
        typer.echo(", ".join(f"{count} {kind}" for kind, count in sorted(counts.items())), err=True)
        load([gathered])


def definitions(path: Path) -> Iterator[dict[str, Any]]:
    """Those that have an id and a url, one by one. Raises Refused."""
    model = definitions_of_r4()
    for name, raw in _files(path):
        try:
            resource = loads(raw) if name.lower().endswith(".json") else _of_xml(raw, model)
        except (UnreadableJson, UnreadableXml) as error:
            if not name.rpartition("/")[2].startswith((".", "package.json")):
                typer.echo(f"{name} cannot be read: {error}", err=True)
            continue
        if isinstance(resource, dict) and resource.get("resourceType") in KINDS and "id" in resource:
            yield resource


def _of_xml(raw: bytes, model: Definitions) -> Any:
    """HL7's source of truth has elements of R5, which are left out. Raises UnreadableXml."""
    try:
        return xml_loads(raw, model)
    except UnreadableXml:
        try:
            root = etree.fromstring(raw, etree.XMLParser(resolve_entities=False, no_network=True))
        except etree.XMLSyntaxError:
            root = etree.Element("nothing")
        kind = etree.QName(root).localname
        if b"<!DOCTYPE" in raw or kind not in KINDS:
            raise
        known = {each.path.rpartition(".")[2] for each in model.children(kind)}
        for child in root.iterchildren(tag=etree.Element):
            if etree.QName(child).localname not in known:
                root.remove(child)
        return xml_loads(etree.tostring(root), model)


def _files(path: Path) -> Iterator[Named]:
    """Small enough ones by their names."""
    if path.is_dir():
        found = sorted(each for each in path.rglob("*") if each.suffix.lower() in SUFFIXES)
        yield from ((str(each.relative_to(path)), each.read_bytes()) for each in found if each.is_file())
    elif path.name.endswith((".tgz", ".tar", ".tar.gz", ".tar.xz", ".tar.bz2")):
        yield from _of_tar(path)
    elif path.suffix == ".zip":
        yield from _of_zip(path)
    elif path.suffix.lower() in SUFFIXES:
        yield path.name, path.read_bytes()
    else:
        raise Refused(f"{path} is no folder, archive (.tgz, .tar.xz, .zip), .json or .xml")


def _of_tar(path: Path) -> Iterator[Named]:
    try:
        with tarfile.open(path) as archive:
            for member in archive:
                file = archive.extractfile(member) if _is_wanted(member.name, member.size) else None
                if file is not None:
                    yield member.name, file.read()
    except (tarfile.TarError, EOFError) as error:
        raise Refused(f"{path} cannot be read: {error}") from None


def _of_zip(path: Path) -> Iterator[Named]:
    try:
        with zipfile.ZipFile(path) as archive:
            for entry in archive.infolist():
                if _is_wanted(entry.filename, entry.file_size):
                    yield entry.filename, archive.read(entry)
    except zipfile.BadZipFile as error:
        raise Refused(f"{path} cannot be read: {error}") from None


def _is_wanted(name: str, size: int) -> bool:
    return name.lower().endswith(SUFFIXES) and size <= MAX_BYTES
