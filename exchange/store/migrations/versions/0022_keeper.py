"""Which process has a message in hand."""

from alembic import op

revision = "0022_keeper"
down_revision = "0021_visits"
branch_labels = depends_on = None


def upgrade() -> None:
    op.execute("ALTER TABLE inbox ADD COLUMN keeper integer")


def downgrade() -> None:
    op.execute("ALTER TABLE inbox DROP COLUMN keeper")
