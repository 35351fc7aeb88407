"""Criteria of nothing but identifiers: what they find, and whether that is still so under their locks."""

from alembic import op

revision = "0026_criteria"
down_revision = "0025_arrivals"
branch_labels = depends_on = None

# The resources that have one of many identifiers. A system of NULL is any. The Patients of the patient index
# have the identifiers of the hospitals' Patients too: they are nobody's to write, and not meant. Fenced
# (OFFSET 0), so that it begins with the identifiers.
IDENTIFIED = """
CREATE FUNCTION identified(asked integer[], types smallint[], params smallint[], systems text[],
                           numbers text[])
RETURNS TABLE (n integer, id text)
LANGUAGE sql STABLE AS $$
    SELECT DISTINCT w.n, f.id
    FROM unnest(asked, types, params, systems, numbers) AS w (n, type, param, system, value)
    CROSS JOIN LATERAL (
        SELECT r.id
        FROM (SELECT i.rid FROM identifier_index i
              WHERE i.value = w.value AND i.param = w.param AND (w.system IS NULL OR i.system = w.system)
              OFFSET 0) i
        JOIN resource r ON r.rid = i.rid
        WHERE r.type = w.type AND r.body IS NOT NULL
          AND NOT EXISTS (SELECT FROM mpi_person p WHERE p.enterprise_id = r.id)
        OFFSET 0
    ) f
$$;
"""

# Takes the locks, alone or together with others, and looks again: each of `matches` is who asked and an id.
AS_FOUND = """
CREATE FUNCTION identified_as_found(locks bigint[], alone boolean[], asked integer[], types smallint[],
                                    params smallint[], systems text[], numbers text[], matches text[])
RETURNS boolean
LANGUAGE plpgsql VOLATILE AS $$
BEGIN
    PERFORM CASE WHEN l.alone THEN pg_advisory_xact_lock(l.key) ELSE pg_advisory_xact_lock_shared(l.key) END
    FROM unnest(locks, identified_as_found.alone) AS l (key, alone);
    RETURN matches = ARRAY(
        SELECT i.n || ' ' || i.id FROM identified(asked, types, params, systems, numbers) i
        ORDER BY i.n, i.id COLLATE "C"
    );
END
$$;
"""

DOWNGRADE = """
DROP FUNCTION identified_as_found(bigint[], boolean[], integer[], smallint[], smallint[], text[], text[],
                                  text[]);
DROP FUNCTION identified(integer[], smallint[], smallint[], text[], text[]);
"""


def upgrade() -> None:
    op.execute(IDENTIFIED)
    op.execute(AS_FOUND)


def downgrade() -> None:
    op.execute(DOWNGRADE)
