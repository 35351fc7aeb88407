"""The cache has the layout that other tools read, and takes nothing that would lead out of it."""

import json
from pathlib import Path

import pytest

from profiles.packages.cache import PackageCache
from profiles.packages.package import Package, PackageError


def package(name: str = "a.b", version: str = "1.0.0", **dependencies: str) -> Package:
    manifest = {"name": name, "version": version, "dependencies": dependencies}
    return Package({"package.json": json.dumps(manifest).encode(), "example/a.json": b"{}"})


def test_a_package_is_kept_in_the_conventional_layout(tmp_path: Path) -> None:
    cache = PackageCache(tmp_path / "packages")
    cache.put("a.b", "1.0.0", package())
    assert (tmp_path / "packages" / "a.b#1.0.0" / "package" / "example" / "a.json").read_bytes() == b"{}"
    held = cache.get("a.b", "1.0.0")
    assert held is not None
    assert held.manifest["version"] == "1.0.0"
    assert list(cache.held()) == [("a.b", "1.0.0")]
    assert cache.get("a.b", "1.0.1") is None


def test_a_package_is_replaced_whole(tmp_path: Path) -> None:
    cache = PackageCache(tmp_path)
    cache.put("a.b", "1.0.0", package())
    cache.put("a.b", "1.0.0", Package({"package.json": b"{}"}))
    assert [path.name for path in (tmp_path / "a.b#1.0.0" / "package").iterdir()] == ["package.json"]
    assert [path.name for path in tmp_path.iterdir()] == ["a.b#1.0.0"]


@pytest.mark.parametrize(
    ("name", "version"),
    [("../a", "1"), ("a", "../1"), ("", "1"), ("a", ""), ("a/b", "1"), ("a", "1/2"), (".a", "1")],
)
def test_no_name_leads_out_of_the_folder(tmp_path: Path, name: str, version: str) -> None:
    with pytest.raises(PackageError):
        PackageCache(tmp_path).put(name, version, package())
