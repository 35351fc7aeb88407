"""Clients' closure tables."""

from alembic import op

revision = "0010_closure"
down_revision = "0009_terminology"
branch_labels = None
depends_on = None

UPGRADE = """
CREATE TABLE closure_table (
    id bigint GENERATED ALWAYS AS IDENTITY,
    owner text COLLATE "C" NOT NULL,
    name text COLLATE "C" NOT NULL,
    version integer DEFAULT 0 NOT NULL,
    CONSTRAINT closure_table_pkey PRIMARY KEY (id),
    CONSTRAINT closure_table_name UNIQUE (owner, name)
);
CREATE TABLE closure_system (
    table_id bigint NOT NULL REFERENCES closure_table (id) ON DELETE CASCADE,
    system text COLLATE "C" NOT NULL,
    version text COLLATE "C" NOT NULL,
    CONSTRAINT closure_system_pkey PRIMARY KEY (table_id, system)
);
CREATE TABLE closure_concept (
    table_id bigint NOT NULL REFERENCES closure_table (id) ON DELETE CASCADE,
    system text COLLATE "C" NOT NULL,
    code text COLLATE "C" NOT NULL,
    CONSTRAINT closure_concept_pkey PRIMARY KEY (table_id, system, code)
);
CREATE TABLE closure_edge (
    table_id bigint NOT NULL REFERENCES closure_table (id) ON DELETE CASCADE,
    version integer NOT NULL,
    system text COLLATE "C" NOT NULL,
    below text COLLATE "C" NOT NULL,
    above text COLLATE "C" NOT NULL,
    CONSTRAINT closure_edge_pkey PRIMARY KEY (table_id, version, system, below, above)
);
"""

DOWNGRADE = """
DROP TABLE closure_edge;
DROP TABLE closure_concept;
DROP TABLE closure_system;
DROP TABLE closure_table;
"""


def upgrade() -> None:
    op.execute(UPGRADE)


def downgrade() -> None:
    op.execute(DOWNGRADE)
