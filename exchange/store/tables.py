"""The store's schema: resources, superseded versions, and the search index of the current ones.

https://www.postgresql.org/docs/18/ddl.html

`migrations/` makes these tables and a test holds both to the same. Times of the index are microseconds
since 1970 (`exchange.search.index.row`). No foreign keys: one statement writes a resource and its index.
"""

from sqlalchemy import (
    BigInteger,
    Column,
    Double,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    PrimaryKeyConstraint,
    Sequence,
    SmallInteger,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
)
from sqlalchemy.dialects.postgresql import ARRAY, TIMESTAMP

metadata = MetaData()
RID = Sequence("resource_rid", data_type=BigInteger, metadata=metadata)
BYTEWISE = Text(collation="C")

# A pending list saves half the CPU of a write. Every look-up reads all of it, so it is kept short: with 64 kB
# that costs 10 µs, with PostgreSQL's 4 MB ten times the look-up itself.
PENDING = {"fastupdate": "on", "gin_pending_list_limit": "64"}
INSTANT = TIMESTAMP(timezone=True)


def _rid() -> Column[int]:
    return Column("rid", BigInteger, nullable=False, autoincrement=False)


def _param() -> Column[int]:
    return Column("param", SmallInteger, nullable=False)


# The current version of every resource; `body` holds the bytes as served, NULL once deleted.
resource = Table(
    "resource",
    metadata,
    Column("rid", BigInteger, server_default=RID.next_value(), nullable=False),
    Column("type", SmallInteger, nullable=False),
    Column("id", BYTEWISE, nullable=False),
    Column("version", Integer, nullable=False),
    Column("updated", INSTANT, nullable=False),
    Column("body", LargeBinary),
    PrimaryKeyConstraint("rid", name="resource_pkey"),
    UniqueConstraint("type", "id", name="resource_type_id"),
)

# Superseded versions, and deletions even while they are current: what resource_index does not know.
history = Table(
    "history",
    metadata,
    _rid(),
    Column("version", Integer, nullable=False),
    Column("updated", INSTANT, nullable=False),
    Column("body", LargeBinary),
    Column("type", SmallInteger, nullable=False),
    PrimaryKeyConstraint("rid", "version", name="history_pkey"),
    Index("history_updated", "type", "updated", "rid", "version"),
)

# One narrow row a current resource. `ref` is the hash of `Type/id`; `ts`, `ts_end` the leading date.
resource_index = Table(
    "resource_index",
    metadata,
    _rid(),
    Column("type", SmallInteger, nullable=False),
    Column("ref", BigInteger, nullable=False),
    Column("patient", Uuid),
    Column("ts", BigInteger),
    Column("ts_end", BigInteger),
    Column("updated", BigInteger, nullable=False),
    Column("tokens", ARRAY(BigInteger), nullable=False),
    PrimaryKeyConstraint("rid", name="resource_index_pkey"),
    Index("resource_index_tokens", "tokens", postgresql_using="gin", postgresql_with=PENDING),
    Index("resource_index_patient", "patient", "type", "ts", "rid"),
    Index("resource_index_ts", "type", "ts", "rid"),
    Index("resource_index_updated", "type", "updated", "rid"),
    Index("resource_index_type", "type", "rid"),
    Index("resource_index_ref", "ref"),
)

# One row a coding of the leading code, so that a local code and LOINC side by side are both found.
code_index = Table(
    "code_index",
    metadata,
    Column("code", BigInteger, nullable=False),
    Column("patient", Uuid),
    Column("ts", BigInteger),
    _rid(),
    Index("code_index_patient", "patient", "code", "ts", "rid"),
    Index("code_index_code", "code", "ts", "rid"),
    Index("code_index_rid", "rid"),
)

# The further patients of a resource that is in several compartments.
compartment_index = Table(
    "compartment_index",
    metadata,
    Column("patient", Uuid, nullable=False),
    _rid(),
    Index("compartment_index_patient", "patient", "rid"),
    Index("compartment_index_rid", "rid"),
)

identifier_index = Table(
    "identifier_index",
    metadata,
    Column("value", BYTEWISE, nullable=False),
    Column("system", BYTEWISE, nullable=False),
    _param(),
    _rid(),
    Index("identifier_index_value", "value", "param"),
    Index("identifier_index_rid", "rid"),
)

# `value` is normalised; `grams` are its characters and pairs, for `:contains`.
string_index = Table(
    "string_index",
    metadata,
    _param(),
    Column("value", BYTEWISE, nullable=False),
    Column("exact", BYTEWISE, nullable=False),
    Column("grams", ARRAY(Text), nullable=False),
    _rid(),
    Index("string_index_value", "param", "value", postgresql_ops={"value": "text_pattern_ops"}),
    Index("string_index_grams", "grams", postgresql_using="gin", postgresql_with=PENDING),
    Index("string_index_rid", "rid"),
)

date_index = Table(
    "date_index",
    metadata,
    _param(),
    Column("lo", BigInteger, nullable=False),
    Column("hi", BigInteger, nullable=False),
    _rid(),
    Index("date_index_lo", "param", "lo", "rid"),
    Index("date_index_rid", "rid"),
)

number_index = Table(
    "number_index",
    metadata,
    _param(),
    Column("lo", Double, nullable=False),
    Column("hi", Double, nullable=False),
    _rid(),
    Index("number_index_lo", "param", "lo", "rid"),
    Index("number_index_rid", "rid"),
)

quantity_index = Table(
    "quantity_index",
    metadata,
    _param(),
    Column("unit", BigInteger),
    Column("lo", Double, nullable=False),
    Column("hi", Double, nullable=False),
    _rid(),
    Index("quantity_index_lo", "param", "unit", "lo", "rid"),
    Index("quantity_index_rid", "rid"),
)

# A composite's value rows (`exchange.search.definition.composite`); `key` is the token of its first part.
composite_index = Table(
    "composite_index",
    metadata,
    _param(),
    Column("key", BigInteger, nullable=False),
    Column("unit", BigInteger),
    Column("lo", Double, nullable=False),
    Column("hi", Double, nullable=False),
    Column("value", BYTEWISE),
    _rid(),
    Index("composite_index_lo", "param", "key", "lo", "rid"),
    Index("composite_index_rid", "rid"),
)

# Where a Location is, in degrees.
position_index = Table(
    "position_index",
    metadata,
    Column("lat", Double, nullable=False),
    Column("lon", Double, nullable=False),
    _rid(),
    Index("position_index_lat", "lat", "lon", "rid"),
    Index("position_index_rid", "rid"),
)

# Each text and uri once, by the token that its resources have (`exchange.search.index.phrase`).
text_index = Table(
    "text_index",
    metadata,
    Column("token", BigInteger, nullable=False),
    Column("path", BigInteger, nullable=False),
    Column("value", BYTEWISE, nullable=False),
    Column("words", ARRAY(Integer), nullable=False),
    Index("text_index_token", "token"),
    Index("text_index_value", "path", "value"),
    Index("text_index_words", "words", postgresql_using="gin", postgresql_with=PENDING),
)
