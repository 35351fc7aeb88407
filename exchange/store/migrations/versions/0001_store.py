"""Resources, their history and their search index."""

from alembic import op

revision = "0001_store"
down_revision = None
branch_labels = None
depends_on = None

UPGRADE = """
CREATE SEQUENCE resource_rid AS bigint;

CREATE TABLE resource (
    rid bigint DEFAULT nextval('resource_rid') NOT NULL,
    type smallint NOT NULL,
    id text COLLATE "C" NOT NULL,
    version integer NOT NULL,
    updated timestamptz NOT NULL,
    body bytea,
    CONSTRAINT resource_pkey PRIMARY KEY (rid),
    CONSTRAINT resource_type_id UNIQUE (type, id)
);
ALTER SEQUENCE resource_rid OWNED BY resource.rid;

CREATE TABLE history (
    rid bigint NOT NULL,
    version integer NOT NULL,
    updated timestamptz NOT NULL,
    body bytea,
    CONSTRAINT history_pkey PRIMARY KEY (rid, version)
);

CREATE TABLE resource_index (
    rid bigint NOT NULL,
    type smallint NOT NULL,
    ref bigint NOT NULL,
    patient uuid,
    ts bigint,
    ts_end bigint,
    updated bigint NOT NULL,
    tokens bigint[] NOT NULL,
    CONSTRAINT resource_index_pkey PRIMARY KEY (rid)
);
CREATE INDEX resource_index_tokens ON resource_index USING gin (tokens)
    WITH (fastupdate = on, gin_pending_list_limit = 64);
CREATE INDEX resource_index_patient ON resource_index (patient, type, ts, rid);
CREATE INDEX resource_index_ts ON resource_index (type, ts, rid);
CREATE INDEX resource_index_updated ON resource_index (type, updated, rid);
CREATE INDEX resource_index_type ON resource_index (type, rid);
CREATE INDEX resource_index_ref ON resource_index (ref);

CREATE TABLE code_index (
    code bigint NOT NULL,
    patient uuid,
    ts bigint,
    rid bigint NOT NULL
);
CREATE INDEX code_index_patient ON code_index (patient, code, ts, rid);
CREATE INDEX code_index_code ON code_index (code, ts, rid);
CREATE INDEX code_index_rid ON code_index (rid);

CREATE TABLE compartment_index (
    patient uuid NOT NULL,
    rid bigint NOT NULL
);
CREATE INDEX compartment_index_patient ON compartment_index (patient, rid);
CREATE INDEX compartment_index_rid ON compartment_index (rid);

CREATE TABLE identifier_index (
    value text COLLATE "C" NOT NULL,
    system text COLLATE "C" NOT NULL,
    param smallint NOT NULL,
    rid bigint NOT NULL
);
CREATE INDEX identifier_index_value ON identifier_index (value, param);
CREATE INDEX identifier_index_rid ON identifier_index (rid);

CREATE TABLE string_index (
    param smallint NOT NULL,
    value text COLLATE "C" NOT NULL,
    exact text COLLATE "C" NOT NULL,
    grams text[] NOT NULL,
    rid bigint NOT NULL
);
CREATE INDEX string_index_value ON string_index (param, value text_pattern_ops);
CREATE INDEX string_index_grams ON string_index USING gin (grams)
    WITH (fastupdate = on, gin_pending_list_limit = 64);
CREATE INDEX string_index_rid ON string_index (rid);

CREATE TABLE date_index (
    param smallint NOT NULL,
    lo bigint NOT NULL,
    hi bigint NOT NULL,
    rid bigint NOT NULL
);
CREATE INDEX date_index_lo ON date_index (param, lo, rid);
CREATE INDEX date_index_rid ON date_index (rid);

CREATE TABLE number_index (
    param smallint NOT NULL,
    lo double precision NOT NULL,
    hi double precision NOT NULL,
    rid bigint NOT NULL
);
CREATE INDEX number_index_lo ON number_index (param, lo, rid);
CREATE INDEX number_index_rid ON number_index (rid);

CREATE TABLE quantity_index (
    param smallint NOT NULL,
    unit bigint,
    lo double precision NOT NULL,
    hi double precision NOT NULL,
    rid bigint NOT NULL
);
CREATE INDEX quantity_index_lo ON quantity_index (param, unit, lo, rid);
CREATE INDEX quantity_index_rid ON quantity_index (rid);
"""

DOWNGRADE = """
DROP TABLE quantity_index, number_index, date_index, string_index, identifier_index, compartment_index,
    code_index, resource_index, history, resource;
"""


def upgrade() -> None:
    op.execute(UPGRADE)


def downgrade() -> None:
    op.execute(DOWNGRADE)
