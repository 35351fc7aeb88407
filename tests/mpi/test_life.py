"""Any history of an index: what is told, corrected, merged, decided and decided anew leaves it true.

After every step each record has one person, whoever was given up resolves, what humans settled stands, pairs
that were kept apart are not joined by the machine, and every earlier state is still told as it was shown.
"""

import random
from typing import Any

from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from mpi.correction import link, undo, unite
from mpi.history import state_at
from mpi.review_queue import FIRST, WAITING, question, queue
from tests.mpi.lives import PINNED, STEPS_OF_A_LIFE, Life, restorable
from tests.mpi.people import at, keys_of, links, questions, record, shown, tell, valid_id
from tests.mpi.test_decisions import done
from tests.mpi.test_reach import consistent, walked

STEPS = 20

CIRCLES = """
WITH RECURSIVE up AS (
    SELECT person AS start, replaced_by AS above FROM mpi_person WHERE replaced_by IS NOT NULL
    UNION SELECT u.start, p.replaced_by FROM up u JOIN mpi_person p ON p.person = u.above
) SELECT count(*) FROM up WHERE start = above
"""

UNREASONED = """
SELECT count(*) FROM mpi_link WHERE rule = '' OR actor = ''
   OR (rule = 'demographics' AND match_weight IS NULL) OR (rule = 'manual' AND reason = '')
"""


async def holds(life: Life) -> None:
    connection = life.connection
    assert await consistent(connection), "\n".join(life.steps)
    assert await connection.fetchval(CIRCLES) == 0
    assert await connection.fetchval(UNREASONED) == 0, "\n".join(life.steps)
    for each in await queue(connection, WAITING, FIRST, 100):
        asked = await question(connection, each.review)
        assert asked.kind != "ambiguous" or asked.others, (each, "\n".join(life.steps))


async def shows_what_is_linked(life: Life) -> None:
    """Enterprise Patients and what is reached from any key tell the links as they are."""
    linked = await links(life.connection)
    names = await life.identities()
    for patient in await shown(life.connection, *names):
        others = {
            each["other"]["reference"].removeprefix("Patient/")
            for each in patient.get("link", ())
            if each["type"] == "seealso"
        }
        assert others <= {id_ for id_, name in linked.items() if name == patient["id"]}, "\n".join(life.steps)
    expected = await walked(life.connection)
    for name in [*names, *linked]:
        reached = await keys_of(life.connection, name)
        (own,) = await life.connection.fetchrow(
            "SELECT patient_key FROM mpi_person WHERE enterprise_id = $1 "
            "UNION ALL SELECT patient_key FROM mpi_record WHERE patient_id = $1",
            name,
        )
        assert reached == expected[own], "\n".join(life.steps)


async def tells_its_past(life: Life) -> None:
    """Every earlier state, as it was shown then."""
    for minutes, state in enumerate(life.past):
        for patient_id, name in state.items():
            then = await state_at(life.connection, patient_id, believed=at(minutes), valid=at(minutes))
            assert then.enterprise_id == name, (minutes, "\n".join(life.steps))
            assert patient_id in then.patients


async def lived(connection: Any, choose: random.Random) -> None:
    life = Life(connection)
    for _ in range(STEPS):
        await choose.choice(STEPS_OF_A_LIFE)(life, choose)
        await holds(life)
        await life.next()
    await shows_what_is_linked(life)
    await tells_its_past(life)


@settings(max_examples=12, phases=(Phase.generate,))
@given(choose=st.randoms(use_true_random=False))
async def test_any_life_leaves_the_index_true(connection: Any, choose: random.Random) -> None:
    """Each rolled back, so that all start from nothing."""
    transaction = connection.transaction()
    await transaction.start()
    try:
        await lived(connection, choose)
    finally:
        await transaction.rollback()


async def test_what_a_decision_answered_is_asked_again_when_it_is_taken_back(connection: Any) -> None:
    life = Life(connection)
    one = await tell(connection, record(hospital="h1", citizen=valid_id()))
    other = await tell(
        connection, record(hospital="h2", citizen=valid_id(), name="李娜", birth_date="1991-01-01")
    )
    asked = await questions(connection)
    assert len(asked) == 1
    await life.next()
    made = await done(connection, unite(connection, one.enterprise_id, other.enterprise_id, life.by()))
    assert await questions(connection) == []
    await life.next()
    assert made.decision is not None
    await done(connection, undo(connection, made.decision, life.by()))
    assert await questions(connection) == asked


async def test_who_says_what_is_so_already_settles_it(connection: Any) -> None:
    """A link that a human confirmed is no machine's any more, and is one again when that is taken back."""
    life = Life(connection)
    one = await tell(connection, record(hospital="h1", citizen=valid_id()))
    await tell(connection, record(hospital="h2", citizen=valid_id()))
    before = await restorable(life)
    await life.next()
    made = await done(connection, link(connection, "h2-1", one.enterprise_id, life.by()))
    assert [row[0] for row in await life.rows(PINNED)] == ["h2-1"]
    await life.next()
    assert made.decision is not None
    await done(connection, undo(connection, made.decision, life.by()))
    assert await restorable(life) == before
