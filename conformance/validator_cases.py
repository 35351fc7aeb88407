"""HL7's validator cases of R4 as a folder holds them: what is validated, and what the Java validator told.

https://github.com/FHIR/fhir-test-cases/tree/master/validator
"""

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from conformance.validator_outcome import Found, outcome

MANIFEST: Final = "manifest.json"
OFFLINE: Final = "offline"
RECORDED: Final = "needs-recorded-tx"
SPECIAL: Final = "special-module"
_SPECIAL_MODULES: Final = frozenset(
    ("api", "cda", "cdshooks", "dsig", "json5", "logical", "matchetype", "scoring", "shc", "xver")
)
_SPECIAL_FLAGS: Final = ("logical", "matchetype", "scoring")
_R4: Final = ("4.0", "R4", "r4")
_SERVER: Final = re.compile(
    "tx(-dev)?.fhir.org|Wrong Display Name|A definition for CodeSystem|Unknown code '|codings provided"
)


@dataclass(frozen=True, slots=True)
class Step:
    """One validation: of the file as it is, or against a profile beside that.

    `profile` is the file of the profile, or its canonical; `expected` what Java told, and
    `errors` counts its errors, where the outcome itself is not recorded too.
    """

    name: str
    profile: str
    supporting: tuple[str, ...]
    assume_rest: bool
    expected: tuple[Found, ...]
    errors: int


@dataclass(frozen=True, slots=True)
class Case:
    """`flags` are the manifest's own members, of which an engine takes what it understands."""

    name: str
    folder: Path
    file: str
    module: str
    kind: str
    supporting: tuple[str, ...]
    packages: tuple[str, ...]
    flags: Mapping[str, Any] = field(repr=False)
    steps: tuple[Step, ...] = ()

    @property
    def source(self) -> bytes:
        return (self.folder / self.file).read_bytes()

    def read(self, name: str) -> bytes:
        """A file that the manifest names."""
        return (self.folder / name).read_bytes()


def cases(path: Path) -> list[Case]:
    """Those of a folder with a manifest; of other versions of FHIR there are none."""
    file = path if path.is_file() else next(iter(sorted(path.rglob(MANIFEST))), None)
    if file is None:
        raise FileNotFoundError(f"no {MANIFEST} under {path}")
    manifest = json.loads(file.read_text("utf-8"))
    kinds = _kinds(file.parent)
    listed = [
        given
        for given in manifest.get("test-cases", ())
        if str(given.get("version", "")).startswith(_R4) and given.get("use-test", True)
    ]
    found = [_case(given, file.parent, kinds) for given in _named_once(listed)]
    if not found:
        raise FileNotFoundError(f"{file} names no cases of R4")
    return found


def _named_once(listed: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """A name that stands twice is counted on; the index knows the first."""
    names: Counter[str] = Counter()
    for given in listed:
        names[given["name"]] += 1
        count = names[given["name"]]
        yield given if count == 1 else given | {"name": f"{given['name']}#{count}"}


def _kinds(folder: Path) -> Mapping[str, str]:
    """The class of each case, if an index tells."""
    index = folder / "index.json"
    listed = json.loads(index.read_text("utf-8")) if index.exists() else []
    return {entry["name"]: entry["cls"] for entry in listed if "cls" in entry}


def _case(given: Mapping[str, Any], folder: Path, kinds: Mapping[str, str]) -> Case:
    steps = tuple(_steps(given, folder))
    return Case(
        name=given["name"],
        folder=folder,
        file=given["file"],
        module=given.get("module", "general"),
        kind=kinds.get(given["name"]) or _kind(given, steps),
        supporting=(*given.get("supporting", ()), *given.get("profiles", ())),
        packages=tuple(given.get("packages", ())),
        flags=given,
        steps=steps,
    )


def _kind(given: Mapping[str, Any], steps: tuple[Step, ...]) -> str:
    """The class of a case that no index knows."""
    if given.get("module") in _SPECIAL_MODULES or any(flag in given for flag in _SPECIAL_FLAGS):
        return SPECIAL
    if not given["file"].endswith((".json", ".xml")):
        return SPECIAL
    told = any(_SERVER.search(one.text) for step in steps for one in step.expected)
    return RECORDED if told or given.get("module") == "tx" else OFFLINE


def _steps(given: Mapping[str, Any], folder: Path) -> Iterator[Step]:
    base = _expected(given, folder)
    if base:
        yield Step("base", "", (), bool(given.get("assumeValidRestReferences")), *base)
    profile = given.get("profile", {})
    against = _expected(profile, folder)
    if against:
        supporting = tuple(profile.get("supporting", ()))
        assume = bool(profile.get("assumeValidRestReferences"))
        yield Step("profile", profile.get("source", ""), supporting, assume, *against)


def _expected(given: Mapping[str, Any], folder: Path) -> tuple[tuple[Found, ...], int] | None:
    """What Java found, and how many errors; the outcome stands in a file, or in the manifest itself."""
    java = given.get("java")
    if isinstance(java, str):
        file = folder / "outcomes" / java
        if not file.exists():
            return None
        found = outcome(json.loads(file.read_text("utf-8")))
    elif isinstance(java, dict):
        found = outcome(java.get("outcome", {}))
        if "outcome" not in java:
            return found, int(java.get("errorCount", 0))
    else:
        return None
    return found, sum(one.is_error for one in found)
