"""A deployment's own search parameters, and the jobs that index stored resources again.

Migration 0005 makes them.
"""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Identity,
    Index,
    MetaData,
    PrimaryKeyConstraint,
    SmallInteger,
    Table,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, TIMESTAMP

metadata = MetaData()
BYTEWISE = Text(collation="C")
INSTANT = TIMESTAMP(timezone=True)

# The ids in the side tables of paths that are not in parameter_ids.json. A path keeps its number for ever.
search_path = Table(
    "search_path",
    metadata,
    Column("path", BYTEWISE, nullable=False),
    Column("number", SmallInteger, nullable=False),
    PrimaryKeyConstraint("path", name="search_path_pkey"),
    UniqueConstraint("number", name="search_path_number"),
)

# The SearchParameter resources in force; `indexed`: what was stored before has been indexed, too.
search_parameter = Table(
    "search_parameter",
    metadata,
    Column("id", BYTEWISE, nullable=False),
    Column("indexed", Boolean, nullable=False),
    PrimaryKeyConstraint("id", name="search_parameter_pkey"),
)

# Grows whenever `search_parameter` changes: how a hub learns that another changed it.
search_version = Table(
    "search_version",
    metadata,
    Column("single", Boolean, server_default=text("true"), nullable=False),
    Column("version", BigInteger, nullable=False),
    PrimaryKeyConstraint("single", name="search_version_pkey"),
    CheckConstraint("single", name="search_version_single"),
)

# `reached` is the last rid that is indexed again, `last` the last there is to do.
reindex_job = Table(
    "reindex_job",
    metadata,
    Column("job", BigInteger, Identity(), nullable=False),
    Column("parameter", BYTEWISE),
    Column("types", ARRAY(SmallInteger), nullable=False),
    Column("state", BYTEWISE, nullable=False),
    Column("done", BigInteger, nullable=False),
    Column("total", BigInteger, nullable=False),
    Column("failed", BigInteger, nullable=False),
    Column("reached", BigInteger, nullable=False),
    Column("last", BigInteger, nullable=False),
    Column("created", INSTANT, nullable=False),
    Column("updated", INSTANT, nullable=False),
    Column("error", Text),
    PrimaryKeyConstraint("job", name="reindex_job_pkey"),
    CheckConstraint("state IN ('running', 'completed', 'failed', 'cancelled')", name="reindex_job_state"),
    Index("reindex_job_running", "job", postgresql_where=text("state = 'running'")),
)
