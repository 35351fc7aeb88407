"""First visits in two statements, of which the second one takes the locks, checks and writes; what a record's
new content meets in one."""

from alembic import op

revision = "0021_visits"
down_revision = "0020_neighbours"
branch_labels = depends_on = None

# Records and persons are never deleted: to look for both at each link cost a first visit a tenth of its time.
# Demographics are read back as a whole by every neighbour, so they are kept as they were written. The
# functions of 0017 and 0020 stay for the processes of a hub that are still of the last edition.
UPGRADE = """
ALTER TABLE mpi_link DROP CONSTRAINT mpi_link_record_fkey, DROP CONSTRAINT mpi_link_person_fkey;
ALTER TABLE mpi_record ALTER COLUMN demographics TYPE json USING demographics::json;
"""

# What `GLIMPSE` of `mpi.first_visits` reads without a lock, under locks: nobody comes near, and no person
# around changes until the transaction ends, so there is no witness.
MEET = """
CREATE FUNCTION mpi_meet(keys bigint[], oversized integer, coming integer, locks bigint[])
RETURNS TABLE (record bigint, person bigint, enterprise_id text, demographics text, merged boolean,
               settled boolean, asked boolean, replaces boolean, model text, witness bigint,
               under bigint[], near bigint[], records bigint[], fresh bigint[])
LANGUAGE plpgsql VOLATILE AS $$
#variable_conflict use_column
DECLARE
    held bigint[] := '{}';
    led bigint[];
    found bigint[];
    around bigint[];
    persons bigint[];
BEGIN
    PERFORM pg_advisory_xact_lock(k) FROM unnest(locks) AS k;
    SELECT array_agg(w.key), array_agg(f.record) INTO led, found
    FROM unnest(keys) AS w (key)
    CROSS JOIN LATERAL (SELECT k.record FROM mpi_key k WHERE k.key = w.key LIMIT oversized) f;
    IF cardinality(found) >= oversized THEN
        SELECT array_agg(u.key), array_agg(u.record) INTO led, found
        FROM unnest(led, found) AS u (key, record)
        WHERE u.key NOT IN (SELECT l FROM unnest(led) AS l GROUP BY l HAVING count(*) >= oversized);
    END IF;
    around := ARRAY(SELECT DISTINCT r FROM unnest(found) AS r);
    LOOP
        persons := ARRAY(SELECT DISTINCT l.person FROM unnest(around) AS r
                         CROSS JOIN LATERAL (SELECT l.person FROM mpi_link l
                                             WHERE l.record = r AND l.valid_to IS NULL
                                               AND l.recorded_to IS NULL OFFSET 0) l);
        EXIT WHEN persons <@ held;
        PERFORM FROM mpi_person p WHERE p.person = ANY (persons) ORDER BY p.person FOR NO KEY UPDATE;
        held := held || persons;
    END LOOP;
    RETURN QUERY
    SELECT NULL::bigint, NULL::bigint, NULL::text, NULL::text, false, false, false, false,
           (SELECT a.digest FROM mpi_activation a ORDER BY a.activation DESC LIMIT 1), NULL::bigint,
           led, found,
           (SELECT array_agg(nextval('mpi_record_record_seq')) FROM generate_series(1, coming)),
           (SELECT array_agg(nextval('mpi_person_person_seq')) FROM generate_series(1, coming));
    IF persons = '{}' THEN
        RETURN;
    END IF;
    RETURN QUERY
    SELECT l.record, s.person, p.enterprise_id, r.demographics::text, r.merged_into IS NOT NULL,
           l.actor <> 'hub', l.rule = 'review', p.replaces, NULL::text, NULL::bigint,
           NULL::bigint[], NULL::bigint[], NULL::bigint[], NULL::bigint[]
    FROM unnest(persons) AS s (person)
    CROSS JOIN LATERAL (SELECT p.enterprise_id,
                               EXISTS (SELECT FROM mpi_person o WHERE o.replaced_by = s.person) AS replaces
                        FROM mpi_person p WHERE p.person = s.person OFFSET 0) p
    CROSS JOIN LATERAL (SELECT l.record, l.actor, l.rule FROM mpi_link l
                        WHERE l.person = s.person AND l.valid_to IS NULL AND l.recorded_to IS NULL
                        OFFSET 0) l
    CROSS JOIN LATERAL (SELECT r.demographics, r.merged_into FROM mpi_record r
                        WHERE r.record = l.record OFFSET 0) r;
END
$$;
"""

