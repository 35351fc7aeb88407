"""Patients that were decided without a lock: told to the index by the statement that stores them."""

from alembic import op

revision = "0024_feed"
down_revision = "0023_first_visits"
branch_labels = depends_on = None

# Raised for what is not as it was seen: the caller looks again, under locks.
REQUIRE = """
CREATE FUNCTION require_as_seen(as_seen boolean) RETURNS boolean
LANGUAGE plpgsql VOLATILE AS $$
BEGIN
    IF as_seen IS NOT TRUE THEN
        RAISE EXCEPTION 'not as it was seen' USING ERRCODE = 'serialization_failure';
    END IF;
    RETURN true;
END
$$;
"""

# Takes the locks, makes sure that what was seen by the keys `sought` and of the persons `seen` is still so
# (`mpi_seen` of 0023), and writes first visits as `mpi_settle` does and what `mpi.lone.CORRECT` writes of
# known records.
TELL = """
CREATE FUNCTION mpi_tell(
    locks bigint[], seen bigint[], sought bigint[], oversized integer, witness bigint,
    records bigint[], patient_ids text[], patient_keys uuid[], sources text[], local_ids text[], facts text[],
    texts bytea[], actives boolean[], version smallint, instant timestamptz, persons bigint[],
    person_keys uuid[], rules text[], models text[], weights float8[],
    fresh bigint[], fresh_ids text[], fresh_keys uuid[],
    key_records bigint[], keys bigint[], key_rules smallint[],
    known bigint[], known_sources text[], known_local_ids text[], known_facts text[], known_texts bytea[],
    known_actives boolean[], known_key_records bigint[], known_keys bigint[], known_key_rules smallint[])
RETURNS boolean
LANGUAGE plpgsql VOLATILE AS $$
#variable_conflict use_column
BEGIN
    PERFORM pg_advisory_xact_lock(k) FROM unnest(locks) AS k;
    IF cardinality(seen) > 0 THEN
        PERFORM FROM mpi_person p WHERE p.person = ANY (seen) ORDER BY p.person FOR NO KEY UPDATE;
    END IF;
    IF mpi_seen(sought, oversized, seen) <> witness THEN
        RETURN false;
    END IF;
    IF cardinality(records) > 0 AND NOT mpi_settle(
        '{}', '{}', '{}', oversized, NULL, records, patient_ids, patient_keys, sources, local_ids, facts,
        texts, actives, version, instant, persons, person_keys, rules, models, weights, fresh, fresh_ids,
        fresh_keys, key_records, keys, key_rules
    ) THEN
        RETURN false;
    END IF;
    IF cardinality(known) > 0 THEN
        UPDATE mpi_record r
        SET source = u.source, local_id = u.local_id, demographics = u.facts::json, normalisation = version,
            shown = u.shown, active = u.active, updated = instant
        FROM unnest(known, known_sources, known_local_ids, known_facts, known_texts, known_actives)
            AS u (record, source, local_id, facts, shown, active)
        WHERE r.record = u.record;
        DELETE FROM mpi_key m
        WHERE m.record = ANY (known)
          AND NOT EXISTS (SELECT FROM unnest(known_key_records, known_keys) AS u (record, key)
                          WHERE u.record = m.record AND u.key = m.key);
        INSERT INTO mpi_key (key, rule, record)
        SELECT k, r, n FROM unnest(known_keys, known_key_rules, known_key_records) AS u (k, r, n)
        ON CONFLICT DO NOTHING;
        UPDATE mpi_review SET state = 'obsolete', decided = instant, decided_by = 'hub'
        WHERE record = ANY (known) AND state NOT IN ('decided', 'obsolete')
          AND kind IN ('ambiguous', 'inconsistent');
    END IF;
    RETURN true;
END
$$;
"""

DOWNGRADE = """
DROP FUNCTION mpi_tell(bigint[], bigint[], bigint[], integer, bigint, bigint[], text[], uuid[], text[],
                       text[], text[], bytea[], boolean[], smallint, timestamptz, bigint[], uuid[],
                       text[], text[], float8[], bigint[], text[], uuid[], bigint[], bigint[],
                       smallint[], bigint[], text[], text[], text[], bytea[], boolean[], bigint[], bigint[],
                       smallint[]);
DROP FUNCTION require_as_seen(boolean);
"""


def upgrade() -> None:
    op.execute(REQUIRE)
    op.execute(TELL)


def downgrade() -> None:
    op.execute(DOWNGRADE)
