"""Every setting is documented, and every documented setting exists."""

import re
from pathlib import Path

import pytest
from pydantic import ValidationError

from exchange.settings import Settings

README = Path(__file__).parents[2] / "README.md"
_ROW = re.compile(
    r"^\|(?P<names>(?:[^|]*`YILIAN_[A-Z_]+`[^|]*)+)\|(?P<default>[^|]*)\|(?P<meaning>[^|]*)\|$", re.M
)


@pytest.fixture(autouse=True)
def _bare_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in Settings.model_fields:
        monkeypatch.delenv(f"YILIAN_{name.upper()}", raising=False)


def documented() -> dict[str, tuple[str, str]]:
    """Variable → (default, meaning), of the README's table."""
    rows: dict[str, tuple[str, str]] = {}
    for row in _ROW.finditer(README.read_text("utf-8")):
        names = re.findall(r"`(YILIAN_[A-Z_]+)`", row["names"])
        defaults = re.findall(r"`([^`]*)`", row["default"]) or [""] * len(names)
        assert len(defaults) == len(names), row[0]
        for name, default in zip(names, defaults, strict=True):
            assert name not in rows, f"{name} stands twice"
            rows[name] = default, row["meaning"].strip()
    return rows


def test_every_setting_is_in_the_readme() -> None:
    assert documented().keys() == {f"YILIAN_{name.upper()}" for name in Settings.model_fields}


@pytest.mark.parametrize("name", Settings.model_fields)
def test_its_default_and_meaning_are_told(name: str) -> None:
    default, meaning = documented()[f"YILIAN_{name.upper()}"]
    held = Settings.model_fields[name].default
    told = "" if held is None else f"{held:g}" if isinstance(held, float) else str(held)
    assert default == told
    assert meaning
    assert Settings.model_fields[name].description


def test_defaults_are_safe() -> None:
    held = Settings()
    assert held.http_host == held.mllp_host == "127.0.0.1"
    assert held.fhir_url == "http://127.0.0.1:8080/fhir"


def test_the_environment_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("YILIAN_HTTP_PORT", "9090")
    monkeypatch.setenv("YILIAN_PUBLIC_URL", "https://hub.example/fhir/")
    assert Settings().http_port == 9090
    assert Settings().fhir_url == "https://hub.example/fhir"
    monkeypatch.setenv("YILIAN_HTTP_PORT", "many")
    with pytest.raises(ValidationError):
        Settings()
