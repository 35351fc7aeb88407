"""The history of a type and of all types: superseded versions know their type, deletions stand among them."""

from alembic import op

revision = "0006_history"
down_revision = "0005_search"
branch_labels = None
depends_on = None

UPGRADE = """
ALTER TABLE history ADD COLUMN type smallint;
UPDATE history h SET type = r.type FROM resource r WHERE r.rid = h.rid;
INSERT INTO history (rid, version, updated, body, type)
    SELECT rid, version, updated, body, type FROM resource WHERE body IS NULL;
ALTER TABLE history ALTER COLUMN type SET NOT NULL;
CREATE INDEX history_updated ON history (type, updated, rid, version);
"""

DOWNGRADE = """
DROP INDEX history_updated;
DELETE FROM history h USING resource r WHERE r.rid = h.rid AND r.version = h.version;
ALTER TABLE history DROP COLUMN type;
"""


def upgrade() -> None:
    op.execute(UPGRADE)


def downgrade() -> None:
    op.execute(DOWNGRADE)
