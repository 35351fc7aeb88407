"""Large code systems in the database: a row for each release, its concepts packed in parts.

Migration 0009 makes the tables. A release is not there for anybody until it is `finished`; a part holds
concepts as `terminology.packed` packs them: 350,000 of SNOMED's shape take some 10 MB and 3 s to read, which
a row for each concept (and six million for the closure) could not.
"""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    DateTime,
    Identity,
    Integer,
    LargeBinary,
    MetaData,
    PrimaryKeyConstraint,
    Table,
    Text,
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
