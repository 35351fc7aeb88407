"""Composite values, places, texts; search parameters of a deployment's own."""

from alembic import op

revision = "0005_search"
down_revision = "0004_trust"
branch_labels = None
depends_on = None

UPGRADE = """
CREATE TABLE composite_index (
    param smallint NOT NULL,
    key bigint NOT NULL,
    unit bigint,
    lo double precision NOT NULL,
    hi double precision NOT NULL,
    value text COLLATE "C",
    rid bigint NOT NULL
);
CREATE INDEX composite_index_lo ON composite_index (param, key, lo, rid);
CREATE INDEX composite_index_rid ON composite_index (rid);

CREATE TABLE position_index (
    lat double precision NOT NULL,
    lon double precision NOT NULL,
    rid bigint NOT NULL
);
CREATE INDEX position_index_lat ON position_index (lat, lon, rid);
CREATE INDEX position_index_rid ON position_index (rid);

CREATE TABLE text_index (
    token bigint NOT NULL,
    path bigint NOT NULL,
    value text COLLATE "C" NOT NULL,
    words integer[] NOT NULL
);
CREATE INDEX text_index_token ON text_index (token);
CREATE INDEX text_index_value ON text_index (path, value);
CREATE INDEX text_index_words ON text_index USING gin (words)
    WITH (fastupdate = on, gin_pending_list_limit = 64);

CREATE TABLE search_path (
    path text COLLATE "C" NOT NULL,
    number smallint NOT NULL,
    CONSTRAINT search_path_pkey PRIMARY KEY (path),
    CONSTRAINT search_path_number UNIQUE (number)
);

CREATE TABLE search_parameter (
    id text COLLATE "C" NOT NULL,
    version integer NOT NULL,
    types smallint[] NOT NULL,
    numbers smallint[] NOT NULL,
    indexed boolean NOT NULL,
    CONSTRAINT search_parameter_pkey PRIMARY KEY (id)
);

CREATE TABLE search_version (
    single boolean DEFAULT true NOT NULL,
    version bigint NOT NULL,
    CONSTRAINT search_version_pkey PRIMARY KEY (single),
    CONSTRAINT search_version_single CHECK (single)
);
INSERT INTO search_version (version) VALUES (0);
"""

DOWNGRADE = """
DROP TABLE search_version, search_parameter, search_path, text_index, position_index,
    composite_index;
"""


def upgrade() -> None:
    op.execute(UPGRADE)


def downgrade() -> None:
    op.execute(DOWNGRADE)
