"""`yilian link` on files: CSV and Parquet, and what is said of bad ones."""

import csv
import gzip
from pathlib import Path

import pyarrow
import pyarrow.parquet
import pytest
from typer.testing import CliRunner

from exchange.cli import app
from exchange.commands.tabular import read_columns
from tests.mpi.linkage.people import people

MAP = """
[columns]
given = {kind = "name", swapped_with = "surname"}
surname = {kind = "name"}
born = {kind = "date"}
street = {kind = "address"}
number = {kind = "identifier"}
"""


def _run(*arguments: object) -> tuple[int, str]:
    result = CliRunner().invoke(app, [str(argument) for argument in arguments])
    return result.exit_code, result.stderr


@pytest.fixture(name="folder")
def _folder(tmp_path: Path) -> Path:
    raw, _ = people(120)
    with (tmp_path / "people.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(raw)
        writer.writerows(zip(*raw.values(), strict=True))
    (tmp_path / "map.toml").write_text(MAP)
    return tmp_path


def _link(folder: Path, *arguments: object) -> tuple[int, str]:
    return _run("link", *arguments, "--columns", folder / "map.toml", "--quiet")


def test_each_record_gets_a_person_and_a_reason(folder: Path) -> None:
    code, told = _link(folder, folder / "people.csv", "--out", folder / "out.csv")
    with (folder / "out.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert code == (1 if any(row["decision"] == "review" for row in rows) else 0)
    assert "180 records" in told
    assert len(rows) == 180
    assert len({row["person"] for row in rows}) == pytest.approx(120, abs=3)
    assert all("prior" in row["why"] for row in rows if row["decision"] == "link")


def test_parquet_and_a_saved_model_decide_alike(folder: Path) -> None:
    out, model = folder / "out.csv", folder / "model.json"
    _link(folder, folder / "people.csv", "--out", out, "--save-model", model)
    packed = folder / "people.csv.gz"
    packed.write_bytes(gzip.compress((folder / "people.csv").read_bytes()))
    _link(folder, packed, "--out", folder / "out.parquet", "--model", model)
    again = pyarrow.parquet.read_table(folder / "out.parquet")["decision"].to_pylist()
    with out.open() as file:
        assert [row["decision"] for row in csv.DictReader(file)] == again


def test_a_model_is_trained_alone(folder: Path) -> None:
    model = folder / "model.json"
    code, _ = _run(
        "mpi", "train", folder / "people.csv", "--columns", folder / "map.toml", "--out", model, "-q"
    )
    assert code == 0
    assert b'"comparisons"' in model.read_bytes()


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("none.csv", None, "none.csv"),
        ("empty.csv", b"given,surname,born,street,number\n", "no records"),
        ("other.csv", b"a,b\n1,2\n", "no column given"),
        ("latin.csv", b"given,surname,born,street,number\n\xff,a,b,c,d\n", "UTF-8"),
        ("no.parquet", b"PAR1", "not a Parquet file"),
        ("cut.csv.gz", gzip.compress(b"given,surname,born,street,number\na,b,c,d,e\n")[:30], "cut off"),
        ("quote.csv", b'given,surname,born,street,number\na,b,c,d,e\n"a,b,c,d,e\na,b,c,d,e\n', "line 3"),
        ("twice.csv", b"given,given,surname,born,street,number\na,b,c,d,e,f\n", "two columns given"),
    ],
)
def test_bad_files_are_told(folder: Path, name: str, content: bytes | None, told: str) -> None:
    if content is not None:
        (folder / name).write_bytes(content)
    code, line = _link(folder, folder / name, "--out", folder / "out.csv")
    assert code == 2
    assert told in line


def test_a_file_of_another_encoding_is_read_as_it_is_told(folder: Path) -> None:
    header, *rows = (folder / "people.csv").read_text("utf-8").splitlines()
    (folder / "gb.csv").write_bytes("\n".join([header, *rows[:50], "王伟,赵,1980-05-06,,"]).encode("gb18030"))
    code, _ = _link(folder, folder / "gb.csv", "--out", folder / "out.csv", "--encoding", "gb18030")
    assert code in (0, 1)
    code, line = _link(folder, folder / "gb.csv", "--out", folder / "out.csv")
    assert (code, "--encoding" in line) == (2, True)
    code, line = _link(folder, folder / "gb.csv", "--out", folder / "out.csv", "--encoding", "gb")
    assert (code, "no such encoding" in line) == (2, True)


@pytest.mark.parametrize("sign", [";", "\t", "|"])
def test_other_signs_between_cells_are_known(folder: Path, sign: str) -> None:
    rows = list(csv.reader((folder / "people.csv").read_text().splitlines()))
    (folder / "other.csv").write_text("\n".join(sign.join(row) for row in rows))
    code, told = _link(folder, folder / "other.csv", "--out", folder / "out.csv")
    assert code in (0, 1)
    assert "180 records" in told


def test_rows_with_too_many_cells_are_told(folder: Path) -> None:
    with (folder / "people.csv").open("a") as file:
        file.write(
            "anna,abel,1990-05-06,1 elm street,12345678,male,,\nanna,abel,1990-05-06,1,elm street,2,f,x\n"
        )
    _, told = _link(folder, folder / "people.csv", "--out", folder / "out.csv")
    assert "1 rows have more cells than names, the first in line 183" in told
    assert "182 records" in told


def test_persons_are_named_by_records_that_are_told_apart(folder: Path) -> None:
    (folder / "map.toml").write_text(MAP + "[options]\nid = 'sex'\n")
    code, told = _link(folder, folder / "people.csv", "--out", folder / "out.csv")
    assert (code, "without options.id" in told) == (2, True)
    (folder / "map.toml").write_text(MAP)
    other = folder / "other" / "people.csv"
    other.parent.mkdir()
    other.write_bytes((folder / "people.csv").read_bytes())
    _link(folder, folder / "people.csv", other, "--out", folder / "out.csv")
    with (folder / "out.csv").open() as file:
        assert len({row["file"] for row in csv.DictReader(file)}) == 2
    code, _ = _link(folder, other, other, "--out", folder / "out.csv")
    assert code == 2


def test_a_place_that_cannot_be_written_is_told_first(folder: Path) -> None:
    for out in (folder, folder / "none" / "out.csv"):
        code, told = _link(folder, folder / "none.csv", "--out", out)
        assert (code, "cannot be written" in told) == (2, True)


def test_a_number_that_parquet_keeps_as_a_fraction_is_whole(folder: Path) -> None:
    column = pyarrow.array([12345678.0, None])
    pyarrow.parquet.write_table(pyarrow.table({"number": column}), folder / "numbers.parquet")
    assert read_columns(folder / "numbers.parquet", ["number"]) == {"number": ["12345678", ""]}


def test_a_bad_map_is_told(folder: Path) -> None:
    (folder / "map.toml").write_text("[columns]\ngiven = {kind = 'colour'}\n")
    code, line = _link(folder, folder / "people.csv", "--out", folder / "out.csv")
    assert code == 2
    assert "no kind colour" in line
