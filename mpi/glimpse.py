"""Who is there already that newcomers could be, seen without a lock in one statement. Named SQL."""

from collections import Counter
from collections.abc import Callable, Sequence
from typing import Final

import msgspec
from asyncpg import Record as Row

from mpi.blocking import OVERSIZED
from mpi.changes import Content
from mpi.decide import Member
from mpi.keys import patient_key
from mpi.literals import plain
from mpi.meeting import Around, Meeting, concluded, glimpsed, sought
from mpi.models import scale_of
from mpi.neighbourhood import Neighbourhood
from mpi.normalisation.demographics import Demographics
from mpi.rows import Connection

# At most so many pairs of key and record are read for one newcomer; few residents have a quarter as many.
_PAIRS: Final = 4 * OVERSIZED

# As `GLIMPSE` of `mpi.meeting`, where no key is shared by too many: then all keys are sought by one scan. No
# more than $2 pairs are read; if it is as many, there may be more. Pairs, members and numbers come as JSON:
# one text is read in a third of the time that a dozen arrays take.
GLANCE: Final = """
WITH near AS MATERIALIZED (
    SELECT k.key, k.record FROM mpi_key k WHERE k.key = ANY($1::text::bigint[]) LIMIT $2
)
SELECT n.pairs, m.members, n.witness # m.witness AS witness, pg_current_snapshot()::text AS snapshot,
       (SELECT a.digest FROM mpi_activation a ORDER BY a.activation DESC LIMIT 1) AS model,
       (SELECT string_agg(concat(nextval('mpi_record_record_seq'), ',', nextval('mpi_person_person_seq')),
                          ',')
        FROM generate_series(1, $3)) AS numbers,
       ARRAY(SELECT r.patient_key FROM mpi_record r WHERE r.patient_key = ANY($4::text::uuid[])) AS told
FROM (
    SELECT string_agg(concat(key, ',', record), ',') AS pairs,
           coalesce(bit_xor(hashint8extended(record, key)), 0) AS witness
    FROM near
) n CROSS JOIN (
    SELECT string_agg(concat('[', l.record, ',', p.person, ',"', p.enterprise_id, '",',
                             (r.merged_into IS NOT NULL)::text, ',', (l.actor <> 'hub')::text, ',',
                             (l.rule = 'review')::text, ',', p.replaces::text, ',', r.demographics, ']'),
                      ',') AS members,
           coalesce(bit_xor(hash_record_extended(ROW(l.link, r.updated, r.merged_into), 0)), 0) AS witness
    FROM (SELECT p.person, p.enterprise_id,
                 EXISTS (SELECT FROM mpi_person o WHERE o.replaced_by = p.person) AS replaces
          FROM mpi_person p
          WHERE p.person = ANY (ARRAY(SELECT l.person FROM mpi_link l
                                      WHERE l.record = ANY (ARRAY(SELECT record FROM near))
                                        AND l.valid_to IS NULL AND l.recorded_to IS NULL))
          OFFSET 0) p
    CROSS JOIN LATERAL (SELECT l.link, l.record, l.actor, l.rule FROM mpi_link l
                        WHERE l.person = p.person AND l.valid_to IS NULL AND l.recorded_to IS NULL
                        OFFSET 0) l
    CROSS JOIN LATERAL (SELECT r.demographics, r.updated, r.merged_into FROM mpi_record r
                        WHERE r.record = l.record OFFSET 0) r
) m
"""


class _Seen(msgspec.Struct, array_like=True, frozen=True):
    """A record of somebody who shares a key."""

    record: int
    person: int
    enterprise_id: str
    merged: bool
    settled: bool
    asked: bool
    replaces: bool
    demographics: Demographics


_numbers: Final = msgspec.json.Decoder(list[int]).decode
_members: Final = msgspec.json.Decoder(list[_Seen]).decode


async def meet(connection: Connection, contents: Sequence[Content], new_id: Callable[[], str]) -> Meeting:
    """What is decided of these patients as the index is now, those left out that somebody told of before;
    one statement, which locks nothing, unless very many share a key."""
    _, keys = sought(contents)
    patients = [patient_key(content.patient_id) for content in contents]
    most = _PAIRS + (len(contents) - 1) * OVERSIZED
    read = await connection.fetchrow(GLANCE, plain(keys), most, len(contents), plain(patients))
    assert read is not None
    pairs = _numbers(f"[{read['pairs'] or ''}]")
    if _is_oversized(pairs[::2], most):
        return await glimpsed(connection, contents, new_id)
    if told := set(read["told"]):
        contents = [each for each, key in zip(contents, patients, strict=True) if key not in told]
    near = Neighbourhood(await scale_of(connection, read["model"]))
    return concluded(contents, _around(read, pairs, near), new_id)


def _is_oversized(under: Sequence[int], most: int) -> bool:
    """Whether a key is shared by so many that it leads nowhere, or may be."""
    if len(under) < OVERSIZED:
        return False
    return len(under) >= most or max(Counter(under).values()) >= OVERSIZED


def _around(read: Row, pairs: Sequence[int], near: Neighbourhood) -> Around:
    numbers = _numbers(f"[{read['numbers'] or ''}]")
    told = read["witness"], read["model"], read["snapshot"]
    names: dict[int, str] = {}
    replacing: set[int] = set()
    if read["members"]:
        members: dict[int, list[Member]] = {}
        whose: dict[int, int] = {}
        for one in _members(f"[{read['members']}]"):
            member = Member(one.record, one.demographics, False, one.merged, one.settled, one.asked)
            members.setdefault(one.person, []).append(member)
            whose[one.record] = one.person
            names[one.person] = one.enterprise_id
            if one.replaces:
                replacing.add(one.person)
        for key, record in zip(pairs[::2], pairs[1::2], strict=True):
            if record in whose:  # else it belongs to nobody yet
                near.persons[key].add(whose[record])
        near.members.update(members)
    return Around(near, names, frozenset(replacing), numbers[::2], numbers[1::2], *told)
