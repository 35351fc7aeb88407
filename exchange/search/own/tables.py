"""A deployment's own search parameters.

Migration 0005 makes them.
"""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Integer,
    MetaData,
    PrimaryKeyConstraint,
    SmallInteger,
    Table,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY

metadata = MetaData()
BYTEWISE = Text(collation="C")

# The ids in the side tables of paths that are not in parameter_ids.json. A path keeps its number for ever.
search_path = Table(
    "search_path",
    metadata,
    Column("path", BYTEWISE, nullable=False),
    Column("number", SmallInteger, nullable=False),
    PrimaryKeyConstraint("path", name="search_path_pkey"),
    UniqueConstraint("number", name="search_path_number"),
)

# The SearchParameter resources in force, for types, with their ids in the side tables. `indexed`: what was
# stored before has been indexed, too.
search_parameter = Table(
    "search_parameter",
    metadata,
    Column("id", BYTEWISE, nullable=False),
    Column("version", Integer, nullable=False),
    Column("types", ARRAY(SmallInteger), nullable=False),
    Column("numbers", ARRAY(SmallInteger), nullable=False),
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
