"""What a deployment declares is read as it stands, or refused with file and line."""

from pathlib import Path

import pytest

from adapters.mapping.fault import MapError
from exchange.channels.declared import Channels, load_channels

SAID = """
folders:
  - {name: lis, path: drop/lis, hospital: h1, order: modified, marker: .done, charset: GB18030, map: t.yaml}
pulls:
  - name: his
    url: env:FRONT_END
    table: hzxx
    key: [yljgdm, yjlxh]
    modified: changed
    flag: state=1
    every: 5
"""


def test_what_is_declared(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FRONT_END", "sqlite:///front.db")
    (tmp_path / "channels.yaml").write_text(SAID, "utf-8")
    found = load_channels(tmp_path / "channels.yaml")
    [folder], [pull] = found.folders, found.pulls
    assert (folder.path, folder.order, folder.channel) == (tmp_path / "drop/lis", "modified", "lis@h1")
    assert (pull.url, pull.source.key, pull.source.flag) == (
        "sqlite:///front.db",
        ("yljgdm", "yjlxh"),
        ("state", "1"),
    )
    assert (pull.every, pull.batch, pull.channel) == (5.0, 1000, "his@")
    assert found.maps == {"lis@h1": tmp_path / "t.yaml"}
    assert load_channels(None) == Channels()


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("folders: [{name: a}]", "path is required"),
        ("folders: [{name: A, path: x}]", "name is 1 to 40"),
        ("folders: [{name: a, path: x, colour: red}]", "no such key: colour"),
        ("folders: [{name: a, path: x, order: size}]", "order is name or modified"),
        ("folders: [{name: a, path: x, quiet: soon}]", "quiet is a number"),
        ("folders: [{name: a, path: x, every: 0}]", "every is at least"),
        ("folders: [{name: a, path: x, marker: a/b}]", "marker is an ending"),
        ("folders: [{name: a, path: x}, {name: a, path: y}]", "unique"),
        ("folders: {name: a}", "list of mappings"),
        ("pulls: [{name: a, url: x, table: t}]", "key is required"),
        ("pulls: [{name: a, url: 'env:NOT_SET_AT_ALL', table: t, key: id}]", "NOT_SET_AT_ALL is not set"),
        ("files: []", "no such key: files"),
    ],
)
def test_what_cannot_be_is_refused(tmp_path: Path, said: str, told: str) -> None:
    (tmp_path / "channels.yaml").write_text(said, "utf-8")
    with pytest.raises(MapError, match=f"channels.yaml:1.*{told}"):
        load_channels(tmp_path / "channels.yaml")
