"""`yilian link` on files: CSV and Parquet, and what is said of bad ones."""

import csv
import gzip
from pathlib import Path

import pyarrow.parquet
import pytest
from typer.testing import CliRunner

from exchange.cli import app
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


def test_a_bad_map_is_told(folder: Path) -> None:
    (folder / "map.toml").write_text("[columns]\ngiven = {kind = 'colour'}\n")
    code, line = _link(folder, folder / "people.csv", "--out", folder / "out.csv")
    assert code == 2
    assert "no kind colour" in line
