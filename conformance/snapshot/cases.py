"""Judges snapshots by HL7's cases: a manifest, inputs, and what the Java generator makes of them.

Most were made over R4B: where our element says what R4's core says, and neither the profile nor one below it
tells that fact, R4B's other word is not held against it.
https://github.com/FHIR/fhir-test-cases/tree/master/r4b/snapshot-generation
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from lxml import etree

from conformance.report import Outcome, Refused, Verdict
from conformance.snapshot.engine import Engine, Made, Structure, World
from conformance.snapshot.facts import Difference, by_id, differing, facts
from conformance.snapshot.facts import told as shown

ROOT: Final = "snapshot-generation-tests"
SUFFIXES: Final = (".xml", ".json")
VERSIONS: Final = ("4.0.0", "4.0.1", "4.1.0", "4.3.0", "1.4.0")  # as the manifest has them; R4's in content
R4: Final = "4.0.1"
CORE: Final = "http://hl7.org/fhir/StructureDefinition/"
R4B_TYPES: Final = frozenset(("CodeableReference", "RatioRange"))
R4B_CONSTRAINTS: Final = frozenset(("dom-r4b",))
OF_EDITIONS: Final = ("min", "max", "type", "binding")
Told = frozenset[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Case:
    name: str
    test: etree._Element
    folder: Path


def cases(path: Path) -> Iterator[Case]:
    """Those of every manifest at a path or below it."""
    for file in [path] if path.is_file() else sorted(path.rglob("manifest.xml")):
        root = etree.parse(file).getroot() if file.suffix == ".xml" else None
        for test in root.iter("test") if root is not None and root.tag == ROOT else ():
            yield Case(f"{file.parent.parent.name}/{test.get('id')}", test, file.parent)


def verdict(case: Case, engine: Engine) -> Verdict:
    try:
        return _verdict(case, engine)
    except Exception as error:
        return Verdict(case.name, "failed", f"{type(error).__name__}: {error}")


def _verdict(case: Case, engine: Engine) -> Verdict:
    version = case.test.get("version", VERSIONS[0])
    if version not in VERSIONS:
        return Verdict(case.name, "skipped", f"it is of FHIR {version}")
    try:
        given = _given(case, engine)
    except Refused as error:
        return Verdict(case.name, "skipped", f"a file of it is not R4: {error}")
    structure, others = given[-1], given[:-1]
    world = engine.world(_first_of_each(others + _neighbours(case, engine) + [structure], structure))
    try:
        made = (world.made_in_any_order if case.test.get("sort") == "true" else world.made)(structure)
    except Refused as error:
        return _refused(case, str(error))
    if case.test.get("fail") == "true":
        return _refused(case, "; ".join(made.problems))
    return _compared(case, structure, made, world, engine)


def _refused(case: Case, problem: str) -> Verdict:
    wanted = case.test.get("fail") == "true"
    outcome: Outcome = "passed" if wanted and problem else "failed"
    return Verdict(case.name, outcome, f"refused: {problem}" if problem else "should be refused")


def _compared(case: Case, structure: Structure, made: Made, world: World, engine: Engine) -> Verdict:
    file = _file(case, "expected") or _file(case, "output")
    if file is None or case.test.get("gen") != "true":
        return Verdict(case.name, "passed", "made; there is nothing to compare it with")
    ours, theirs = by_id(made.elements), by_id(engine.read(file)["snapshot"]["element"])
    told = frozenset(_told(structure, world))
    found = [Difference(name, "extra") for name in ours if name not in theirs]
    for name, element in theirs.items():
        one = ours.get(name)
        core = _core_element(name, ours, world) if one else {}
        found += _differing(name, one, element, core, told) if one else [Difference(name, "missing")]
    return Verdict(case.name, "failed" if found else "passed", shown(found))


def _differing(name: str, one: Any, other: Any, core: Any, told: Told) -> list[Difference]:
    ours, theirs, said = facts(one), facts(other), facts(core)
    ours["constraint"], theirs["constraint"] = _constraints(one, other, core)
    for side in (ours, theirs):
        side["type"] = [one for one in side["type"] if one[0] not in R4B_TYPES]
    return [
        one
        for one in differing(name, ours, theirs)
        if one.fact not in OF_EDITIONS
        or one.found != said[one.fact]
        or _is_told(other["path"], one.fact, told)
    ]


def _is_told(path: str, fact: str, told: Told) -> bool:
    """A choice is also told of by its short cuts, which tell of its type unless they have a name."""
    stem = path.removesuffix("[x]")
    short = [one for one, _ in told if stem != path and _is_typed(one, stem)]
    if fact == "type" and any((one, "sliceName") not in told for one in short):
        return True
    return any((one, fact) in told for one in (path, *short))


def _is_typed(path: str, stem: str) -> bool:
    return path.startswith(stem) and path[len(stem) : len(stem) + 1].isupper()


def _constraints(one: Any, other: Any, core: Any) -> tuple[list[str], list[str]]:
    """Keys of both sides, without those that only one edition of the core has."""
    ours, theirs = ({each["key"]: each for each in side.get("constraint", ())} for side in (one, other))
    home = one.get("base", {}).get("path", "").partition(".")[0]
    of_core = {each["key"] for each in core.get("constraint", ())}
    homes = {CORE + name for name in (home, "DomainResource", "Element")} | {
        home,
        "DomainResource",
        "Element",
    }
    return (
        sorted(key for key in ours if key in theirs or key not in of_core),
        sorted(
            key
            for key in theirs.keys() - R4B_CONSTRAINTS
            if key in ours or theirs[key].get("source", "") not in homes
        ),
    )


def _core_element(name: str, ours: Mapping[str, Any], world: World) -> Mapping[str, Any]:
    """What R4's core says of an element: in one of its extensions of which it is a part, or at its base.

    The cardinality at the base is not told: in all editions of R4 it is the same.
    """
    parts = name.split(".")
    for end in range(len(parts), 0, -1):
        types = ours.get(".".join(parts[:end]), {}).get("type", ())
        profiles = types[0].get("profile", []) if len(types) == 1 else []
        structure = world.structure(profiles[0]) if len(profiles) == 1 else None
        if structure and structure.get("version") == R4:
            inner = ".".join([structure["type"], *parts[end:]])
            return by_id(structure["snapshot"]["element"]).get(inner, {})
    path = ours[name].get("base", {}).get("path", "")
    structure = world.structure(path.partition(".")[0]) if path else None
    elements = structure["snapshot"]["element"] if structure else ()
    found: Mapping[str, Any] = next((element for element in elements if element["path"] == path), {})
    return {name: value for name, value in found.items() if name not in ("min", "max")}


def _told(structure: Structure, world: World) -> Iterator[tuple[str, str]]:
    """(path, fact) of all that the profile and the profiles below it tell."""
    seen: set[str] = set()
    below: Structure | None = structure
    while below and below["url"] not in seen and below.get("derivation") == "constraint":
        seen.add(below["url"])
        for element in below.get("differential", {}).get("element", ()):
            yield from ((element["path"], name) for name in element)
        below = world.structure(below.get("baseDefinition", ""))


def _given(case: Case, engine: Engine) -> list[Structure]:
    """What a case registers, then its input; published snapshots of profiles are not used."""
    names = [
        name for name in (case.test.get("register") or case.test.get("include") or "").split(",") if name
    ]
    files = [_named(case.folder, name) or _named(case.folder, f"{name}-input") for name in names]
    files.append(_file(case, "input"))
    return [_without_snapshot(engine.read(file)) for file in files if file]


def _neighbours(case: Case, engine: Engine) -> list[Structure]:
    """The inputs of the folder's other cases, on which some cases stand, in the manifest's order."""
    tests = case.test.getparent()
    found: list[Structure] = []
    for test in tests.iter("test") if tests is not None else ():
        names = (test.get("register") or "").split(",") if test is not case.test else []
        for name in (*names, f"{test.get('id')}-input"):
            file = _named(case.folder, name) if name and test.get("fail") != "true" else None
            found += _readable(file, engine) if file else []
    return found


def _readable(file: Path, engine: Engine) -> list[Structure]:
    try:
        return [_without_snapshot(engine.read(file))]
    except Refused:
        return []


def _first_of_each(structures: list[Structure], own: Structure) -> list[Structure]:
    """One of each URL: the case's own, else the first."""
    by_url = {one["url"]: one for one in reversed(structures)}
    return list({**by_url, own["url"]: own}.values())


def _without_snapshot(structure: Structure) -> Structure:
    return {
        key: value for key, value in structure.items() if key != "snapshot" or "differential" not in structure
    }


def _file(case: Case, kind: str) -> Path | None:
    return _named(case.folder, f"{case.test.get('id')}-{kind}")


def _named(folder: Path, name: str) -> Path | None:
    return next((file for suffix in SUFFIXES if (file := folder / (name + suffix)).exists()), None)
