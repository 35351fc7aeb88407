"""What a first visit writes: nothing is read again if nobody has committed since, and one is one row."""

from alembic import op

revision = "0025_arrivals"
down_revision = "0024_feed"
branch_labels = depends_on = None

# Who is told of alone is one row, which takes PostgreSQL a fifth less than to read arrays as tables.
WRITES = """
IF cardinality(records) = 1 THEN
        INSERT INTO mpi_record (record, patient_id, patient_key, source, local_id, demographics,
                                normalisation, shown, active, created, updated)
        VALUES (records[1], patient_ids[1], patient_keys[1], sources[1], local_ids[1], facts[1]::json,
                version, texts[1], actives[1], instant, instant);
        IF cardinality(fresh) = 1 THEN
            INSERT INTO mpi_person (person, enterprise_id, patient_key, created)
            VALUES (fresh[1], fresh_ids[1], fresh_keys[1], instant);
        END IF;
        INSERT INTO mpi_link (record, person, rule, model, match_weight, actor, reason, valid_from,
                              recorded_from)
        VALUES (records[1], persons[1], rules[1], models[1], weights[1], 'hub', '', instant, instant);
        INSERT INTO mpi_reach (patient_key, members) VALUES (person_keys[1], {name}.patient_keys)
        ON CONFLICT (patient_key) DO UPDATE SET members = mpi_reach.members || excluded.members;
    ELSE
        INSERT INTO mpi_record (record, patient_id, patient_key, source, local_id, demographics,
                                normalisation, shown, active, created, updated)
        SELECT r, i, k, s, l, f::json, version, t, a, instant, instant
        FROM unnest(records, patient_ids, patient_keys, sources, local_ids, facts, texts, actives)
            AS u (r, i, k, s, l, f, t, a);
        IF cardinality(fresh) > 0 THEN
            INSERT INTO mpi_person (person, enterprise_id, patient_key, created)
            SELECT p, i, k, instant FROM unnest(fresh, fresh_ids, fresh_keys) AS u (p, i, k);
        END IF;
        INSERT INTO mpi_link (record, person, rule, model, match_weight, actor, reason, valid_from,
                              recorded_from)
        SELECT r, o, l, m, w, 'hub', '', instant, instant
        FROM unnest(records, persons, rules, models, weights) AS u (r, o, l, m, w);
        INSERT INTO mpi_reach (patient_key, members)
        SELECT p, array_agg(k ORDER BY k) FROM unnest(person_keys, {name}.patient_keys) AS u (p, k)
        GROUP BY p
        ON CONFLICT (patient_key) DO UPDATE SET members = mpi_reach.members || excluded.members;
    END IF;
    INSERT INTO mpi_key (key, rule, record)
    SELECT k, r, n FROM unnest(keys, key_rules, key_records) AS u (k, r, n);
""".strip()

# As `mpi_settle` of 0023, which stays for the processes of a hub that are still of the last edition. Two
# statements with equal snapshots see the same, so what was seen before is so still, and nobody told of the
# patients meanwhile. `witness` is NULL where the caller holds the locks already.
ARRIVE = """
CREATE FUNCTION mpi_arrive(
    locks bigint[], seen bigint[], oversized integer, witness bigint, snapshot text,
    records bigint[], patient_ids text[], patient_keys uuid[], sources text[], local_ids text[], facts text[],
    texts bytea[], actives boolean[], version smallint, instant timestamptz, persons bigint[],
    person_keys uuid[], rules text[], models text[], weights float8[],
    fresh bigint[], fresh_ids text[], fresh_keys uuid[],
    key_records bigint[], keys bigint[], key_rules smallint[])
RETURNS boolean
LANGUAGE plpgsql VOLATILE AS $$
#variable_conflict use_column
DECLARE
    somebody_came boolean := true;
BEGIN
    IF witness IS NOT NULL THEN
        PERFORM pg_advisory_xact_lock(k) FROM unnest(locks) AS k;
        IF cardinality(seen) > 0 THEN
            PERFORM FROM mpi_person p WHERE p.person = ANY (seen) ORDER BY p.person FOR NO KEY UPDATE;
        END IF;
        somebody_came := snapshot IS DISTINCT FROM pg_current_snapshot()::text;
        IF somebody_came
           AND mpi_seen(ARRAY(SELECT DISTINCT k FROM unnest(keys) AS k), oversized, seen) <> witness THEN
            RETURN false;
        END IF;
    END IF;
    IF somebody_came
       AND EXISTS (SELECT FROM mpi_record r WHERE r.patient_key = ANY (mpi_arrive.patient_keys)) THEN
        RETURN false;
    END IF;
    {writes}    RETURN true;
END
$$;
""".replace("{writes}", WRITES.replace("{name}", "mpi_arrive"))

# What `mpi_tell` of 0024 and the last edition write by: the same as in 0023 but for `WRITES`.
SETTLE = """
CREATE OR REPLACE FUNCTION mpi_settle(
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
    {writes}
    RETURN true;
END
$$;
""".replace("{writes}", WRITES.replace("{name}", "mpi_settle"))

# The body of `mpi_settle` stays as it is: it does the same as that of 0023.
DOWNGRADE = """
DROP FUNCTION mpi_arrive(bigint[], bigint[], integer, bigint, text, bigint[], text[], uuid[], text[], text[],
                         text[], bytea[], boolean[], smallint, timestamptz, bigint[], uuid[], text[], text[],
                         float8[], bigint[], text[], uuid[], bigint[], bigint[], smallint[]);
"""


def upgrade() -> None:
    op.execute(ARRIVE)
    op.execute(SETTLE)


def downgrade() -> None:
    op.execute(DOWNGRADE)
