"""The map of columns, and what is said of a wrong one."""

import pytest

from mpi.linkage.columns import map_from_toml
from mpi.linkage.model import ModelError, model_from_json


def test_a_map() -> None:
    found = map_from_toml("[columns]\nname = {kind = 'name', column = 'XM'}\n[options]\nlink_at = 0.9")
    assert found.sources == {"name": "XM"}
    assert found.kinds == {"name": "name"}
    assert found.options.link_at == 0.9


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("[columns", "map of columns"),
        ("[columns]", "names no column"),
        ("[columns]\nx = {kind = 'colour'}", "no kind colour"),
        ("[columns]\nx = {kind = 'name', swapped_with = 'y'}", "no column y"),
        ("[columns]\nx = {kind = 'name'}\n[guards.g]\nx = ['same']", "no level same"),
        ("[columns]\nx = {kind = 'name'}\n[options]\nlink_at = 2", "options.link_at"),
        ("[columns]\nx = {kind = 'name', colour = 1}", "colour"),
    ],
)
def test_a_wrong_map_is_told_where(text: str, told: str) -> None:
    with pytest.raises(ModelError, match=told):
        map_from_toml(text)


@pytest.mark.parametrize(
    "text", [b"{", b"[]", b'{"comparisons": [], "blocking": [], "prior": 0.1, "version": 9}']
)
def test_what_is_no_model(text: bytes) -> None:
    with pytest.raises(ModelError):
        model_from_json(text)
