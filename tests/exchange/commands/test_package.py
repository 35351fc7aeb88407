"""`yilian package`: from files, folders and a registry into one folder."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from exchange.cli import app
from exchange.commands.packages_at_hand import packages_at_hand
from exchange.commands.refused import Refused
from profiles.generate import archive
from tests.profiles.packages.registries import Shop, registry

RUNNER = CliRunner()


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Shop]:
    with registry() as opened:
        monkeypatch.setenv("YILIAN_PACKAGE_FOLDER", str(tmp_path / "packages"))
        monkeypatch.setenv("YILIAN_PACKAGE_REGISTRY", opened.url)
        monkeypatch.setenv("NO_PROXY", "*")
        yield opened


def held() -> list[str]:
    answer = RUNNER.invoke(app, ["package", "list", "--json"])
    assert answer.exit_code == 0
    told = [json.loads(line) for line in answer.stdout.splitlines()]
    return [f"{one['name']}#{one['version']}" for one in told if not one["built_in"]]


def test_a_package_comes_with_what_it_needs(shop: Shop) -> None:
    shop.sell("a", "1.0.0", {"b": "^1.0.0", "hl7.fhir.r4.core": "4.0.1"})
    for version in ("1.0.0", "1.5.0", "2.0.0"):
        shop.sell("b", version, {"gone": "1.0.0"})
    answer = RUNNER.invoke(app, ["package", "add", "a#1.x"])
    assert answer.exit_code == 0
    assert answer.stdout.split() == ["b#1.5.0", "a#1.0.0"]
    assert "missing: gone#1.0.0 (needed by b#1.5.0)" in answer.stderr
    assert held() == ["a#1.0.0", "b#1.5.0"]


def test_what_is_at_hand_is_not_fetched_again(shop: Shop) -> None:
    shop.sell("a", "1.0.0", {})
    for _ in range(2):
        assert RUNNER.invoke(app, ["package", "add", "a@1.0.0"]).exit_code == 0
    assert shop.asked == ["/a", "/a/-/1.0.0.tgz"]


@pytest.mark.parametrize("form", ["file", "folder"])
def test_a_file_and_a_folder_are_added_without_a_registry(shop: Shop, tmp_path: Path, form: str) -> None:
    manifest = json.dumps({"name": "a", "version": "1.0.0"}).encode()
    path = tmp_path / "a.tgz"
    if form == "file":
        path.write_bytes(archive({"package.json": manifest}))
    else:
        path.mkdir()
        (path / "package.json").write_bytes(manifest)
    answer = RUNNER.invoke(app, ["package", "add", str(path)])
    assert (answer.exit_code, answer.stdout) == (0, "a#1.0.0\n")
    assert held() == ["a#1.0.0"]
    assert shop.asked == []


def test_a_package_that_nobody_has_is_refused(shop: Shop) -> None:
    answer = RUNNER.invoke(app, ["package", "add", "nothing"])
    assert answer.exit_code == 2
    assert held() == []


def test_a_package_at_hand_comes_with_what_it_needs(shop: Shop) -> None:
    shop.sell("a", "1.0.0", {"b": "^1.0.0", "gone": "1.0.0"})
    shop.sell("b", "1.5.0", {})
    assert RUNNER.invoke(app, ["package", "add", "a"]).exit_code == 0
    named = [package.manifest["name"] for package in packages_at_hand("a#1.x")]
    assert named == ["b", "a"]
    with pytest.raises(Refused, match="there is no such package"):
        packages_at_hand("b#2.x")
