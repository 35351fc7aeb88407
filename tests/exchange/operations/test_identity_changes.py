"""Decisions about identities over HTTP: who may make them, what follows at once, and taking them back."""

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from exchange.hub import Hub
from tests.exchange.operations.identities import (
    Hospitals,
    client_of,
    identity_of,
    listed,
    parameters,
    patient,
    reference,
)
from tests.mpi.people import valid_id

NUMBER = valid_id("1949-12-31")
NOBODY = reference("nobody")
ELSEWHERE = {"reference": "http://x.example/fhir/Patient/h1-1"}
PLACE = "Parameters.parameter[1]"
WHY = "the family book was seen"


@pytest.fixture
async def registrar(hub: Hub) -> AsyncIterator[httpx.AsyncClient]:
    hospitals = Hospitals(hub)
    await hospitals.put(patient("h1", "1", NUMBER))
    await hospitals.put(patient("h2", "7", NUMBER))
    await hospitals.put(patient("h3", "9", gender="female"))
    async with client_of(hub, "system/*.cruds system/identity.ru") as client:
        yield client


async def act(client: httpx.AsyncClient, name: str, **given: Any) -> httpx.Response:
    return await client.post(f"Patient/${name}", json=parameters(reason=WHY, **given))


async def members(client: httpx.AsyncClient, identity: str) -> set[str]:
    """Whom `$everything` of the identity tells of."""
    found = (await client.get(f"Patient/{identity}/$everything")).json()
    return {entry["resource"]["id"] for entry in found["entry"]} - {identity}


async def test_everything_follows_a_split_and_its_undoing_at_once(registrar: httpx.AsyncClient) -> None:
    before = await identity_of(registrar, "h1-1")
    assert await members(registrar, before) == {"h1-1", "h2-7"}
    done = await act(registrar, "split", patient=reference("h2-7"))
    assert done.status_code == 200, done.text
    (apart,) = listed(done, "person")
    assert await members(registrar, apart) == {"h2-7"}
    assert await members(registrar, before) == {"h1-1"}
    (number,) = listed(done, "decision")
    assert (await act(registrar, "undo", decision=number)).status_code == 200
    assert {"h1-1", "h2-7"} <= await members(registrar, before)
    given_up = (await registrar.get(f"Patient/{apart}")).json()
    assert given_up["link"] == [{"other": reference(before), "type": "replaced-by"}]
    assert {"h1-1", "h2-7"} <= await members(registrar, apart)


async def test_linking_by_hand(registrar: httpx.AsyncClient) -> None:
    kept = await identity_of(registrar, "h1-1")
    lost = await identity_of(registrar, "h3-9")
    done = await act(registrar, "link", patient=reference("h3-9"), person=kept)
    assert done.status_code == 200, done.text
    assert {"h1-1", "h2-7", "h3-9"} <= await members(registrar, kept)
    back = await registrar.post(f"Patient/{lost}/$unmerge", json=parameters(reason=WHY))
    assert back.status_code == 200, back.text
    assert await members(registrar, lost) == {"h3-9"}


async def test_two_that_are_kept_apart_stay_apart(hub: Hub, registrar: httpx.AsyncClient) -> None:
    assert (await act(registrar, "unlink", patient="h2-7", other="h1-1")).status_code == 200
    await Hospitals(hub).put(
        patient("h2", "7", NUMBER, telecom=[{"system": "phone", "value": "13912345678"}])
    )
    assert await identity_of(registrar, "h2-7") != await identity_of(registrar, "h1-1")
    assert (await act(registrar, "do-not-link", patient="h3-9", other="h1-1")).status_code == 200
    assert (await act(registrar, "allow-link", patient="h3-9", other="h1-1")).status_code == 200


async def test_history_tells_who_decided_what_and_any_past_state(registrar: httpx.AsyncClient) -> None:
    before = await identity_of(registrar, "h2-7")
    first = listed(await registrar.get("Patient/h2-7/$identity-history"), "link")[0]
    done = await act(registrar, "split", patient="h2-7")
    history = await registrar.get("Patient/h2-7/$identity-history")
    latest = listed(history, "link")[0]
    assert latest["person"] == listed(done, "person")
    assert latest["rule"] == ["manual"]
    assert latest["reason"] == [WHY]
    (decision,) = listed(history, "decision")
    assert decision["kind"] == ["split"]
    assert decision["patient"] == ["h2-7"]
    then = {"at": first["validFrom"][0], "believed": first["recordedFrom"][0]}
    # Instants are told to the millisecond, so what was recorded within it may not be believed yet.
    told = await registrar.get("Patient/h2-7/$identity-history", params=then)
    (state,) = listed(told, "state")
    assert state["person"][0] in (before, "h2-7")
    assert (await registrar.get("Patient/nobody/$identity-history")).status_code == 404
    assert (await registrar.get("Patient/h2-7/$identity-history?at=yesterday")).status_code == 400


