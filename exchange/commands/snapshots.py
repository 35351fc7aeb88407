"""Our snapshot generator, as its judge takes it, and the suite over it."""

from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

from conformance.report import Refused, Report, baseline
from conformance.snapshot import cases, packages
from conformance.snapshot.engine import Made
from exchange.commands.reading import read_resource
from exchange.fhirjson import UnreadableJson
from exchange.xml import UnreadableXml
from profiles.definitions import definitions
from profiles.packages.canonicals import Canonicals
from profiles.packages.package import package_of
from profiles.snapshots.error import SnapshotError
from profiles.snapshots.snapshot import Snapshots

Structure = dict[str, Any]


def snapshot(path: Path) -> Report:
    """https://hl7.org/fhir/R4/profiling.html#snapshot"""
    engine = SnapshotEngine()
    judged = [packages.judge(one, engine) for one in packages.packages(path)]
    judged_cases = [cases.verdict(one, engine) for one in cases.cases(path)]
    if not judged and not judged_cases:
        raise FileNotFoundError(f"there is no package with snapshots and no manifest of cases under {path}")
    verdicts = (*(verdict for one in judged for verdict in one.verdicts), *judged_cases)
    return Report(verdicts, baseline("snapshot"), notes=tuple(one.note for one in judged))


class SnapshotEngine:
    """The product's own core is beneath every world but that of a core with differentials."""

    def __init__(self) -> None:
        self.read = lru_cache(None)(_read)

    def world(self, structures: Sequence[Structure]) -> "SnapshotWorld":
        return SnapshotWorld(definitions().canonicals.and_packages(package_of(structures)))

    def core_world(self, structures: Sequence[Structure]) -> "SnapshotWorld":
        return SnapshotWorld(Canonicals([package_of(structures)]))


class SnapshotWorld:
    def __init__(self, canonicals: Canonicals) -> None:
        self._canonicals = canonicals
        self._snapshots = Snapshots(self.structure)

    def structure(self, canonical: str) -> Structure | None:
        try:
            return self._canonicals.structure(canonical)
        except SnapshotError as error:
            raise Refused(str(error)) from None

    def made(self, structure: Structure) -> Made:
        try:
            made = self._snapshots.snapshot(structure)
        except SnapshotError as error:
            raise Refused(str(error)) from None
        return Made(made.elements, [one.diagnostics for one in made.issues if one.severity == "error"])

    def made_in_any_order(self, structure: Structure) -> Made:
        try:
            put_in_order = self._snapshots.sorted_differential(structure)
        except SnapshotError as error:
            raise Refused(str(error)) from None
        return self.made({**structure, "differential": {"element": put_in_order}})


def _read(path: Path) -> Structure:
    try:
        return read_resource(path)
    except (UnreadableJson, UnreadableXml) as error:
        raise Refused(str(error)) from None
