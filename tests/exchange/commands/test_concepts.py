"""`yilian concepts`: what it says of its files, and how it ends."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from exchange.cli import app
from exchange.commands.terminology_files import definitions

CSV = "code,name\nA,ALIMENTARY\nA10,DIABETES\n"
XML = (
    '<CodeSystem xmlns="http://hl7.org/fhir"><id value="x"/><url value="urn:x"/><status value="active"/>'
    '<content value="complete"/><concept><code value="a"/></concept></CodeSystem>'
)
JSON = '{"resourceType": "ValueSet", "id": "y", "url": "urn:y", "status": "active"}'


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["loinc", "nowhere"], "nowhere does not exist"),
        (["loinc", "{}"], "no file Loinc.csv"),
        (["rf2", "{}"], "no file sct2_Concept_"),
        (["table", "{}/atc.csv"], "a table needs --map"),
        (["table", "{}/atc.csv", "--map", "{}/none.toml"], "cannot be read"),
        (["atc", "{}/atc.csv"], "give --version"),
        (["icd-cn", "{}/atc.csv"], "no sheet with a column of codes"),
        (["claml", "{}"], "several files"),
        (["icd-10-cm", "{}/atc.csv"], "has no file"),
        (["icd-9-cm-3", "{}/atc.csv"], "has no file"),
        (["fhir", "{}/atc.csv"], "is no folder, archive"),
        (["fhir", "{}/empty"], "has no CodeSystem"),
    ],
)
def test_what_cannot_be_loaded_is_told_in_a_line(tmp_path: Path, arguments: list[str], said: str) -> None:
    (tmp_path / "atc.csv").write_text(CSV)
    (tmp_path / "a.xml").write_text("<a/>")
    (tmp_path / "b.xml").write_text("<b/>")
    (tmp_path / "empty").mkdir()
    result = CliRunner().invoke(app, ["concepts", *(each.format(tmp_path) for each in arguments)])
    assert result.exit_code != 0
    assert said in f"{result.output}{result.exception}"


def test_definitions_are_found_in_folders_and_archives(tmp_path: Path) -> None:
    import tarfile
    import zipfile

    folder = tmp_path / "source" / "v3"
    folder.mkdir(parents=True)
    (folder / "x.xml").write_text(XML)
    (folder / "y.json").write_text(JSON)
    (folder / "package.json").write_text("{}")
    (folder / "broken.xml").write_text("<CodeSystem")
    with tarfile.open(tmp_path / "s.tar.xz", "w:xz") as archive:
        archive.add(folder, "sourceOfTruth/v3")
    with zipfile.ZipFile(tmp_path / "s.zip", "w") as zipped:
        for each in folder.iterdir():
            zipped.write(each, each.name)
    for path in (tmp_path / "source", tmp_path / "s.tar.xz", tmp_path / "s.zip"):
        found = {each["resourceType"]: each for each in definitions(path)}
        assert found["CodeSystem"]["concept"] == [{"code": "a"}]
        assert found["ValueSet"]["url"] == "urn:y"
    assert [each["id"] for each in definitions(folder / "x.xml")] == ["x"]


def test_what_is_of_r5_is_left_out(tmp_path: Path) -> None:
    (tmp_path / "x.xml").write_text(XML.replace("<status", '<versionAlgorithmString value="semver"/><status'))
    (found,) = definitions(tmp_path)
    assert "versionAlgorithmString" not in found


def test_value_sets_are_surveyed() -> None:
    result = CliRunner().invoke(app, ["value-sets", "--members", "1"])
    assert result.exit_code == 0
    assert "of which 0 do not validate" in result.output
