"""Who is there already that newcomers could be, and what is decided of them.

Newcomers are patients that nobody told of before. One statement reads all persons that share keys with
several of them. Named SQL.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from mpi.blocking import OVERSIZED
from mpi.changes import Content
from mpi.decide import Cluster, Decision, Member
from mpi.keys import patient_key
from mpi.models import scale_of
from mpi.neighbourhood import Neighbourhood
from mpi.normalisation.demographics import demographics_from_json
from mpi.rows import Connection, Row, locks_of

# The pairs of the keys $1 and of records that have them. $2: so many records under one key lead nowhere.
NEAR: Final = """
near AS MATERIALIZED (
    SELECT n.key, r.record
    FROM (SELECT w.key, ARRAY(SELECT k.record FROM mpi_key k WHERE k.key = w.key LIMIT $2) AS records
          FROM unnest($1::bigint[]) AS w (key) OFFSET 0) n
    CROSS JOIN LATERAL unnest(n.records) AS r (record)
    WHERE cardinality(n.records) < $2
)"""

# The records of the persons that share a key, as columns; the pairs of key and record; the witness (see
# migration 0023); the active model; numbers for as many new records and persons as $3 says; which of the
# patients $4 somebody told of before.
GLIMPSE: Final = """
WITH {near}
SELECT m.records, m.persons, m.enterprise_ids, m.demographics, m.merged, m.settled, m.asked, m.replacing,
       n.under, n.near, n.witness # m.witness AS witness,
       (SELECT a.digest FROM mpi_activation a ORDER BY a.activation DESC LIMIT 1) AS model,
       ARRAY(SELECT nextval('mpi_record_record_seq') FROM generate_series(1, $3)) AS coming,
       ARRAY(SELECT nextval('mpi_person_person_seq') FROM generate_series(1, $3)) AS fresh,
       ARRAY(SELECT r.patient_key FROM mpi_record r WHERE r.patient_key = ANY($4::uuid[])) AS told
FROM (
    SELECT array_agg(key) AS under, array_agg(record) AS near,
           coalesce(bit_xor(hashint8extended(record, key)), 0) AS witness
    FROM near
) n CROSS JOIN (
    SELECT array_agg(l.record) AS records, array_agg(s.person) AS persons,
           array_agg(p.enterprise_id) AS enterprise_ids, array_agg(r.demographics::text) AS demographics,
           array_agg(r.merged_into IS NOT NULL) AS merged, array_agg(l.actor <> 'hub') AS settled,
           array_agg(l.rule = 'review') AS asked, array_agg(p.replaces) AS replacing,
           coalesce(bit_xor(hash_record_extended(ROW(l.link, r.updated, r.merged_into), 0)), 0) AS witness
    FROM (SELECT DISTINCT l.person
          FROM (SELECT DISTINCT record FROM near) f
          CROSS JOIN LATERAL (SELECT l.person FROM mpi_link l
                              WHERE l.record = f.record AND l.valid_to IS NULL AND l.recorded_to IS NULL
                              OFFSET 0) l) s
    CROSS JOIN LATERAL (SELECT p.enterprise_id,
                               EXISTS (SELECT FROM mpi_person o WHERE o.replaced_by = s.person) AS replaces
                        FROM mpi_person p WHERE p.person = s.person OFFSET 0) p
    CROSS JOIN LATERAL (SELECT l.link, l.record, l.actor, l.rule FROM mpi_link l
                        WHERE l.person = s.person AND l.valid_to IS NULL AND l.recorded_to IS NULL
                        OFFSET 0) l
    CROSS JOIN LATERAL (SELECT r.demographics, r.updated, r.merged_into FROM mpi_record r
                        WHERE r.record = l.record OFFSET 0) r
) m
""".replace("{near}", NEAR)

# The same under locks, which stay until the transaction ends: nothing can change, so there is no witness. See
# migration 0021.
MEET: Final = """
WITH met AS MATERIALIZED (SELECT * FROM mpi_meet($1::bigint[], $2, $3, $4::bigint[]))
SELECT m.records, m.persons, m.enterprise_ids, m.demographics, m.merged, m.settled, m.asked, m.replacing,
       s.under, s.near, NULL::bigint AS witness, s.model, s.records AS coming, s.fresh,
       NULL::uuid[] AS told
