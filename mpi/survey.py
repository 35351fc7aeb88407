"""Who is there around patients that may be known or not: one statement, which locks nothing. Named SQL.

What it shows is decided upon at once (`mpi.foresight`), and is looked at again, under locks, by the statement
that writes.
"""

from collections.abc import Sequence
from typing import Any, Final

import msgspec

from mpi.blocking import OVERSIZED
from mpi.changes import Content
from mpi.keys import patient_key
from mpi.meeting import NEAR, sought
from mpi.rows import Row

# `mpi.meeting.GLIMPSE` with the persons of those that are known already, and with what the enterprise
# Patients of all persons show. $3: how many patients; $4 and $5: their keys and ids. `identities`: which of
# the ids are enterprise ids; `involved`: the known records about which a human is asked or that are kept
# apart from others. No enterprise id has spaces. `meant` are ids of further known patients.
SURVEY: Final = """
WITH {near}, own AS MATERIALIZED (
    SELECT record FROM mpi_record WHERE patient_key = ANY($4::uuid[])
    UNION
    SELECT record FROM mpi_record WHERE patient_id = ANY(ARRAY(SELECT id FROM meant))
)
SELECT m.records, m.persons, m.enterprise_ids, m.patient_ids, m.demographics, m.survivors, m.merged,
       m.settled, m.asked, m.rules, m.sources, m.shown, m.updated, m.active, m.normalisations, m.replaced,
       m.replacing,
       n.under, n.near, n.witness # m.witness AS witness,
       (SELECT a.digest FROM mpi_activation a ORDER BY a.activation DESC LIMIT 1) AS model,
       ARRAY(SELECT nextval('mpi_record_record_seq') FROM generate_series(1, $3)) AS coming,
       ARRAY(SELECT nextval('mpi_person_person_seq') FROM generate_series(1, $3)) AS fresh,
       ARRAY(SELECT p.enterprise_id FROM mpi_person p WHERE p.enterprise_id = ANY($5::text[])) AS identities,
       ARRAY(SELECT o.record FROM own o
             WHERE EXISTS (SELECT FROM mpi_review q WHERE q.record = o.record
                           AND q.state NOT IN ('decided', 'obsolete'))
                OR EXISTS (SELECT FROM mpi_do_not_link d WHERE d.low = o.record AND d.recorded_to IS NULL)
                OR EXISTS (SELECT FROM mpi_do_not_link d WHERE d.high = o.record AND d.recorded_to IS NULL)
       ) AS involved
FROM (
    SELECT array_agg(key) AS under, array_agg(record) AS near,
           coalesce(bit_xor(hashint8extended(record, key)), 0) AS witness
    FROM near
) n CROSS JOIN (
    SELECT array_agg(l.record) AS records, array_agg(s.person) AS persons,
           array_agg(p.enterprise_id) AS enterprise_ids, array_agg(r.patient_id) AS patient_ids,
           array_agg(r.demographics::text) AS demographics, array_agg(r.merged_into) AS survivors,
           array_agg(r.merged_into IS NOT NULL) AS merged, array_agg(l.actor <> 'hub') AS settled,
           array_agg(l.rule = 'review') AS asked, array_agg(l.rule) AS rules, array_agg(r.source) AS sources,
           array_agg(r.shown) AS shown, array_agg(r.updated) AS updated, array_agg(r.active) AS active,
           array_agg(r.normalisation) AS normalisations, array_agg(p.replaced) AS replaced,
           array_agg(p.replaced IS NOT NULL) AS replacing,
           coalesce(bit_xor(hash_record_extended(ROW(l.link, r.updated, r.merged_into), 0)), 0) AS witness
    FROM (SELECT DISTINCT l.person
          FROM (SELECT record FROM near UNION SELECT record FROM own) f
          CROSS JOIN LATERAL (SELECT l.person FROM mpi_link l
                              WHERE l.record = f.record AND l.valid_to IS NULL AND l.recorded_to IS NULL
                              OFFSET 0) l) s
    CROSS JOIN LATERAL (SELECT p.enterprise_id,
                               (SELECT string_agg(o.enterprise_id, ' ') FROM mpi_person o
                                WHERE o.replaced_by = s.person) AS replaced
                        FROM mpi_person p WHERE p.person = s.person OFFSET 0) p
    CROSS JOIN LATERAL (SELECT l.link, l.record, l.actor, l.rule FROM mpi_link l
                        WHERE l.person = s.person AND l.valid_to IS NULL AND l.recorded_to IS NULL
                        OFFSET 0) l
    CROSS JOIN LATERAL (SELECT r.patient_id, r.source, r.demographics, r.updated, r.merged_into, r.shown,
                               r.active, r.normalisation
                        FROM mpi_record r WHERE r.record = l.record OFFSET 0) r
) m
""".replace("{near}", NEAR)

# A column of `SURVEY` for each record, and what it is called in a row of `mpi.revision.AROUND`.
_COLUMNS: Final = {
    "record": "records",
    "person": "persons",
    "enterprise_id": "enterprise_ids",
    "patient_id": "patient_ids",
    "demographics": "demographics",
    "survivor": "survivors",
    "merged": "merged",
    "settled": "settled",
    "asked": "asked",
    "rule": "rules",
    "source": "sources",
    "shown": "shown",
    "updated": "updated",
    "active": "active",
    "normalisation": "normalisations",
    "replaced": "replaced",
}


class Survey(msgspec.Struct, frozen=True):
    """`row` is the answer to `SURVEY` about the patients `contents`; `persons` the rows of each person's
    records; `known` those of patients asked for, by FHIR id; `leading` the persons that each key leads to."""

    contents: Sequence[Content]
    row: Row
    persons: dict[int, list[dict[str, Any]]]
    known: dict[str, dict[str, Any]]
    leading: dict[int, set[int]]

    def __repr__(self) -> str:
        # Who the patients are must stand in no log.
        return f"Survey({len(self.persons)} persons)"


def asked_for(contents: Sequence[Content]) -> tuple[list[int], int, int, list[Any], list[str]]:
    """The parameters of `SURVEY`."""
    patient_ids, keys = sought(contents)
    return keys, OVERSIZED, len(contents), [patient_key(each) for each in patient_ids], patient_ids


def survey_of(row: Row, contents: Sequence[Content]) -> Survey:
    """What `SURVEY` answers about these patients, by person."""
    persons: dict[int, list[dict[str, Any]]] = {}
    whose: dict[int, int] = {}
    told = {content.patient_id for content in contents}
    known = {}
    for values in zip(*(row[name] or () for name in _COLUMNS.values()), strict=True):
        record = dict(zip(_COLUMNS, values, strict=True))
        persons.setdefault(record["person"], []).append(record)
        whose[record["record"]] = record["person"]
        if record["patient_id"] in told:
            known[record["patient_id"]] = record
    leading: dict[int, set[int]] = {}
    for key, number in zip(row["under"] or (), row["near"] or (), strict=True):
        if number in whose:  # else it belongs to nobody yet
            leading.setdefault(key, set()).add(whose[number])
    return Survey(contents, row, persons, known, leading)
