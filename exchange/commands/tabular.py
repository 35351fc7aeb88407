"""Tables in files: CSV, also gzipped or with tabs or semicolons, and Parquet; every value as text, the empty
text for none."""

import codecs
import csv
import gzip
import zlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import chain
from pathlib import Path
from typing import IO, Any, Final

import typer

from exchange.commands.refused import Refused

Columns = dict[str, list[str]]

UTF_8: Final = "UTF-8"
_PARQUET: Final = (".parquet", ".pq")
_DELIMITERS: Final = ",\t;|"


def read_columns(path: Path, wanted: Sequence[str], encoding: str = UTF_8) -> Columns:
    """The wanted columns of a file. Raises Refused, which names the file and the line."""
    found = _parquet(path, wanted) if path.suffix in _PARQUET else _csv(path, wanted, encoding)
    if not len(next(iter(found.values()), [])):
        raise Refused(f"{path} has no records")
    return found


def known_encoding(name: str) -> str:
    """Raises Refused."""
    try:
        "".encode(name)
    except LookupError:
        raise Refused(f"--encoding {name}: there is no such encoding") from None
    return UTF_8 if codecs.lookup(name).name == "utf-8" else name


def write_rows(path: Path, names: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    if path.suffix in _PARQUET:
        pyarrow, parquet = _libraries()
        columns = {name: [_cell(row[at]) for row in rows] for at, name in enumerate(names)}
        parquet.write_table(pyarrow.table(columns), path)
        return
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(names)
        writer.writerows(rows)


def _csv(path: Path, wanted: Sequence[str], encoding: str) -> Columns:
    """Quotes are taken strictly: one that is left open would swallow the records after it."""
    with _text(path, encoding) as file:
        lines = _decoded(path, file, encoding)
        first = next(lines, "")
        delimiter = max(_DELIMITERS, key=lambda sign: _names_in(first, sign, wanted))
        reader = csv.reader(chain([first], lines), delimiter=delimiter, skipinitialspace=True, strict=True)
        line, long = 1, []
        try:
            header = [name.strip() for name in next(reader, [])]
            at = _places(path, header, wanted)
            found: Columns = {name: [] for name in wanted}
            line = reader.line_num + 1
            for row in reader:
                if row:
                    for name, place in at.items():
                        found[name].append(row[place].strip() if place < len(row) else "")
                if any(row[len(header) :]):
                    long.append(line)
                line = reader.line_num + 1
        except csv.Error as error:
            raise Refused(f"{path}, line {line}: {error}") from None
    if long:
        typer.echo(
            f"{path}: {len(long)} rows have more cells than names, the first in line {long[0]}", err=True
        )
    return found


def _names_in(line: str, delimiter: str, wanted: Sequence[str]) -> int:
    """How many of the wanted names stand in the first line, if this parts them."""
    names = {name.strip().strip('"') for name in line.split(delimiter)}
    return len(names & set(wanted))


@contextmanager
def _text(path: Path, encoding: str) -> Iterator[IO[str]]:
    opened = gzip.open if path.suffix == ".gz" else open
    with opened(path, "rt", encoding="utf-8-sig" if encoding == UTF_8 else encoding, newline="") as file:
        yield file


def _decoded(path: Path, file: IO[str], encoding: str) -> Iterator[str]:
    try:
        yield from file
    except UnicodeDecodeError:
        raise Refused(f"{path} is not text in {encoding}; --encoding says which it is") from None
    except gzip.BadGzipFile:
        raise Refused(f"{path} is not gzipped, though its name says so") from None
    except (EOFError, zlib.error):
        raise Refused(f"{path} is gzipped, but damaged or cut off") from None


def _places(path: Path, header: Sequence[str], wanted: Sequence[str]) -> Mapping[str, int]:
    missing = [name for name in wanted if name not in header]
    if missing:
        raise Refused(f"{path} has no column {', '.join(missing)}; it has {', '.join(header) or 'none'}")
    twice = [name for name in wanted if header.count(name) > 1]
    if twice:
        raise Refused(f"{path} has two columns {twice[0]}")
    return {name: header.index(name) for name in wanted}


def _parquet(path: Path, wanted: Sequence[str]) -> Columns:
    pyarrow, parquet = _libraries()
    try:
        _places(path, parquet.read_schema(path).names, wanted)
        read = parquet.read_table(path, columns=list(dict.fromkeys(wanted)))
    except pyarrow.ArrowInvalid as error:
        raise Refused(f"{path} is not a Parquet file: {str(error).splitlines()[0]}") from None
    return {name: [_shown(value) for value in read[name].to_pylist()] for name in wanted}


def _cell(value: Any) -> Any:
    """No text is no value, so that a column of numbers stays one."""
    return None if value == "" else value


def _shown(value: Any) -> str:
    """A number that was kept as a fraction for want of a value elsewhere in its column is whole again."""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return "" if value is None or value != value else str(value).strip()


def _libraries() -> tuple[Any, Any]:
    try:
        import pyarrow
        import pyarrow.parquet
    except ImportError:
        raise Refused("Parquet needs the extra `linking`: pip install 'yilian[linking]'") from None
    return pyarrow, pyarrow.parquet
