"""The patient index written in bulk: what a first load stages, and first visits in one function call."""

from alembic import op

revision = "0017_first_load"
down_revision = "0016_telling"
branch_labels = depends_on = None

UPGRADE = """
CREATE TABLE mpi_staged (
    number bigint NOT NULL,
    patient_id text COLLATE "C" NOT NULL,
    patient_key uuid NOT NULL,
    source text COLLATE "C" NOT NULL,
    local_id text COLLATE "C" NOT NULL,
    demographics text NOT NULL,
    shown bytea NOT NULL,
    active boolean NOT NULL,
    replaced_by text COLLATE "C",
    keys bigint[] NOT NULL,
    rules smallint[] NOT NULL,
    later boolean DEFAULT false NOT NULL,
    PRIMARY KEY (number)
);
CREATE TABLE mpi_staged_chunk (
    source bytea NOT NULL,
    start bigint NOT NULL,
    place integer NOT NULL,
    records bigint NOT NULL,
    PRIMARY KEY (source, start)
);
CREATE UNLOGGED TABLE mpi_staged_link (
    number bigint NOT NULL,
    record bigint NOT NULL,
    person bigint NOT NULL,
    rule text COLLATE "C" NOT NULL,
    match_weight double precision,
    reason text NOT NULL
);
CREATE UNLOGGED TABLE mpi_staged_person (
    person bigint NOT NULL,
    enterprise_id text COLLATE "C" NOT NULL,
    patient_key uuid NOT NULL
);
CREATE UNLOGGED TABLE mpi_staged_review (
    record bigint NOT NULL,
    persons bigint[] NOT NULL,
    reasons jsonb NOT NULL,
    match_weight double precision,
    probability double precision NOT NULL,
    priority double precision NOT NULL
);
CREATE INDEX mpi_review_record ON mpi_review (record);
ALTER TABLE mpi_key DROP CONSTRAINT mpi_key_record_fkey;
"""

# Records that are not there yet, with their keys and first links. `persons` are numbers of persons; -1 is the
# first of the new ones. A row for each in order, without a record where somebody told of it meanwhile.
REGISTER = """
CREATE FUNCTION mpi_register(
    patient_ids text[], patient_keys uuid[], sources text[], local_ids text[], facts text[], texts bytea[],
    actives boolean[], version smallint, instant timestamptz, persons bigint[], person_keys uuid[],
    rules text[], models text[], weights float8[], fresh text[], fresh_keys uuid[],
    numbers integer[], keys bigint[], key_rules smallint[])
RETURNS TABLE (record bigint, person bigint, replaces boolean)
LANGUAGE plpgsql VOLATILE AS $$
#variable_conflict use_column
DECLARE
    made bigint[];
    written bigint[];
    own bigint[];
    begun bigint[];
BEGIN
    SELECT array_agg(nextval('mpi_record_record_seq')) INTO made
    FROM generate_series(1, cardinality(patient_ids));
    WITH done AS (
        INSERT INTO mpi_record (record, patient_id, patient_key, source, local_id, demographics,
                                normalisation, shown, active, created, updated)
        SELECT r, i, k, s, l, f::jsonb, version, t, a, instant, instant
        FROM unnest(made, patient_ids, patient_keys, sources, local_ids, facts, texts, actives)
            AS u (r, i, k, s, l, f, t, a)
        ON CONFLICT (patient_id) DO NOTHING RETURNING record
    )
    SELECT array_agg(done.record) INTO written FROM done;
    IF written IS NULL THEN
        RETURN QUERY SELECT NULL::bigint, p, false FROM unnest(persons) AS p;
        RETURN;
    END IF;
    IF cardinality(written) < cardinality(made) THEN
        made := ARRAY(SELECT CASE WHEN r = ANY (written) THEN r END
                      FROM unnest(made) WITH ORDINALITY AS u (r, n) ORDER BY n);
    END IF;
    own := persons;
    IF cardinality(fresh) > 0 THEN
        SELECT array_agg(nextval('mpi_person_person_seq')) INTO begun
        FROM generate_series(1, cardinality(fresh));
        INSERT INTO mpi_person (person, enterprise_id, patient_key, created)
        SELECT b, f, k, instant
        FROM unnest(begun, fresh, fresh_keys) WITH ORDINALITY AS u (b, f, k, n)
        WHERE EXISTS (SELECT FROM unnest(made, persons) AS o (r, p) WHERE o.r IS NOT NULL AND o.p = -n);
        own := ARRAY(SELECT CASE WHEN p < 0 THEN begun[-p] ELSE p END
                     FROM unnest(persons) WITH ORDINALITY AS u (p, n) ORDER BY n);
    END IF;
    INSERT INTO mpi_key (key, rule, record)
    SELECT k, r, made[n] FROM unnest(keys, key_rules, numbers) AS u (k, r, n) WHERE made[n] IS NOT NULL;
    INSERT INTO mpi_link (record, person, rule, model, match_weight, actor, reason, valid_from, recorded_from)
    SELECT r, o, l, m, w, 'hub', '', instant, instant
    FROM unnest(made, own, rules, models, weights) AS u (r, o, l, m, w) WHERE r IS NOT NULL;
    INSERT INTO mpi_reach (patient_key, members)
    SELECT p, array_agg(k ORDER BY k)
    FROM unnest(made, person_keys, patient_keys) AS u (r, p, k) WHERE r IS NOT NULL GROUP BY p
    ON CONFLICT (patient_key) DO UPDATE SET members = mpi_reach.members || excluded.members;
    RETURN QUERY
    SELECT r, o, EXISTS (SELECT FROM mpi_person q WHERE q.replaced_by = o)
    FROM unnest(made, own) WITH ORDINALITY AS u (r, o, n) ORDER BY n;
END
$$;
"""

