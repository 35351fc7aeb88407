"""Who comes when there is no room waits its turn, and gives the room back if it goes away."""

import asyncio

from exchange.inbound.budget import Budget


async def test_first_come_first_served() -> None:
    budget = Budget(10)
    await budget.take(8)
    turns: list[str] = []

    async def come(name: str, size: int) -> None:
        await budget.take(size)
        turns.append(name)

    large = asyncio.create_task(come("large", 9))
    await asyncio.sleep(0)
    small = asyncio.create_task(come("small", 1))
    await asyncio.sleep(0)
    assert turns == []
    budget.give(8)
    await asyncio.gather(large, small)
    assert turns == ["large", "small"]


async def test_more_than_all_room_gets_in_alone() -> None:
    budget = Budget(10)
    await budget.take(100)
    other = asyncio.create_task(budget.take(1))
    await asyncio.sleep(0)
    assert not other.done()
    budget.give(100)
    await other


async def test_who_goes_away_leaves_no_hole() -> None:
    budget = Budget(10)
    await budget.take(10)
    gone, stays = asyncio.create_task(budget.take(10)), asyncio.create_task(budget.take(10))
    await asyncio.sleep(0)
    gone.cancel()
    budget.give(10)
    await stays
    budget.give(10)

    await budget.take(10)
    late = asyncio.create_task(budget.take(10))
    await asyncio.sleep(0)
    budget.give(10)  # its turn comes and it is cancelled in the same moment
    late.cancel()
    await asyncio.gather(late, return_exceptions=True)
    await asyncio.wait_for(budget.take(10), 1)
