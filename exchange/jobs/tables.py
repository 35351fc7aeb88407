"""Work that goes on after its request was answered.

Migration 0008 makes the table. `client`, `hospital` and `allowed` (`Patient.r`) are who asked, and what that
caller may do: a job never sees more. `progress` is what the job needs to go on where it stood, `told` what is
shown of it. `result` is text that is sent as it is. A `running` job whose `lease` is over belongs to a hub
that died: another one goes on with it.
"""

from sqlalchemy import (
    JSON,
    CheckConstraint,
    Column,
    DateTime,
    Index,
    MetaData,
    SmallInteger,
    Table,
    Text,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

metadata = MetaData()

job = Table(
    "job",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("client", Text(collation="C"), nullable=False),
    Column("hospital", Text(collation="C")),
    Column("allowed", ARRAY(Text), nullable=False),
    Column("request", JSONB, nullable=False),
    Column("state", Text, nullable=False),
    Column("progress", JSONB),
    Column("told", Text, nullable=False, server_default=text("''")),
    Column("result", JSON),
    Column("status", SmallInteger),
    Column("created", DateTime(timezone=True), nullable=False),
    Column("updated", DateTime(timezone=True), nullable=False),
    Column("lease", DateTime(timezone=True)),
    CheckConstraint("state IN ('waiting', 'running', 'completed', 'failed', 'cancelled')", name="job_state"),
    Index("job_open", "created", postgresql_where=text("state IN ('waiting', 'running')")),
    Index("job_updated", "updated"),
)
