"""The gate: first come, first served, and nobody waits for ever."""

import asyncio

import pytest

from exchange.inbound.gate import Gate


async def test_who_comes_first_gets_in_first_and_never_more_than_there_is_room_for() -> None:
    room, inside, most = 3, 0, 0
    gate = Gate(lambda: room)
    order: list[int] = []

    async def enter(number: int) -> None:
        nonlocal inside, most
        async with gate.passing():
            order.append(number)
            inside += 1
            most = max(most, inside)
            await asyncio.sleep(0.001 * (number % 3))
            inside -= 1

    await asyncio.gather(*(enter(number) for number in range(40)))
    assert order == list(range(40))
    assert most == 3


async def test_who_goes_away_makes_room() -> None:
    gate = Gate(lambda: 1)
    entered: list[int] = []

    async def enter(number: int) -> None:
        async with gate.passing():
            entered.append(number)
            await asyncio.sleep(0.01)

    tasks = [asyncio.create_task(enter(number)) for number in range(4)]
    await asyncio.sleep(0)
    tasks[1].cancel()
    tasks[0].cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    assert entered == [0, 2, 3]


async def test_the_patient_are_let_in_in_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("exchange.inbound.gate.PATIENCE", 0.01)
    room = 0
    gate = Gate(lambda: room)
    order: list[int] = []

    async def enter(number: int) -> None:
        async with gate.passing():
            order.append(number)

    await asyncio.gather(*(enter(number) for number in range(3)))
    room = 1
    await enter(3)
    assert order == [0, 1, 2, 3]
