"""What a load remembers, so that it can be resumed: sources, their chunks, and the indexes it has put aside.

Migration 0007 makes them.
"""

from sqlalchemy import (
    BigInteger,
    Column,
    Identity,
    Integer,
    LargeBinary,
    MetaData,
    PrimaryKeyConstraint,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, TIMESTAMP

metadata = MetaData()
INSTANT = TIMESTAMP(timezone=True)

# A file that was loaded at least in part. `run` and `place` say which run came last, and where it stood among
# the run's files; `round` counts how often it was begun from the start.
load = Table(
    "load",
    metadata,
    Column("load", BigInteger, Identity(), nullable=False),
    Column("fingerprint", LargeBinary, nullable=False),
    Column("source", Text, nullable=False),
    Column("round", Integer, nullable=False),
    Column("run", Uuid, nullable=False),
    Column("place", Integer, nullable=False),
    Column("begun", INSTANT, nullable=False),
    Column("finished", INSTANT),
    PrimaryKeyConstraint("load", name="load_pkey"),
    UniqueConstraint("fingerprint", name="load_fingerprint"),
)

# A piece of a file that is stored. `written`: the times (`resource.updated`) under which it has written.
load_chunk = Table(
    "load_chunk",
    metadata,
    Column("load", BigInteger, nullable=False),
    Column("start", BigInteger, nullable=False),
    Column("round", Integer, nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("first_line", BigInteger, nullable=False),
    Column("lines", BigInteger, nullable=False),
    Column("created", Integer, nullable=False),
    Column("updated", Integer, nullable=False),
    Column("unchanged", Integer, nullable=False),
    Column("rejected", Integer, nullable=False),
    Column("written", ARRAY(INSTANT), nullable=False),
    Column("findings", JSONB, nullable=False),
    PrimaryKeyConstraint("load", "start", name="load_chunk_pkey"),
)

# The indexes that a load has dropped, and how to make them again.
load_index = Table(
    "load_index",
    metadata,
    Column("name", Text, nullable=False),
    Column("definition", Text, nullable=False),
    PrimaryKeyConstraint("name", name="load_index_pkey"),
)
