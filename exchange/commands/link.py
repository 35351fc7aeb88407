"""`yilian link`: which records of one or two files are of one person."""

import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from exchange.commands.ending import FINDINGS
from exchange.commands.model_report import report
from exchange.commands.online_models import activate, models, refresh, relink, train_on_index
from exchange.commands.refused import Refused
from exchange.commands.tabular import UTF_8, known_encoding, read_columns, write_rows

if TYPE_CHECKING:
    from mpi.linkage.columns import Map
    from mpi.linkage.decisions import Decided
    from mpi.linkage.model import Model
    from mpi.linkage.table import Table

NAMES = ("file", "record", "person", "decision", "weight", "probability", "with_file", "with_record", "why")

Ids = list[tuple[str, str]]


def link(
    files: Annotated[list[Path], typer.Argument(metavar="FILE…", help="One file, or two to link.")],
    columns: Annotated[Path, typer.Option(help="TOML: what the columns mean.")],
    out: Annotated[Path, typer.Option(help="CSV or Parquet: a row for each record.")],
    model: Annotated[Path | None, typer.Option(help="Use this model instead of training one.")] = None,
    save_model: Annotated[Path | None, typer.Option(help="Write the model here, as JSON.")] = None,
    encoding: Annotated[str, typer.Option(help="Of CSV files, such as GB18030.")] = UTF_8,
    quiet: Annotated[bool, typer.Option("-q", "--quiet", help="No progress.")] = False,
) -> None:
    """Find the records of one person within a file, or across two; CSV (also .gz) or Parquet.

    Trains on the files themselves, without labels, unless a model is given. Each record gets a person, a
    decision (link, review, new), the record that decided, its weight in bits and what each column adds to
    it. Exit 1 if a record is left for a human to decide.

    The map of columns says of each what it is: name, text, address, identifier, citizen-id, date, phone,
    postcode, category or sex.

        [columns.surname]
        kind = "name"
        swapped_with = "given_name"
    """
    if len(files) > 2 or len(set(files)) < len(files):
        raise Refused("give one file to find its duplicates, or two to link")
    _writable(out, save_model)
    console = Console(stderr=True, quiet=quiet)
    found, table, ids = _read(files, columns, encoding, console)
    used = _model(found, table, model, console)
    if save_model:
        from mpi.linkage.model import json_from_model

        save_model.write_bytes(json_from_model(used))
    decisions = _decide(found, table, used, console)
    write_rows(out, NAMES, [_row(decision, ids) for decision in decisions])
    asked = sum(decision.kind == "review" for decision in decisions)
    persons = len({decision.person for decision in decisions})
    typer.echo(f"{len(decisions)} records, {persons} persons, {asked} for review: {out}", err=True)
    if asked:
        raise typer.Exit(FINDINGS)


def train(
    files: Annotated[list[Path] | None, typer.Argument(metavar="FILE…", help="Default: the index.")] = None,
    columns: Annotated[Path | None, typer.Option(help="TOML: what the files' columns mean.")] = None,
    out: Annotated[Path | None, typer.Option(help="The files' model, as JSON.")] = None,
    population: Annotated[
        int | None, typer.Option(min=1, help="Of how many residents the index's patients are.")
    ] = None,
    encoding: Annotated[str, typer.Option(help="Of CSV files, such as GB18030.")] = UTF_8,
    quiet: Annotated[bool, typer.Option("-q", "--quiet", help="No progress.")] = False,
) -> None:
    """Estimate without labels how much each fact's agreement is worth: for `yilian link` from one file or
    two, or, without files, for the online decision from the records of the index. The index's model is kept
    in the database and decides nothing before it is activated."""
    from mpi.linkage.model import json_from_model

    if not files:
        if columns or out:
            raise Refused("--columns and --out are for files")
        return train_on_index(population)
    if columns is None or out is None:
        raise Refused("files need --columns and --out")
    _writable(out)
    console = Console(stderr=True, quiet=quiet)
    found, table, _ = _read(files, columns, encoding, console)
    out.write_bytes(json_from_model(_model(found, table, None, console)))
    return None