# What was seen by these keys when it was decided, as one number: the same as `witness` of
# `mpi.first_visits.GLIMPSE`.
WITNESS = """
CREATE FUNCTION mpi_witness(keys bigint[], oversized integer) RETURNS bigint
LANGUAGE sql STABLE AS $$
WITH near AS MATERIALIZED (
    SELECT w.key, f.record FROM unnest(keys) AS w (key)
    CROSS JOIN LATERAL (SELECT k.record FROM mpi_key k WHERE k.key = w.key LIMIT oversized) f
), persons AS MATERIALIZED (
    SELECT DISTINCT l.person
    FROM (SELECT DISTINCT record FROM near
          WHERE key NOT IN (SELECT key FROM near GROUP BY key HAVING count(*) >= oversized)) n
    CROSS JOIN LATERAL (SELECT l.person FROM mpi_link l
                        WHERE l.record = n.record AND l.valid_to IS NULL AND l.recorded_to IS NULL OFFSET 0) l
)
SELECT coalesce(bit_xor(hash_record_extended(ROW(l.link, r.updated, r.merged_into), 0)), 0)
FROM persons s
CROSS JOIN LATERAL (SELECT l.link, l.record FROM mpi_link l
                    WHERE l.person = s.person AND l.valid_to IS NULL AND l.recorded_to IS NULL OFFSET 0) l
CROSS JOIN LATERAL (SELECT r.updated, r.merged_into FROM mpi_record r WHERE r.record = l.record OFFSET 0) r
$$;
"""

# Records that are not there yet, with their keys and first links; `fresh` are persons that begin with them.
# With a witness the locks are taken here. False if one is there, or what was seen is not so any more: then
# nothing is written, and the locks are held.
REGISTER = """
CREATE FUNCTION mpi_register(
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
        IF mpi_witness(sought, oversized) <> witness THEN
            RETURN false;
        END IF;
    END IF;
    IF EXISTS (SELECT FROM mpi_record r WHERE r.patient_key = ANY (mpi_register.patient_keys)) THEN
        RETURN false;
    END IF;
    WITH record AS (
        INSERT INTO mpi_record (record, patient_id, patient_key, source, local_id, demographics,
                                normalisation, shown, active, created, updated)
        SELECT r, i, k, s, l, f::json, version, t, a, instant, instant
        FROM unnest(records, patient_ids, patient_keys, sources, local_ids, facts, texts, actives)
            AS u (r, i, k, s, l, f, t, a)
    ), person AS (
        INSERT INTO mpi_person (person, enterprise_id, patient_key, created)
        SELECT p, i, k, instant FROM unnest(fresh, fresh_ids, fresh_keys) AS u (p, i, k)
    ), key AS (
        INSERT INTO mpi_key (key, rule, record)
        SELECT k, r, n FROM unnest(keys, key_rules, key_records) AS u (k, r, n)
    ), link AS (
        INSERT INTO mpi_link (record, person, rule, model, match_weight, actor, reason,
                              valid_from, recorded_from)
        SELECT r, o, l, m, w, 'hub', '', instant, instant
        FROM unnest(records, persons, rules, models, weights) AS u (r, o, l, m, w)
    )
    INSERT INTO mpi_reach (patient_key, members)
    SELECT p, array_agg(k ORDER BY k) FROM unnest(person_keys, patient_keys) AS u (p, k) GROUP BY p
    ON CONFLICT (patient_key) DO UPDATE SET members = mpi_reach.members || excluded.members;
    RETURN true;
END
$$;
"""

