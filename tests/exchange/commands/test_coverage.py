"""`yilian coverage` as a person types it, over what a hub has translated."""

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from exchange.cli import app
from exchange.coverage.metrics import CoverageMetrics
from exchange.hub import Hub, open_hub
from exchange.inbound.reception import open_reception
from exchange.server import translating
from exchange.settings import Settings
from tests.adapters.hl7v2.golden import message
from tests.exchange.inbound.conftest import HOSPITALS

SENT = message("oru-r01-laboratory").replace("|AL|NE|", "|||") + "ZZZ|1|secret\r"


@pytest.fixture
async def told(database_url: str, tmp_path: Path) -> str:
    """What the metrics say after one message."""
    settings = Settings(data_dir=tmp_path, base="https://base.example", http_port=0, mllp_port=0)
    async with open_hub(settings, database_url) as hub:
        await _send(hub)
        await hub.coverage.flush()
        families = await CoverageMetrics(hub.pool)()
    return str(families)


async def _send(hub: Hub) -> None:
    async with open_reception(hub, HOSPITALS, translating(hub)) as reception:
        delivery = await reception.receive(reception.seal(SENT.encode(), "test", None))
        assert delivery.application is not None
        assert b"MSA|AA" in await delivery.application


async def test_where_values_went(told: str, database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("YILIAN_DATABASE_URL", database_url)

    def asked(*arguments: str) -> Result:
        with ThreadPoolExecutor(1) as own_loop:
            return own_loop.submit(CliRunner().invoke, app, ["coverage", *arguments]).result()

    def counted(*arguments: str) -> list[dict[str, object]]:
        return [json.loads(line) for line in asked(*arguments, "--json").stdout.splitlines()]

    totals = {each["disposition"]: each["number"] for each in counted()}
    assert totals["message"] == 1
    assert totals["residue"] == 2
    [_, left] = counted("--field", "all", "--disposition", "residue")
    assert (left["field"], left["message_type"], left["number"]) == ("ZZZ-2", "ORU^R01", 1)
    fields = {each["field"]: each for each in counted("--field", "OBX")}
    assert fields["OBX-5"]["disposition"] == "mapped"
    assert all(name == "OBX" or str(name).startswith("OBX-") for name in fields)
    assert any(each["reason"] for each in counted("--field", "all", "--disposition", "ignored"))
    for nothing in (("--hospital", "nobody"), ("--type", "ADT^A01"), ("--since", "2999-01-01")):
        assert counted(*nothing) == []
    assert "residue" in asked().stdout
    assert asked("--disposition", "lost").exit_code == 2
    everything = asked("--field", "all", "--json").stdout + asked().stdout + told
    one = counted("--message", "1", "--disposition", "residue")
    assert [each["field"] for each in one] == ["ZZZ-1", "ZZZ-2"]
    assert asked("--message", "99").exit_code == 2
    assert "secret" not in everything
    assert "yilian_source_values_total" in told
