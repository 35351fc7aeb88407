"""A hub, and messages of a laboratory that has codes of its own."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import httpx
import pytest

from adapters.hospitals.hospital import Hospitals
from exchange.hub import Hub
from exchange.inbound.reception import open_reception
from exchange.server import translating

OBX_3 = "https://yilian.example/fhir/CodeSystem/h1/OBX-3"
Send = Callable[..., Awaitable[list[bytes]]]


def result(control_id: str, *codes: str, at: str = "20240301083000", hospital: str = "H1") -> bytes:
    """ORU^R01 with an OBX for each of the codes, as CWE."""
    listed = "".join(f"OBX|{n}|NM|{code}||{n}.5|g/L|||||F|||{at}\r" for n, code in enumerate(codes, 1))
    return (
        f"MSH|^~\\&|LIS|{hospital}|HUB||{at}||ORU^R01^ORU_R01|{control_id}|P|2.5.1\r"
        f"PID|1||{control_id}^^^{hospital}^PI||张^三||19491231|F\r"
        f"OBR|1|P{control_id}|F{control_id}|CBC^血常规^L|||{at}|||||||||||||||{at}||LAB|F\r{listed}"
    ).encode()


@pytest.fixture
async def send(hub: Hub) -> AsyncIterator[Send]:
    """Hands in messages; returns when they are processed."""
    hospitals = Hospitals(hub.settings.base)
    async with open_reception(hub, hospitals, translating(hub)) as reception:

        async def sent(*raws: bytes) -> list[bytes]:
            answers = []
            for raw in raws:
                delivery = await reception.receive(reception.seal(raw, "test", None))
                assert delivery.application is not None
                answers.append(await delivery.application)
                assert b"MSA|AA" in answers[-1]
            return answers

        yield sent


async def finished(client: httpx.AsyncClient, url: str) -> dict[str, Any]:
    """The result of a job, when it has one."""
    answer = await client.get(url)
    if answer.status_code == 202:
        await asyncio.sleep(0.05)
        return await finished(client, url)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found