mpi_app = typer.Typer(help="The patient index's models.", no_args_is_help=True)
for command in (train, models, report, activate, refresh, relink):
    mpi_app.command()(command)


@contextmanager
def _told(console: Console, what: str) -> Iterator[None]:
    start = time.monotonic()
    with console.status(f"{what} …"):
        yield
    console.print(f"{what}: {time.monotonic() - start:.1f} s")


def _read(
    files: Sequence[Path], columns: Path, encoding: str, console: Console
) -> tuple["Map", "Table", Ids]:
    try:
        from mpi.linkage.columns import map_from_toml
        from mpi.linkage.model import ModelError
        from mpi.linkage.table import table
    except ImportError as error:
        raise Refused(f"{error.name} is missing: pip install 'yilian[linking]'") from None
    try:
        found = map_from_toml(columns.read_text("utf-8"))
    except (ModelError, UnicodeDecodeError) as error:
        raise Refused(f"{columns}: {error}") from None
    wanted = [*found.sources.values(), *filter(None, [found.options.id])]
    with _told(console, "reading"):
        parts = [read_columns(path, wanted, known_encoding(encoding)) for path in files]
        raw = {
            name: [value for part in parts for value in part[told]] for name, told in found.sources.items()
        }
        sizes = [len(part[wanted[0]]) for part in parts]
        source = [number for number, size in enumerate(sizes) for _ in range(size)]
        made = table(raw, found.kinds, source)
    ids = [
        (name, record)
        for name, part, size in zip(_names(files), parts, sizes, strict=True)
        for record in (part[found.options.id] if found.options.id else map(str, range(1, size + 1)))
    ]
    _told_apart(ids)
    return found, made, ids


def _names(files: Sequence[Path]) -> list[str]:
    """What the files are called: by their paths where two folders have one of that name."""
    names = [path.name for path in files]
    return names if len(set(names)) == len(names) else list(map(str, files))


def _told_apart(ids: Ids) -> None:
    """Raises Refused: a person is named by a record, which may be no other."""
    (twice, count), *_ = Counter(ids).most_common(1)
    if count > 1:
        raise Refused(
            f"{twice[0]} has {count} records {twice[1]!r}: without options.id in the map rows are numbered"
        )


def _writable(*files: Path | None) -> None:
    """Raises Refused before the work is done, not after."""
    for file in files:
        if file and (file.is_dir() or not file.parent.is_dir()):
            raise Refused(
                f"{file} cannot be written: {'it is a folder' if file.is_dir() else 'no such folder'}"
            )


def _model(found: "Map", table: "Table", path: Path | None, console: Console) -> "Model":
    from mpi.linkage.model import ModelError, model_from_json
    from mpi.linkage.training import trained

    if path is None:
        with _told(console, "training"):
            try:
                return trained(table, found)
            except ModelError as error:
                raise Refused(str(error)) from None
    try:
        model = model_from_json(path.read_bytes())
    except ModelError as error:
        raise Refused(f"{path}: {error}") from None
    unknown = [each.column for each in model.comparisons if each.column not in table.columns]
    if unknown:
        raise Refused(f"{path} compares {', '.join(unknown)}, which the map of columns does not have")
    return model


def _decide(found: "Map", table: "Table", model: "Model", console: Console) -> list["Decided"]:
    from mpi.linkage.decisions import decided
    from mpi.linkage.groups import link as linked

    with _told(console, "comparing"):
        return list(
            decided(table, model, linked(table, model, table.source if found.options.unique else None))
        )


def _row(decision: "Decided", ids: Ids) -> tuple[str | float, ...]:
    file, record = ids[decision.record]
    person = f"{ids[decision.person][0]}:{ids[decision.person][1]}"
    if decision.other is None or decision.weight is None:
        return file, record, person, decision.kind, "", "", "", "", ""
    bits = round(decision.weight, 2)
    sure = round(1 / (1 + 2.0 ** -min(max(bits, -100.0), 100.0)), 6)
    return file, record, person, decision.kind, bits, sure, *ids[decision.other], decision.explanation
