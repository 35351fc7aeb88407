"""What a deployment says about validation, and what it makes of resources that break a rule."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from exchange.app import build_app
from exchange.hub import open_hub
from exchange.settings import Settings
from exchange.validation.keeper import INVALID, marked
from exchange.validation.policy import Rule, UnknownPolicy, policy
from tests.exchange.conftest import FHIR, token
from tests.stock import EMPTY

BAD = {
    "resourceType": "Observation",
    "status": "final",
    "code": {"text": "x"},
    "valueQuantity": {"code": "g"},
}
GOOD = {**BAD, "valueQuantity": {"value": 1}}


def test_a_policy_is_of_a_type_or_of_all_others() -> None:
    told = policy("*=warn Patient=reject,urn:a,urn:b Basic=structure")
    assert told.of("Patient") == Rule("reject", ("urn:a", "urn:b"))
    assert told.of("Basic") == Rule("structure")
    assert told.of("Observation") == Rule("warn")
    assert told.profiles == {"Patient": ("urn:a", "urn:b")}
    assert told.is_active
    assert not policy("").is_active


@pytest.mark.parametrize("text", ["Patient", "Patient=refuse", "*=warn *=reject", "*=warn,urn:a"])
def test_what_is_no_policy_is_refused(text: str) -> None:
    with pytest.raises(UnknownPolicy):
        policy(text)


@pytest.mark.parametrize(
    ("meta", "is_invalid", "expected"),
    [
        (None, False, None),
        (None, True, {"tag": [INVALID]}),
        ({"tag": [INVALID]}, False, None),
        ({"tag": [INVALID, {"code": "x"}]}, False, {"tag": [{"code": "x"}]}),
        ({"profile": ["a"]}, True, {"profile": ["a"], "tag": [INVALID]}),
        ({"tag": [INVALID]}, True, {"tag": [INVALID]}),
    ],
)
def test_the_tag(meta: Any, is_invalid: bool, expected: Any) -> None:
    resource = {"resourceType": "Basic"} | ({"meta": meta} if meta else {})
    assert marked(resource, is_invalid=is_invalid).get("meta") == expected


@pytest.fixture
async def client(lasting_database: str, tmp_path: Path) -> AsyncIterator[httpx.AsyncClient]:
    """Of a hub that warns about all, and rejects Encounters."""
    settings = Settings(data_dir=tmp_path, pool_size=4, validation="*=warn Procedure=reject Basic=structure")
    async with open_hub(settings, lasting_database) as hub:
        await hub.pool.execute(EMPTY)
        await hub.parameters.refresh()
        headers = {"Authorization": f"Bearer {await token(hub, 'system/*.cruds')}"}
        transport = httpx.ASGITransport(build_app(hub))
        async with httpx.AsyncClient(transport=transport, base_url=FHIR + "/", headers=headers) as opened:
            yield opened


async def test_what_breaks_a_rule_is_stored_with_a_tag(client: httpx.AsyncClient) -> None:
    written = await client.put("Observation/o", json={**BAD, "id": "o"})
    assert written.status_code == 201
    assert written.json()["meta"]["tag"] == [INVALID]
    found = (await client.get(f"Observation?_tag={INVALID['system']}|invalid")).json()
    assert [entry["resource"]["id"] for entry in found["entry"]] == ["o"]
    mended = await client.put("Observation/o", json={**GOOD, "id": "o", "meta": written.json()["meta"]})
    assert "tag" not in mended.json()["meta"]


async def test_who_asks_for_an_outcome_is_told_why(client: httpx.AsyncClient) -> None:
    told = await client.post("Observation", json=BAD, headers={"Prefer": "return=OperationOutcome"})
    assert told.status_code == 201
    issues = [(issue["severity"], issue["code"]) for issue in told.json()["issue"]]
    assert ("warning", "invariant") in issues


async def test_what_breaks_a_rule_may_be_rejected(client: httpx.AsyncClient) -> None:
    subject = {"reference": "Patient/p"}
    procedure = {"resourceType": "Procedure", "status": "completed", "subject": subject}
    answer = await client.post(
        "Procedure", json={**procedure, "code": {"coding": [{"extension": [{"url": "urn:a"}]}]}}
    )
    assert answer.status_code == 422
    assert (await client.post("Procedure", json={**procedure, "code": {"text": "x"}})).status_code == 201
