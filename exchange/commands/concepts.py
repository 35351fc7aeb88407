"""`yilian concepts`: load a code system from its publisher's files: a table, LOINC or SNOMED CT."""

import asyncio
import tomllib
from collections.abc import Callable, Iterable, Iterator
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


def concepts(
    layout: Annotated[Layout, typer.Argument(help="table (CSV, TSV), loinc or rf2 (SNOMED CT).")],
    path: Annotated[Path, typer.Argument(help="The table, or the folder of the release.")],
    column_map: Annotated[
        Path | None, typer.Option("--map", help="Of a table: which column is what (TOML).")
    ] = None,
    version: Annotated[str, typer.Option(help="Of LOINC or SNOMED CT: the release's version.")] = "",
) -> None:
    """Load a code system into the database, also while a hub is running; a release of the same version is
    replaced when the new one is complete."""
    from terminology.importers.release import UnusableFile

    if not path.exists():
        raise Refused(f"{path} does not exist")
    try:
        release = _READ[layout](path, column_map, version)
    except UnusableFile as error:
        raise Refused(str(error)) from None
    count = asyncio.run(_stored(release))
    typer.echo(f"\n{release.header.canonical}: {count} concepts")


async def _stored(release: "Release") -> int:
    from exchange.terminology.importing import imported

    async with connected(from_environment()) as connection:
        return await imported(connection, release, datetime.now(UTC), _tell)


def _tell(done: int, total: int) -> None:
    typer.echo(f"\r{done} of {total}", nl=False, err=True)


def _table(path: Path, column_map: Path | None, version: str) -> "Release":
    from terminology.importers.table import column_map as column_map_of
    from terminology.importers.table import table_release

    if column_map is None:
        raise Refused("a table needs --map, which says which column is what")
    try:
        said = tomllib.loads(column_map.read_text("utf-8"))
    except (OSError, tomllib.TOMLDecodeError) as error:
        raise Refused(f"{column_map} cannot be read: {error}") from None
    return table_release(
        path.read_bytes(), column_map_of({**said, **({"version": version} if version else {})})
    )


def _loinc(path: Path, column_map: Path | None, version: str) -> "Release":
    from terminology.importers.loinc import loinc_release

    (table,) = _files(path, "Loinc.csv", "loinc's table")[:1]
    chinese = [*path.rglob("zhCN*LinguisticVariant.csv")] if path.is_dir() else []
    variants = {"zh-CN": chinese[0].read_bytes()} if chinese else {}
    return loinc_release(table.read_bytes(), version, variants)


def _rf2(path: Path, column_map: Path | None, version: str) -> "Release":
    from terminology.importers.rf2 import rf2_release

    kinds = ("Concept", "Description", "Relationship")
    found = [_lines(_files(path, f"*sct2_{kind}_Snapshot*.txt", f"{kind.lower()}s")) for kind in kinds]
    return rf2_release(found[0], found[1], found[2], version)


def _files(path: Path, pattern: str, what: str) -> list[Path]:
    if path.is_file():
        return [path]
    found = sorted(path.rglob(pattern))
    if not found:
        raise Refused(f"{path} has no file {pattern} of {what}")
    return found


def _lines(files: Iterable[Path]) -> Iterator[str]:
    for file in files:
        with file.open(encoding="utf-8-sig") as opened:
            yield from opened


_READ: Final[dict[Layout, Callable[[Path, Path | None, str], "Release"]]] = {
    Layout.TABLE: _table,
    Layout.LOINC: _loinc,
    Layout.RF2: _rf2,
}
