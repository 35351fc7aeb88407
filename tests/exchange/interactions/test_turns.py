import asyncio
import threading

from exchange.interactions.turns import TURN, in_turns


async def test_others_get_turns_and_the_order_stays() -> None:
    turns = 0

    async def other() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    task = asyncio.create_task(other())
    made = await in_turns(range(40), lambda item: TURN // 4, lambda item: item * 2)
    task.cancel()
    assert made == [item * 2 for item in range(40)]
    assert turns >= 10


async def test_a_big_one_is_worked_on_aside() -> None:
    threads = await in_turns([1, TURN], int, lambda item: threading.get_ident())
    assert threads[0] == threading.get_ident() != threads[1]