FROM met s CROSS JOIN (
    SELECT array_agg(record) AS records, array_agg(person) AS persons,
           array_agg(enterprise_id) AS enterprise_ids, array_agg(demographics) AS demographics,
           array_agg(merged) AS merged, array_agg(settled) AS settled, array_agg(asked) AS asked,
           array_agg(replaces) AS replacing
    FROM met WHERE record IS NOT NULL
) m
WHERE s.record IS NULL
"""


@dataclass(frozen=True, slots=True)
class Around:
    """What was read around newcomers: the persons with the keys that lead to them, their enterprise ids,
    which of them stand for others, numbers for new records and persons; see `Meeting`."""

    near: Neighbourhood
    names: dict[int, str]
    replacing: frozenset[int]
    coming: Sequence[int]
    fresh: Sequence[int]
    witness: int | None
    model: str | None
    snapshot: str | None = None


@dataclass(frozen=True, slots=True)
class Meeting:
    """Patients that come for the first time, with what was decided of each. `names` are the enterprise ids
    of the persons seen and of the new ones; `fresh` the new ones, in order. `snapshot`: which transactions
    had ended when that was read."""

    contents: Sequence[Content]
    records: Sequence[int]
    persons: tuple[int, ...]
    decisions: tuple[Decision, ...]
    names: dict[int, str]
    fresh: tuple[int, ...]
    seen: frozenset[int]
    replacing: frozenset[int]
    witness: int | None
    model: str | None
    snapshot: str | None = None

    @property
    def is_one_statement(self) -> bool:
        """Whether nothing follows from the decisions but what `settle` writes in its one statement."""
        followed = any(each.review or each.taken for each in self.decisions)
        return not followed and self.replacing.isdisjoint(self.persons)


async def glimpsed(connection: Connection, contents: Sequence[Content], new_id: Callable[[], str]) -> Meeting:
    """What is decided of these patients as the index is now, those left out that somebody told of before;
    one statement, which locks nothing. `mpi.glimpse.meet` is quicker where no key is shared by too many."""
    _, keys = sought(contents)
    patients = [patient_key(content.patient_id) for content in contents]
    read = await connection.fetchrow(GLIMPSE, keys, OVERSIZED, len(contents), patients)
    assert read is not None
    if told := set(read["told"]):
        contents = [each for each, key in zip(contents, patients, strict=True) if key not in told]
    return await decided(connection, contents, read, new_id)


async def meet_locked(
    connection: Connection, contents: Sequence[Content], new_id: Callable[[], str]
) -> Meeting:
    """The same under locks, in a transaction; whoever was told of before is not left out."""
    patient_ids, keys = sought(contents)
    read = await connection.fetchrow(MEET, keys, OVERSIZED, len(contents), locks_of(patient_ids, keys))
    assert read is not None
    return await decided(connection, contents, read, new_id)


def sought(contents: Sequence[Content]) -> tuple[list[str], list[int]]:
    """Their ids, and all their keys, sorted."""
    keys = {key.key for content in contents for key in content.keys}
    return [content.patient_id for content in contents], sorted(keys)


async def decided(
    connection: Connection, contents: Sequence[Content], read: Row, new_id: Callable[[], str]
) -> Meeting:
    near = _neighbourhood(read, Neighbourhood(await scale_of(connection, read["model"])))
    held: Sequence[int] = read["persons"] or ()
    names: dict[int, str] = dict(zip(held, read["enterprise_ids"] or (), strict=True))
    replacing = frozenset(person for person, one in zip(held, read["replacing"] or (), strict=True) if one)
    around = Around(near, names, replacing, read["coming"], read["fresh"], read["witness"], read["model"])
    return concluded(contents, around, new_id)


def concluded(contents: Sequence[Content], around: Around, new_id: Callable[[], str]) -> Meeting:
    """The patients decided one after another."""
    names = dict(around.names)
    persons, decisions, fresh = [], [], []
    coming = around.coming[: len(contents)]
    for content, record, new in zip(contents, coming, around.fresh, strict=False):
        keys = [key.key for key in content.keys]
        person, decision = around.near.arrive(record, content.demographics, keys, new)
        if person == new:
            names[new] = new_id()
            fresh.append(new)
        persons.append(person)
        decisions.append(decision)
    return Meeting(
        contents, coming, tuple(persons), tuple(decisions), names, tuple(fresh), frozenset(around.names),
        around.replacing, around.witness, around.model, around.snapshot,
    )  # fmt: skip


def _neighbourhood(read: Row, near: Neighbourhood) -> Neighbourhood:
    """The persons read, with the keys that lead to them."""
    if read["records"] is None:
        return near
    members: dict[int, list[Member]] = {}
    whose = dict(zip(read["records"], read["persons"], strict=True))
    columns = (read[name] for name in ("records", "demographics", "merged", "settled", "asked", "persons"))
    for record, facts, merged, settled, asked, person in zip(*columns, strict=True):
        member = Member(record, demographics_from_json(facts), False, merged, settled, asked)
        members.setdefault(person, []).append(member)
    shared: dict[int, set[int]] = {person: set() for person in members}
    for key, record in zip(read["under"], read["near"], strict=True):
        if record in whose:  # else it belongs to nobody yet
            shared[whose[record]].add(key)
    for person, found in members.items():
        near.know(Cluster(person, tuple(found)), shared[person])
    return near
