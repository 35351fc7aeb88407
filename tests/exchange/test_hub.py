"""Ids of our own are in the order of time."""

import time
from uuid import UUID

from exchange.hub import Hub, uuid7


def test_uuid7_is_one_and_ordered_by_time() -> None:
    before = time.time_ns() // 1_000_000
    made = [UUID(uuid7()) for _ in range(1000)]
    after = time.time_ns() // 1_000_000
    assert {each.version for each in made} == {7}
    assert {each.variant for each in made} == {"specified in RFC 4122"}
    assert len(set(made)) == 1000
    stamps = [each.int >> 80 for each in made]
    assert stamps == sorted(stamps)
    assert before <= stamps[0] <= stamps[-1] <= after


def test_a_write_is_checked_and_indexed(hub: Hub) -> None:
    write = hub.write("update", {"resourceType": "Patient", "id": "p1", "gender": "male"}, 3)
    assert (write.action, write.type, write.id, write.if_match) == ("update", "Patient", "p1", 3)
    assert write.head + write.tail == b'{"resourceType":"Patient","id":"p1","meta":{},"gender":"male"}'
    assert write.row.patient is not None
