"""Tables of channels: how far pulls are, what was counted, and the sequence numbers of links."""

from sqlalchemy import (
    BigInteger,
    Column,
    DateTime,
    Double,
    MetaData,
    PrimaryKeyConstraint,
    Table,
    Text,
)

metadata = MetaData()
BYTEWISE = Text(collation="C")

# The last row that a pull has kept.
channel_mark = Table(
    "channel_mark",
    metadata,
    Column("channel", BYTEWISE, nullable=False),
    Column("mark", Text, nullable=False),
    Column("kept", DateTime(timezone=True), nullable=False),
    PrimaryKeyConstraint("channel", name="channel_mark_pkey"),
)

# What all processes counted.
channel_count = Table(
    "channel_count",
    metadata,
    Column("channel", BYTEWISE, nullable=False),
    Column("name", BYTEWISE, nullable=False),
    Column("label", BYTEWISE, nullable=False),
    Column("number", Double, nullable=False),
    PrimaryKeyConstraint("channel", "name", "label", name="channel_count_pkey"),
)

# The number that a link expects next; NULL: whatever comes.
sequence_link = Table(
    "sequence_link",
    metadata,
    Column("channel", BYTEWISE, nullable=False),
    Column("sender", BYTEWISE, nullable=False),
    Column("expected", BigInteger),
    PrimaryKeyConstraint("channel", "sender", name="sequence_link_pkey"),
)
