"""The neighbours of a record: keys are read once, for under their locks no record comes to them."""

from alembic import op

revision = "0020_neighbours"
down_revision = "0019_coverage"
branch_labels = depends_on = None

# As in 0017 but for what the loop reads: which records have the keys stays while the keys are locked; to whom
# these records belong is read again when their persons are locked, until it has not changed.
NEIGHBOURS = """
CREATE OR REPLACE FUNCTION mpi_neighbours(locks bigint[], keys bigint[], oversized integer)
RETURNS TABLE (person bigint, enterprise_id text, shared bigint[], record bigint, demographics text,
               merged boolean, settled boolean, asked boolean, model text)
LANGUAGE plpgsql VOLATILE AS $$
#variable_conflict use_column
DECLARE
    held bigint[] := '{}';
    under bigint[];
    having_it bigint[];
    around bigint[];
    placed bigint[];
    persons bigint[];
BEGIN
    PERFORM pg_advisory_xact_lock(k) FROM unnest(locks) AS k;
    SELECT array_agg(wanted.key), array_agg(each.record) INTO under, having_it
    FROM unnest(keys) AS wanted (key)
    CROSS JOIN LATERAL (SELECT array_agg(few.record) AS records
                        FROM (SELECT k.record FROM mpi_key k WHERE k.key = wanted.key
                              LIMIT oversized) few) near
    CROSS JOIN LATERAL unnest(near.records) AS each (record)
    WHERE cardinality(near.records) < oversized;
    IF under IS NULL THEN
        RETURN;
    END IF;
    around := ARRAY(SELECT DISTINCT r FROM unnest(having_it) AS r);
    LOOP
        SELECT array_agg(r), array_agg(l.person) INTO placed, persons
        FROM unnest(around) AS r
        CROSS JOIN LATERAL (SELECT l.person FROM mpi_link l
                            WHERE l.record = r AND l.valid_to IS NULL AND l.recorded_to IS NULL OFFSET 0) l;
        EXIT WHEN persons IS NULL OR persons <@ held;
        PERFORM FROM mpi_person p WHERE p.person = ANY (persons) ORDER BY p.person FOR NO KEY UPDATE;
        held := held || persons;
    END LOOP;
    RETURN QUERY
    SELECT s.person, p.enterprise_id, s.keys, l.record, r.demographics::text, r.merged_into IS NOT NULL,
           l.actor <> 'hub', l.rule = 'review', active.digest
    FROM (SELECT w.person, array_agg(DISTINCT u.key) AS keys
          FROM unnest(under, having_it) AS u (key, record)
          JOIN unnest(placed, persons) AS w (record, person) ON w.record = u.record
          GROUP BY w.person) s
    CROSS JOIN LATERAL (SELECT p.enterprise_id FROM mpi_person p WHERE p.person = s.person OFFSET 0) p
    CROSS JOIN LATERAL (SELECT l.record, l.actor, l.rule FROM mpi_link l
                        WHERE l.person = s.person AND l.valid_to IS NULL AND l.recorded_to IS NULL
                        OFFSET 0) l
    CROSS JOIN LATERAL (SELECT r.demographics, r.merged_into FROM mpi_record r
                        WHERE r.record = l.record OFFSET 0) r
    LEFT JOIN (SELECT a.digest FROM mpi_activation a ORDER BY a.activation DESC LIMIT 1) active ON true;
END
$$;
"""


def upgrade() -> None:
    op.execute(NEIGHBOURS)


def downgrade() -> None:
    """The one of 0017 tells the same."""
