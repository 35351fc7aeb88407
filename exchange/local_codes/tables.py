"""Hospitals' own codes as they were met, and what people have decided about them.

Migration 0013 makes the tables. A row is a concept of its hospital's CodeSystem and, while nothing is mapped,
an entry of the work queue. Counts are added up, so that it does not matter who adds first; `alone` are those
without another system's code beside. `example` is `Type/id` and tells nothing of anybody. `changed` moves
when the CodeSystem would say something else; `published` is when it was written last. No index has a
count: to count rewrites none.
"""

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    DateTime,
    Index,
    MetaData,
    PrimaryKeyConstraint,
    Table,
    Text,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY

metadata = MetaData()
BYTEWISE = Text(collation="C")


def _said(name: str) -> Column[str]:
    return Column(name, Text, nullable=False, server_default=text("''"))


local_code = Table(
    "local_code",
    metadata,
    Column("system", BYTEWISE, nullable=False),
    Column("code", BYTEWISE, nullable=False),
    Column("hospital", BYTEWISE, nullable=False),
    Column("name", BYTEWISE, nullable=False),
    _said("display"),
    Column("places", ARRAY(Text), nullable=False),
    Column("seen", BigInteger, nullable=False),
    Column("alone", BigInteger, nullable=False),
    Column("first_seen", DateTime(timezone=True), nullable=False),
    Column("last_seen", DateTime(timezone=True), nullable=False),
    _said("example"),
    _said("beside_system"),
    _said("beside_code"),
    _said("beside_display"),
    Column("state", Text, nullable=False, server_default=text("'open'")),
    _said("assignee"),
    _said("reason"),
    _said("actor"),
    Column("changed", DateTime(timezone=True), nullable=False),
    PrimaryKeyConstraint("system", "code", name="local_code_pkey"),
    CheckConstraint("state IN ('open', 'assigned', 'mapped', 'ignored')", name="local_code_state"),
    Index("local_code_changed", "changed"),
)

local_system = Table(
    "local_system",
    metadata,
    Column("system", BYTEWISE, primary_key=True),
    Column("published", DateTime(timezone=True), nullable=False),
)
