"""The sequence number protocol of HL7 v2 2.10.1, clause by clause."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.hl7v2.parse import Message, parse
from exchange.hub import Hub
from exchange.inbound.reception import Reception, open_reception
from exchange.inbound.sequence import ANY, turn
from tests.exchange.inbound.conftest import HOSPITALS
from tests.exchange.inbound.senders import message, translate_simply


@pytest.fixture
async def numbering(hub: Hub) -> AsyncIterator[Reception]:
    settings = hub.settings.model_copy(update={"sequence_numbers": "mllp"})
    async with open_reception(replace(hub, settings=settings), HOSPITALS, translate_simply) as opened:
        yield opened


async def send(
    reception: Reception, number: str, control_id: str = "", name: str = "王^伟", **msh: str
) -> Message:
    raw = message(control_id or f"C{number}", name=name, f13=number, **msh)
    delivery = await reception.receive(reception.seal(raw, "mllp", None))
    if delivery.application is None:
        return parse((delivery.accept or b"").decode())
    return parse((await delivery.application).decode())


def told(answer: Message) -> tuple[str, str]:
    return answer.text("MSA-1"), answer.text("MSA-4")


async def count(hub: Hub) -> int:
    number: int = await hub.pool.fetchval("SELECT count(*) FROM inbox")
    return number


async def test_starting_a_link(hub: Hub, numbering: Reception) -> None:
    """b) 0 asks for the number after the last; -1 is the answer where there is none."""
    assert told(await send(numbering, "0")) == ("AA", "-1")
    assert told(await send(numbering, "7")) == ("AA", "7")
    assert told(await send(numbering, "0", "again")) == ("AA", "8")
    assert await count(hub) == 1


async def test_normal_operation(hub: Hub, numbering: Reception) -> None:
    """c) each accepted number is echoed."""
    assert [told(await send(numbering, str(n))) for n in range(1, 5)] == [("AA", str(n)) for n in range(1, 5)]
    assert told(await send(numbering, "5", f15="AL", f16="NE")) == ("CA", "5")
    assert told(await send(numbering, "6", name="REFUSE")) == ("AE", "6")
    assert told(await send(numbering, "7")) == ("AA", "7")


async def test_a_lost_acknowledgement(hub: Hub, numbering: Reception) -> None:
    """d) 1. one more than the current value: go on with the next."""
    await send(numbering, "1")
    assert told(await send(numbering, "1")) == ("AA", "2")
    assert await count(hub) == 1
    answer = await send(numbering, "1", name="另^外")
    assert told(answer) == ("AE", "2")
    assert answer.text("ERR-2.3") == "13"


async def test_what_is_out_of_sequence(hub: Hub, numbering: Reception) -> None:
    """d) 2. less than the current value, and other errors."""
    for number in ("1", "2"):
        await send(numbering, number)
    for number in ("9", "4"):
        assert told(await send(numbering, number)) == ("AE", "3")
    assert told(await send(numbering, "4", f15="AL", f16="AL")) == ("CE", "3")
    assert told(await send(numbering, "x")) == ("AE", "3")
    assert await count(hub) == 2
    assert told(await send(numbering, "3")) == ("AA", "3")


async def test_resynchronising(hub: Hub, numbering: Reception) -> None:
    """e) after -1 the next number is the one."""
    await send(numbering, "5")
    assert told(await send(numbering, "-1")) == ("AA", "-1")
    assert told(await send(numbering, "100")) == ("AA", "100")
    assert told(await send(numbering, "7")) == ("AE", "101")


async def test_each_link_counts_for_itself(hub: Hub, numbering: Reception) -> None:
    assert told(await send(numbering, "5")) == ("AA", "5")
    assert told(await send(numbering, "40", f3="LIS")) == ("AA", "40")
    assert told(await send(numbering, "6")) == ("AA", "6")
    raw = message("other", f13="77")
    delivery = await numbering.receive(numbering.seal(raw, "http", None))
    assert delivery.application is not None
    assert told(parse((await delivery.application).decode())) == ("AA", "")


async def test_numbers_outlive_the_hub(hub: Hub, numbering: Reception) -> None:
    await send(numbering, "5")
    async with open_reception(numbering.hub, HOSPITALS, translate_simply) as after:
        assert told(await send(after, "0")) == ("AA", "6")


async def test_who_sends_ahead_is_taken_in_order(hub: Hub, numbering: Reception) -> None:
    answers = await asyncio.gather(*(send(numbering, str(number)) for number in range(1, 40)))
    assert [told(answer) for answer in answers] == [("AA", str(number)) for number in range(1, 40)]


@given(st.lists(st.integers(-1, 6), max_size=30))
def test_numbers_are_taken_once_and_in_order(sent: list[int]) -> None:
    expected, taken = ANY, list[int]()
    for number in sent:
        found = turn(str(number), expected)
        if found.meaning == "resynchronise":
            expected, taken = ANY, []
        if found.meaning == "next":
            taken.append(number)
            expected = number + 1
    assert taken == list(range(taken[0], taken[0] + len(taken))) if taken else True
