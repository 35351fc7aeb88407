"""What a first visit writes: checked by less reading, and without entries in indexes of what has been."""

from alembic import op

revision = "0023_first_visits"
down_revision = "0022_keeper"
branch_labels = depends_on = None

# Current links, which every visit makes, are found by their own indexes; these are for what ended. An index
# of all links by record cost as much by the planner's reckoning as that of the current ones, and was taken,
# so that each neighbour cost a look into the table.
UPGRADE = """
DROP INDEX mpi_link_history, mpi_link_person_history;
CREATE INDEX mpi_link_history ON mpi_link (record, recorded_from)
    WHERE valid_to IS NOT NULL OR recorded_to IS NOT NULL;
CREATE INDEX mpi_link_person_history ON mpi_link (person, recorded_from)
    WHERE valid_to IS NOT NULL OR recorded_to IS NOT NULL;
"""

# What was seen by these keys when it was decided, as one number: the same as `witness` of
# `mpi.meeting.GLIMPSE`. The keys lead to the same records, and these persons hold the same links: then the
# keys lead to no other person, for a record that left one of these would be missing there. The functions of
# 0021 stay for the processes of a hub that are still of the last edition.
SEEN = """
CREATE FUNCTION mpi_seen(keys bigint[], oversized integer, persons bigint[]) RETURNS bigint
LANGUAGE sql STABLE AS $$
SELECT (
    SELECT coalesce(bit_xor(hashint8extended(r.record, n.key)), 0)
    FROM (SELECT w.key, ARRAY(SELECT k.record FROM mpi_key k WHERE k.key = w.key LIMIT oversized) AS records
          FROM unnest(keys) AS w (key) OFFSET 0) n
    CROSS JOIN LATERAL unnest(n.records) AS r (record)
    WHERE cardinality(n.records) < oversized
) # (
    SELECT coalesce(bit_xor(hash_record_extended(ROW(l.link, r.updated, r.merged_into), 0)), 0)
    FROM unnest(persons) AS s (person)
    CROSS JOIN LATERAL (SELECT l.link, l.record FROM mpi_link l
                        WHERE l.person = s.person AND l.valid_to IS NULL AND l.recorded_to IS NULL OFFSET 0) l
    CROSS JOIN LATERAL (SELECT r.updated, r.merged_into FROM mpi_record r
                        WHERE r.record = l.record OFFSET 0) r
)
$$;
"""

# As `mpi_register` of 0021; `seen` are all persons that the keys led to.
SETTLE = """
CREATE FUNCTION mpi_settle(
    locks bigint[], seen bigint[], sought bigint[], oversized integer, witness bigint,
    records bigint[], patient_ids text[], patient_keys uuid[], sources text[], local_ids text[], facts text[],
    texts bytea[], actives boolean[], version smallint, instant timestamptz, persons bigint[],
    person_keys uuid[], rules text[], models text[], weights float8[],
    fresh bigint[], fresh_ids text[], fresh_keys uuid[],
    key_records bigint[], keys bigint[], key_rules smallint[])
RETURNS boolean
LANGUAGE plpgsql VOLATILE AS $$
#variable_conflict use_column
BEGIN
    IF witness IS NOT NULL THEN
        PERFORM pg_advisory_xact_lock(k) FROM unnest(locks) AS k;
        IF cardinality(seen) > 0 THEN
            PERFORM FROM mpi_person p WHERE p.person = ANY (seen) ORDER BY p.person FOR NO KEY UPDATE;
        END IF;
        IF mpi_seen(sought, oversized, seen) <> witness THEN
            RETURN false;
        END IF;
    END IF;
    IF EXISTS (SELECT FROM mpi_record r WHERE r.patient_key = ANY (mpi_settle.patient_keys)) THEN
        RETURN false;
    END IF;
    INSERT INTO mpi_record (record, patient_id, patient_key, source, local_id, demographics,
                            normalisation, shown, active, created, updated)
    SELECT r, i, k, s, l, f::json, version, t, a, instant, instant
    FROM unnest(records, patient_ids, patient_keys, sources, local_ids, facts, texts, actives)
        AS u (r, i, k, s, l, f, t, a);
    IF cardinality(fresh) > 0 THEN
        INSERT INTO mpi_person (person, enterprise_id, patient_key, created)
        SELECT p, i, k, instant FROM unnest(fresh, fresh_ids, fresh_keys) AS u (p, i, k);
    END IF;
    INSERT INTO mpi_key (key, rule, record)
    SELECT k, r, n FROM unnest(keys, key_rules, key_records) AS u (k, r, n);
    INSERT INTO mpi_link (record, person, rule, model, match_weight, actor, reason, valid_from, recorded_from)
    SELECT r, o, l, m, w, 'hub', '', instant, instant
    FROM unnest(records, persons, rules, models, weights) AS u (r, o, l, m, w);
    INSERT INTO mpi_reach (patient_key, members)
    SELECT p, array_agg(k ORDER BY k) FROM unnest(person_keys, patient_keys) AS u (p, k) GROUP BY p
    ON CONFLICT (patient_key) DO UPDATE SET members = mpi_reach.members || excluded.members;
    RETURN true;
END
$$;
"""

DOWNGRADE = """
DROP FUNCTION mpi_settle(bigint[], bigint[], bigint[], integer, bigint, bigint[], text[], uuid[], text[],
                         text[], text[], bytea[], boolean[], smallint, timestamptz, bigint[], uuid[],
                         text[], text[], float8[], bigint[], text[], uuid[], bigint[], bigint[],
                         smallint[]);
DROP FUNCTION mpi_seen(bigint[], integer, bigint[]);
DROP INDEX mpi_link_history, mpi_link_person_history;
CREATE INDEX mpi_link_history ON mpi_link (record, recorded_from);
CREATE INDEX mpi_link_person_history ON mpi_link (person, recorded_from);
"""


def upgrade() -> None:
    op.execute(UPGRADE)
    op.execute(SEEN)
    op.execute(SETTLE)


def downgrade() -> None:
    op.execute(DOWNGRADE)
