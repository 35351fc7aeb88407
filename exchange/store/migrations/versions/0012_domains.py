"""The identifier domains in which hospitals have given numbers."""

from alembic import op

revision = "0012_domains"
down_revision = "0011_identity"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute('CREATE TABLE mpi_domain (system text COLLATE "C", PRIMARY KEY (system))')


def downgrade() -> None:
    op.execute("DROP TABLE mpi_domain")
