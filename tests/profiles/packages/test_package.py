"""Packages load the same from every form they come in, and what is none is refused."""

import gzip
import io
import tarfile
from collections.abc import Mapping
from pathlib import Path

import msgspec
import pytest

import profiles.packages.package
from profiles.generate import archive
from profiles.packages.package import Package, PackageError, load_package

FILES = {
    "package.json": b'{"name":"example","version":"1.0.0"}',
    "Patient-a.json": b'{"resourceType":"Patient","id":"a"}',
    "ValueSet-b.json": b'{"resourceType":"ValueSet","id":"b","url":"http://example.org/b","version":"1"}',
    "NamingSystem-c.json": b'{"resourceType":"NamingSystem","id":"c","type":{"text":"d"}}',
}


def packed(files: Mapping[str, bytes], tar_format: int) -> bytes:
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w:gz", format=tar_format) as tar:
        for name, content in files.items():
            member = tarfile.TarInfo(f"package/{name}")
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
    return file.getvalue()


def loaded(path: Path, raw: bytes) -> Package:
    path.write_bytes(raw)
    return load_package(path)


def assert_holds_files(package: Package) -> None:
    assert package.manifest["name"] == "example"
    assert [(entry.filename, entry.resource_type, entry.url) for entry in package.index] == [
        ("NamingSystem-c.json", "NamingSystem", ""),
        ("Patient-a.json", "Patient", ""),
        ("ValueSet-b.json", "ValueSet", "http://example.org/b"),
    ]
    assert package.json("Patient-a.json") == {"resourceType": "Patient", "id": "a"}


@pytest.mark.parametrize("tar_format", [tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])
def test_every_kind_of_tar_loads(tmp_path: Path, tar_format: int) -> None:
    assert_holds_files(loaded(tmp_path / "a.tgz", packed(FILES, tar_format)))


def test_a_long_name_loads(tmp_path: Path) -> None:
    name = "ValueSet-" + "b" * 150 + ".json"
    package = loaded(
        tmp_path / "a.tgz", packed({**FILES, name: FILES["ValueSet-b.json"]}, tarfile.PAX_FORMAT)
    )
    assert name in package.files


def test_our_own_archive_loads_and_is_the_same_each_time(tmp_path: Path) -> None:
    assert archive(FILES) == archive(FILES)
    assert_holds_files(loaded(tmp_path / "a.tgz", archive(FILES)))


@pytest.mark.parametrize("below", ["package", "."])
def test_a_folder_loads(tmp_path: Path, below: str) -> None:
    folder = tmp_path / below
    folder.mkdir(exist_ok=True)
    for name, content in FILES.items():
        (folder / name).write_bytes(content)
    assert_holds_files(load_package(tmp_path))


def test_an_index_that_is_there_is_used(tmp_path: Path) -> None:
    index = {"index-version": 1, "files": [{"filename": "ValueSet-b.json", "resourceType": "ValueSet"}]}
    package = loaded(tmp_path / "a.tgz", archive({**FILES, ".index.json": msgspec.json.encode(index)}))
    assert [entry.filename for entry in package.index] == ["ValueSet-b.json"]


@pytest.mark.parametrize(
    "raw",
    [b"", b"no gzip", gzip.compress(b"no tar" * 200), archive(FILES)[:-200], archive({"a.json": b"{}"})],
)
def test_what_is_no_package_is_refused(tmp_path: Path, raw: bytes) -> None:
    with pytest.raises(PackageError):
        loaded(tmp_path / "a.tgz", raw)


def test_a_file_that_is_no_json_is_refused(tmp_path: Path) -> None:
    package = loaded(tmp_path / "a.tgz", archive({**FILES, "x.json": b"{"}))
    with pytest.raises(PackageError):
        _ = package.index


def hostile(**members: str) -> bytes:
    """A package with one more member: a file of this name, or a link to it."""
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w:gz", format=tarfile.PAX_FORMAT) as tar:
        for kind, name in {"file": "package/package.json", **members}.items():
            member = tarfile.TarInfo(name if kind != "link" else "package/link.json")
            if kind == "link":
                member.type, member.linkname = tarfile.SYMTYPE, name
            tar.addfile(member)
    return file.getvalue()


@pytest.mark.parametrize(
    "raw",
    [
        hostile(other="package/../../evil.json"),
        hostile(other="/package/evil.json"),
        hostile(other="package/a\\..\\evil.json"),
        hostile(link="/etc/passwd"),
        archive({**FILES, "../evil.json": b"{}"}),
        gzip.compress(b"\xff" * 1024),
        gzip.compress(bytes([1] + [0x39] * 511)),
        archive(FILES)[:60] + b"0000" + archive(FILES)[64:],
    ],
)
def test_what_would_do_harm_is_refused(tmp_path: Path, raw: bytes) -> None:
    with pytest.raises(PackageError):
        loaded(tmp_path / "a.tgz", raw)


def test_a_bomb_is_not_unpacked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(profiles.packages.package, "MAX_BYTES", 1 << 20)
    with pytest.raises(PackageError, match="unpacks to more than"):
        loaded(tmp_path / "a.tgz", gzip.compress(bytes(2 << 20)))


def test_a_link_in_a_folder_leads_nowhere_else(tmp_path: Path) -> None:
    (tmp_path / "secret.json").write_bytes(b"{}")
    folder = tmp_path / "package"
    folder.mkdir()
    (folder / "package.json").write_bytes(b"{}")
    (folder / "link.json").symlink_to(tmp_path / "secret.json")
    assert load_package(folder).files.keys() == {"package.json"}


def test_a_file_nested_without_end_is_refused(tmp_path: Path) -> None:
    deep = b'{"resourceType":"Patient","a":' + b"[" * 100_000 + b"]" * 100_000 + b"}"
    package = loaded(tmp_path / "a.tgz", archive({**FILES, "x.json": deep}))
    with pytest.raises(PackageError):
        _ = package.index