# As in 0014, and a key whose record belongs to nobody leads nowhere: it would be waited for without end.
NEIGHBOURS = """
CREATE OR REPLACE FUNCTION mpi_neighbours(locks bigint[], keys bigint[], oversized integer)
RETURNS TABLE (person bigint, enterprise_id text, shared bigint[], record bigint, demographics text,
               merged boolean, settled boolean, asked boolean, model text)
LANGUAGE plpgsql VOLATILE AS $$
#variable_conflict use_column
DECLARE
    held bigint[] := '{}';
    persons bigint[];
    under bigint[];
BEGIN
    PERFORM pg_advisory_xact_lock(k) FROM unnest(locks) AS k;
    LOOP
        SELECT array_agg(found.person), array_agg(found.key) INTO persons, under
        FROM (SELECT DISTINCT wanted.key,
                     (SELECT l.person FROM mpi_link l
                      WHERE l.record = each.record AND l.valid_to IS NULL AND l.recorded_to IS NULL) AS person
              FROM unnest(keys) AS wanted (key)
              CROSS JOIN LATERAL (SELECT array_agg(few.record) AS records
                                  FROM (SELECT k.record FROM mpi_key k WHERE k.key = wanted.key
                                        LIMIT oversized) few) near
              CROSS JOIN LATERAL unnest(near.records) AS each (record)
              WHERE cardinality(near.records) < oversized) found
        WHERE found.person IS NOT NULL;
        EXIT WHEN persons IS NULL OR persons <@ held;
        PERFORM FROM mpi_person p WHERE p.person = ANY (persons) ORDER BY p.person FOR NO KEY UPDATE;
        held := held || persons;
    END LOOP;
    RETURN QUERY
    SELECT s.person, p.enterprise_id, s.keys, l.record, r.demographics::text, r.merged_into IS NOT NULL,
           l.actor <> 'hub', l.rule = 'review',
           (SELECT a.digest FROM mpi_activation a ORDER BY a.activation DESC LIMIT 1)
    FROM (SELECT u.person, array_agg(u.key) AS keys FROM unnest(persons, under) AS u (person, key)
          GROUP BY u.person) s
    CROSS JOIN LATERAL (SELECT p.enterprise_id FROM mpi_person p WHERE p.person = s.person OFFSET 0) p
    CROSS JOIN LATERAL (SELECT l.record, l.actor, l.rule FROM mpi_link l
                        WHERE l.person = s.person AND l.valid_to IS NULL AND l.recorded_to IS NULL
                        OFFSET 0) l
    CROSS JOIN LATERAL (SELECT r.demographics, r.merged_into FROM mpi_record r
                        WHERE r.record = l.record OFFSET 0) r;
END
$$;
"""

DOWNGRADE = """
DROP FUNCTION mpi_register(text[], uuid[], text[], text[], text[], bytea[], boolean[], smallint, timestamptz,
                           bigint[], uuid[], text[], text[], float8[], text[], uuid[], integer[], bigint[],
                           smallint[]);
ALTER TABLE mpi_key ADD FOREIGN KEY (record) REFERENCES mpi_record (record);
DROP INDEX mpi_review_record;
DROP TABLE mpi_staged_review;
DROP TABLE mpi_staged_person;
DROP TABLE mpi_staged_link;
DROP TABLE mpi_staged_chunk;
DROP TABLE mpi_staged;
"""


def upgrade() -> None:
    op.execute(UPGRADE)
    op.execute(REGISTER)
    op.execute(NEIGHBOURS)


def downgrade() -> None:
    op.execute(DOWNGRADE)
