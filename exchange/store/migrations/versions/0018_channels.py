"""Channels: how far pulls are, what was counted, and the sequence numbers of links."""

from alembic import op

revision = "0018_channels"
down_revision = "0017_first_load"
branch_labels = depends_on = None

UPGRADE = """
CREATE TABLE channel_mark (
    channel text COLLATE "C" NOT NULL,
    mark text NOT NULL,
    kept timestamptz NOT NULL,
    CONSTRAINT channel_mark_pkey PRIMARY KEY (channel)
);
CREATE TABLE channel_count (
    channel text COLLATE "C" NOT NULL,
    name text COLLATE "C" NOT NULL,
    label text COLLATE "C" NOT NULL,
    number double precision NOT NULL,
    CONSTRAINT channel_count_pkey PRIMARY KEY (channel, name, label)
);
CREATE TABLE sequence_link (
    channel text COLLATE "C" NOT NULL,
    sender text COLLATE "C" NOT NULL,
    expected bigint,
    CONSTRAINT sequence_link_pkey PRIMARY KEY (channel, sender)
);
"""


def upgrade() -> None:
    op.execute(UPGRADE)


def downgrade() -> None:
    op.execute("DROP TABLE sequence_link; DROP TABLE channel_count; DROP TABLE channel_mark;")
