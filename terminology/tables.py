"""Large code systems in the database: a row for each release, its concepts packed in parts.

Migration 0009 makes the tables. A release is not there for anybody until it is `finished`; a part holds
concepts as `terminology.packed` packs them: 350,000 of SNOMED's shape take some 10 MB and 3 s to read, which
a row for each concept (and six million for the closure) could not.

Migration 0010 makes the tables of `$closure`: each belongs to a client, and goes as a whole.
"""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    DateTime,
    ForeignKey,
    Identity,
    Integer,
    LargeBinary,
    MetaData,
    PrimaryKeyConstraint,
    Table,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

metadata = MetaData()

concept_release = Table(
    "concept_release",
    metadata,
    Column("release", BigInteger, Identity(always=True), primary_key=True),
    Column("url", Text(collation="C"), nullable=False),
    Column("version", Text(collation="C"), nullable=False),
    Column("header", JSONB, nullable=False),
    Column("concepts", Integer, nullable=False, server_default=text("0")),
    Column("loaded", DateTime(timezone=True), nullable=False),
    Column("finished", Boolean, nullable=False, server_default=text("false")),
)

concept_part = Table(
    "concept_part",
    metadata,
    Column("release", BigInteger, nullable=False),
    Column("part", Integer, nullable=False),
    Column("body", LargeBinary, nullable=False),
    PrimaryKeyConstraint("release", "part", name="concept_part_pkey"),
)

closure_table = Table(
    "closure_table",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("owner", Text(collation="C"), nullable=False),
    Column("name", Text(collation="C"), nullable=False),
    Column("version", Integer, nullable=False, server_default=text("0")),
    UniqueConstraint("owner", "name", name="closure_table_name"),
)


def _of_table() -> Column[int]:
    return Column("table_id", BigInteger, ForeignKey("closure_table.id", ondelete="CASCADE"), nullable=False)


closure_system = Table(
    "closure_system",
    metadata,
    _of_table(),
    Column("system", Text(collation="C"), nullable=False),
    Column("version", Text(collation="C"), nullable=False),
    PrimaryKeyConstraint("table_id", "system", name="closure_system_pkey"),
)

closure_concept = Table(
    "closure_concept",
    metadata,
    _of_table(),
    Column("system", Text(collation="C"), nullable=False),
    Column("code", Text(collation="C"), nullable=False),
    PrimaryKeyConstraint("table_id", "system", "code", name="closure_concept_pkey"),
)

closure_edge = Table(
    "closure_edge",
    metadata,
    _of_table(),
    Column("version", Integer, nullable=False),
    Column("system", Text(collation="C"), nullable=False),
    Column("below", Text(collation="C"), nullable=False),
    Column("above", Text(collation="C"), nullable=False),
    PrimaryKeyConstraint("table_id", "version", "system", "below", "above", name="closure_edge_pkey"),
)