# A known record, its person and the persons that share a key with it, all locked; no row, if nobody told of
# it. `own`: the record itself and what was merged into it.
AROUND = """
CREATE FUNCTION mpi_around(locks bigint[], patient uuid, keys bigint[], oversized integer)
RETURNS TABLE (person bigint, enterprise_id text, record bigint, demographics text, merged boolean,
               settled boolean, asked boolean, forbidden boolean, own boolean, itself boolean, rule text,
               shown bytea, active boolean, normalisation smallint, model text)
LANGUAGE plpgsql VOLATILE AS $$
#variable_conflict use_column
DECLARE
    held bigint[] := '{}';
    told bigint;
    under bigint[];
    near bigint[];
    persons bigint[];
BEGIN
    PERFORM pg_advisory_xact_lock(k) FROM unnest(locks) AS k;
    SELECT r.record INTO told FROM mpi_record r WHERE r.patient_key = patient;
    IF told IS NULL THEN
        RETURN;
    END IF;
    SELECT array_agg(w.key), array_agg(f.record) INTO under, near
    FROM unnest(keys) AS w (key)
    CROSS JOIN LATERAL (SELECT k.record FROM mpi_key k WHERE k.key = w.key LIMIT oversized) f;
    IF cardinality(near) >= oversized THEN
        near := ARRAY(SELECT r FROM unnest(under, near) AS u (key, r)
                      WHERE u.key NOT IN (SELECT key FROM unnest(under) AS key
                                          GROUP BY key HAVING count(*) >= oversized));
    END IF;
    near := ARRAY(SELECT DISTINCT r FROM unnest(near || told) AS r);
    LOOP
        persons := ARRAY(SELECT l.person FROM unnest(near) AS r
                         CROSS JOIN LATERAL (SELECT l.person FROM mpi_link l
                                             WHERE l.record = r AND l.valid_to IS NULL
                                               AND l.recorded_to IS NULL OFFSET 0) l);
        EXIT WHEN persons <@ held;
        PERFORM FROM mpi_person p WHERE p.person = ANY (persons) ORDER BY p.person FOR NO KEY UPDATE;
        held := held || persons;
    END LOOP;
    RETURN QUERY
    WITH RECURSIVE unit AS (
        SELECT told AS record
        UNION
        SELECT r.record FROM unit u JOIN mpi_record r ON r.merged_into = u.record
    )
    SELECT s.person, p.enterprise_id, l.record, r.demographics::text, r.merged_into IS NOT NULL,
           l.actor <> 'hub', l.rule = 'review',
           EXISTS (SELECT FROM mpi_do_not_link d WHERE d.recorded_to IS NULL
                   AND d.low = least(l.record, told) AND d.high = greatest(l.record, told)),
           l.record IN (SELECT u.record FROM unit u), l.record = told, l.rule,
           CASE WHEN l.record = told THEN r.shown END, r.active, r.normalisation,
           active.digest
    FROM (SELECT DISTINCT q AS person FROM unnest(persons) AS q) s
    CROSS JOIN LATERAL (SELECT p.enterprise_id FROM mpi_person p WHERE p.person = s.person OFFSET 0) p
    CROSS JOIN LATERAL (SELECT l.record, l.actor, l.rule FROM mpi_link l
                        WHERE l.person = s.person AND l.valid_to IS NULL AND l.recorded_to IS NULL
                        OFFSET 0) l
    CROSS JOIN LATERAL (SELECT r.demographics, r.merged_into, r.shown, r.active, r.normalisation
                        FROM mpi_record r WHERE r.record = l.record OFFSET 0) r
    LEFT JOIN (SELECT a.digest FROM mpi_activation a ORDER BY a.activation DESC LIMIT 1) active ON true;
END
$$;
"""

DOWNGRADE = """
DROP FUNCTION mpi_around(bigint[], uuid, bigint[], integer);
DROP FUNCTION mpi_register(bigint[], bigint[], bigint[], integer, bigint, bigint[], text[], uuid[], text[],
                           text[], text[], bytea[], boolean[], smallint, timestamptz, bigint[], uuid[],
                           text[], text[], float8[], bigint[], text[], uuid[], bigint[], bigint[],
                           smallint[]);
DROP FUNCTION mpi_witness(bigint[], integer);
DROP FUNCTION mpi_meet(bigint[], integer, integer, bigint[]);
ALTER TABLE mpi_record ALTER COLUMN demographics TYPE jsonb USING demographics::jsonb;
ALTER TABLE mpi_link ADD FOREIGN KEY (record) REFERENCES mpi_record (record),
                     ADD FOREIGN KEY (person) REFERENCES mpi_person (person);
"""


def upgrade() -> None:
    op.execute(UPGRADE)
    op.execute(MEET)
    op.execute(WITNESS)
    op.execute(REGISTER)
    op.execute(AROUND)


def downgrade() -> None:
    op.execute(DOWNGRADE)
