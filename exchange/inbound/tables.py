"""The inbox table: raw messages, durable before they are acknowledged.

`id` is the order of arrival. `charset` is the channel's, where it overrides MSH-18. `sender` is MSH-3 and
MSH-4 as sent (control ids are unique per sender only, and vendors reuse them: the bytes' SHA-256 belongs to
the key). A row is `received` until its processing has committed; then `processed`, or `quarantined` with the
issues that kept it out. `acknowledgement` is the application acknowledgement as sent.
"""

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    DateTime,
    Identity,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

metadata = MetaData()

inbox = Table(
    "inbox",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("received", DateTime(timezone=True), nullable=False),
    Column("channel", Text, nullable=False),
    Column("sender", Text, nullable=False),
    Column("control_id", Text, nullable=False),
    Column("sha256", LargeBinary, nullable=False),
    Column("raw", LargeBinary, nullable=False),
    Column("charset", Text),
    Column("message_type", Text, nullable=False),
    Column("hospital", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("attempts", Integer, nullable=False, server_default=text("0")),
    Column("processed", DateTime(timezone=True)),
    Column("acknowledgement_code", Text),
    Column("acknowledgement", LargeBinary),
    Column("issues", JSONB),
    Column("mapped", Integer),
    Column("ignored", Integer),
    Column("residue", Integer),
    Column("residue_values", JSONB),
    UniqueConstraint("sender", "control_id", "sha256", name="inbox_message"),
    CheckConstraint("state IN ('received', 'processed', 'quarantined')", name="inbox_state"),
    Index("inbox_pending", "id", postgresql_where=text("state = 'received'")),
    Index("inbox_quarantined", "id", postgresql_where=text("state = 'quarantined'")),
    Index("inbox_sha256", "sha256"),
)
