"""The inbox table: raw messages, durable before they are acknowledged.

`id` is the order of arrival. `charset` is the channel's, where it overrides MSH-18. `sender` is MSH-3 and
MSH-4 as sent (control ids are unique per sender only, and vendors reuse them: the bytes' SHA-256 belongs to
the key). A row is `received` until its processing has committed; then `processed`, or `quarantined` with the
issues that kept it out. Out of quarantine it comes as `resent` (a corrected copy, whose `original` it is, was
sent on in its stead) or `discarded`; who decided it and why is an `inbox_decision`. `acknowledgement` is the
application acknowledgement as sent. `map_version` are the maps by which it was translated last, `replay`
what queued it again last, `keeper` the process that has it in hand (`exchange.inbound.presence`). An
`inbox_replay` has queued again what it `asked` for up to the message `reached`, of those up to `last`.
"""

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    DateTime,
    ForeignKey,
    Identity,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    PrimaryKeyConstraint,
    Table,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

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
    Column("map_version", Text(collation="C")),
    Column("original", BigInteger, ForeignKey("inbox.id")),
    Column("replay", BigInteger),
    Column("keeper", Integer),
    UniqueConstraint("sender", "control_id", "sha256", name="inbox_message"),
    CheckConstraint(
        "state IN ('received', 'processed', 'quarantined', 'resent', 'discarded')", name="inbox_state"
    ),
    Index("inbox_pending", "id", postgresql_where=text("state = 'received'")),
    Index("inbox_quarantined", "id", postgresql_where=text("state = 'quarantined'")),
    Index("inbox_sha256", "sha256"),
    Index("inbox_original", "original", postgresql_where=text("original IS NOT NULL")),
)

inbox_decision = Table(
    "inbox_decision",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("message", BigInteger, ForeignKey("inbox.id"), nullable=False),
    Column("action", Text, nullable=False),
    Column("actor", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("copy", BigInteger, ForeignKey("inbox.id")),
    Column("decided", DateTime(timezone=True), nullable=False),
    CheckConstraint(
        "action IN ('read', 'corrected', 'resent', 'discarded', 'restored')", name="inbox_decision_action"
    ),
    Index("inbox_decision_message", "message"),
)

inbox_replay = Table(
    "inbox_replay",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("asked", JSONB, nullable=False),
    Column("actor", Text, nullable=False),
    Column("begun", DateTime(timezone=True), nullable=False),
    Column("last", BigInteger, nullable=False),
    Column("reached", BigInteger, nullable=False),
    Column("requeued", BigInteger, nullable=False, server_default=text("0")),
    Column("ended", DateTime(timezone=True)),
)

# Which messages told of a patient (or of a resource that several share), in the order of their places.
telling = Table(
    "telling",
    metadata,
    Column("subject", BigInteger, nullable=False, autoincrement=False),
    Column("place", LargeBinary, nullable=False),
    Column("message", BigInteger, nullable=False),
    Column("refs", ARRAY(BigInteger), nullable=False),
    Column("versions", ARRAY(Integer), nullable=False),
    PrimaryKeyConstraint("subject", "place", name="telling_pkey"),
)