@pytest.mark.parametrize(
    ("name", "given", "status"),
    [
        ("link", {"patient": "h1-1", "person": "nobody"}, 404),
        ("link", {"patient": "h1-1"}, 400),
        ("split", {"patient": ["h1-1", "h3-9"]}, 422),
        ("split", {"patient": "h3-9"}, 422),
        ("do-not-link", {"patient": "h1-1", "other": "h2-7"}, 422),
        ("undo", {"decision": 999}, 404),
        ("undo", {"decision": "x"}, 400),
        ("unlink", {"patient": "h1-1", "other": "Observation/1"}, 400),
    ],
)
async def test_what_cannot_be_done(
    registrar: httpx.AsyncClient, name: str, given: dict[str, Any], status: int
) -> None:
    answer = await act(registrar, name, **given)
    assert answer.status_code == status, answer.text
    assert answer.json()["resourceType"] == "OperationOutcome"


async def test_a_reason_is_required(registrar: httpx.AsyncClient) -> None:
    answer = await registrar.post("Patient/$split", json=parameters(patient="h2-7"))
    assert answer.status_code == 400
    assert answer.json()["issue"][0]["expression"] == ["reason"]


async def test_no_wildcard_permits_it(hub: Hub, registrar: httpx.AsyncClient) -> None:
    async with client_of(hub, "system/*.cruds") as everything:
        assert (await act(everything, "split", patient="h2-7")).status_code == 403
        assert (await everything.get("Patient/h2-7/$identity-history")).status_code == 403
        assert (await everything.get("Patient/$identity-review")).status_code == 403
    async with client_of(hub, "system/identity.r") as looking:
        assert (await looking.get("Patient/h2-7/$identity-history")).status_code == 200
        assert (await act(looking, "split", patient="h2-7")).status_code == 403


async def test_nobody_is_parted_from_himself(registrar: httpx.AsyncClient) -> None:
    before = await identity_of(registrar, "h1-1")
    for name in ("unlink", "do-not-link"):
        answer = await act(registrar, name, patient=reference("h1-1"), other=reference("h1-1"))
        assert answer.status_code == 422, answer.text
    assert await identity_of(registrar, "h1-1") == before


@pytest.mark.parametrize(
    ("name", "given", "status", "place"),
    [
        ("link", {"patient": reference("h1-1"), "person": NOBODY}, 404, "Parameters.parameter[2]"),
        ("unlink", {"patient": reference("h1-1"), "other": NOBODY}, 404, "Parameters.parameter[2]"),
        ("unlink", {"patient": ELSEWHERE, "other": reference("h2-7")}, 422, PLACE),
        ("do-not-link", {"patient": reference("h1-1"), "other": reference("h2-7")}, 422, PLACE),
        ("undo", {"decision": 99999}, 404, "decision"),
        ("identity-skip", {"review": 99999}, 404, "review"),
    ],
)  # fmt: skip
async def test_the_parameter_at_fault_is_named(
    registrar: httpx.AsyncClient, name: str, given: dict[str, Any], status: int, place: str
) -> None:
    answer = await act(registrar, name, **given)
    assert answer.status_code == status, answer.text
    assert answer.json()["issue"][0]["expression"] == [place]


async def test_a_hospitals_patient_is_no_identity_and_an_identity_no_patient(
    registrar: httpx.AsyncClient,
) -> None:
    name = await identity_of(registrar, "h1-1")
    for given, said in (
        ({"patient": reference("h1-1"), "person": reference("h1-1")}, "h1-1 is not an enterprise identity"),
        ({"patient": reference(name), "person": reference(name)}, f"{name} is not the patient of a hospital"),
    ):
        answer = await registrar.post("Patient/$link", json=parameters(**given, reason="x"))
        assert answer.status_code == 404
        assert said in answer.json()["issue"][0]["diagnostics"]
