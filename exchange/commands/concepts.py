"""`yilian concepts`: load a code system from its publisher's files, or terminology from FHIR's."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from exchange.commands.connected import connected, from_environment
from exchange.commands.refused import Refused

if TYPE_CHECKING:
    from terminology.importers.release import Release


class Layout(StrEnum):
    """How the files are laid out."""

    TABLE = "table"
    LOINC = "loinc"
    RF2 = "rf2"
    CHINESE = "icd-cn"
    CLAML = "claml"
    ICD_10_CM = "icd-10-cm"
    ICD_9_CM_3 = "icd-9-cm-3"
    ATC = "atc"
    FHIR = "fhir"


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the command line says; texts may be empty."""

    path: Path
    column_map: Path | None
    url: str
    version: str


def concepts(
    layout: Annotated[
        Layout,
        typer.Argument(
            help="table (CSV, TSV), loinc, rf2 (SNOMED CT), icd-cn (国临版 or 医保版 as XLSX or CSV), "
            "claml (WHO), icd-10-cm (tabular XML, order file), icd-9-cm-3 (CMS), atc (XML or CSV), "
            "fhir (terminology resources, XML or JSON).",
        ),
    ],
    path: Annotated[Path, typer.Argument(help="The file, the folder of the release, or its archive.")],
    column_map: Annotated[
        Path | None, typer.Option("--map", help="Of a table: which column is what (TOML).")
    ] = None,
    url: Annotated[str, typer.Option(help="The code system's URL, if it is to be another one.")] = "",
    version: Annotated[str, typer.Option(help="The release's version, where the files do not say it.")] = "",
) -> None:
    """Load a code system into the database, also while a hub is running; nobody sees it before it is
    complete, and then it stands in the place of the same version loaded before."""
    from terminology.importers.release import UnusableFile

    if not path.exists():
        raise Refused(f"{path} does not exist")
    if layout is Layout.FHIR:
        from exchange.commands.terminology_files import load_terminology

        load_terminology(path)
        return
    try:
        release = _READ[layout](Wanted(path, column_map, url, version))
    except UnusableFile as error:
        raise Refused(str(error)) from None
    except OSError as error:
        raise Refused(f"{path} cannot be read: {error}") from None
    count = asyncio.run(_stored(release))
    typer.echo(f"{release.header.canonical}: {count} concepts")


async def _stored(release: "Release") -> int:
    from exchange.terminology.importing import imported

    async with connected(from_environment()) as connection:
        count = await imported(connection, release, datetime.now(UTC), _storing)
    typer.echo(err=True)
    return count


def _storing(done: int, total: int) -> None:
    typer.echo(f"\rstored {done} of {total} concepts", nl=False, err=True)


def _reading(file: str, lines: int) -> None:
    typer.echo(f"\r{file}: {lines} lines ", nl=False, err=True)


def _table(wanted: Wanted) -> "Release":
    import tomllib

    from terminology.importers.table import column_map, table_release

    if wanted.column_map is None:
        raise Refused("a table needs --map, which says which column is what")
    try:
        said = tomllib.loads(wanted.column_map.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise Refused(f"{wanted.column_map} cannot be read: {error}") from None
    named = {name: value for name, value in (("url", wanted.url), ("version", wanted.version)) if value}
    return table_release(wanted.path.name, wanted.path.read_bytes(), column_map({**said, **named}))


def _loinc(wanted: Wanted) -> "Release":
    from terminology.importers.files import Files
    from terminology.importers.loinc import loinc_release

    return loinc_release(Files(wanted.path), wanted.version, _reading)


def _rf2(wanted: Wanted) -> "Release":
    from terminology.importers.files import Files
    from terminology.importers.rf2 import rf2_release

    return rf2_release(Files(wanted.path), wanted.version, _reading)


def _chinese(wanted: Wanted) -> "Release":
    from terminology.importers.chinese_catalog import catalog_release

    return catalog_release(wanted.path, wanted.url, wanted.version, _reading)


def _claml(wanted: Wanted) -> "Release":
    from terminology.importers.claml import claml_release
    from terminology.importers.files import Files

    files = Files(wanted.path)
    name = files.one("ClaML", "*.xml")
    with files.opened(name) as xml:
        return claml_release(name, xml, wanted.url, wanted.version, _reading)


def _icd_10_cm(wanted: Wanted) -> "Release":
    from terminology.importers.files import Files
    from terminology.importers.icd_10_cm import icd_10_cm_release

    return icd_10_cm_release(Files(wanted.path), wanted.version, _reading)


def _icd_9_cm_3(wanted: Wanted) -> "Release":
    from terminology.importers.files import Files
    from terminology.importers.icd_9_cm_3 import icd_9_cm_3_release

    return icd_9_cm_3_release(Files(wanted.path), wanted.version, _reading)


def _atc(wanted: Wanted) -> "Release":
    from terminology.importers.atc import atc_release
    from terminology.importers.files import Files

    return atc_release(Files(wanted.path), wanted.version, _reading)


_READ: Final[dict[Layout, Callable[[Wanted], "Release"]]] = {
    Layout.TABLE: _table,
    Layout.LOINC: _loinc,
    Layout.RF2: _rf2,
    Layout.CHINESE: _chinese,
    Layout.CLAML: _claml,
    Layout.ICD_10_CM: _icd_10_cm,
    Layout.ICD_9_CM_3: _icd_9_cm_3,
    Layout.ATC: _atc,
}
