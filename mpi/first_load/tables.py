"""What a first load keeps until it is done; migration 0017 makes these tables.

`mpi_staged` is durable, so that a load that was killed goes on; what is decided from it is made anew.
"""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Double,
    Integer,
    LargeBinary,
    SmallInteger,
    Table,
    Text,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, UUID

from mpi.tables import metadata

_UNLOGGED = ["UNLOGGED"]


def _number(name: str, *, key: bool = False) -> Column[int]:
    return Column(name, BigInteger, primary_key=key, autoincrement=False, nullable=False)


def _name(name: str, *, nullable: bool = False) -> Column[str]:
    return Column(name, Text(collation="C"), nullable=nullable)


# Patients as the index will know them, in the order of `number`. `later`: to be told after all others.
mpi_staged = Table(
    "mpi_staged",
    metadata,
    _number("number", key=True),
    _name("patient_id"),
    Column("patient_key", UUID, nullable=False),
    _name("source"),
    _name("local_id"),
    Column("demographics", Text, nullable=False),
    Column("shown", LargeBinary, nullable=False),
    Column("active", Boolean, nullable=False),
    _name("replaced_by", nullable=True),
    Column("keys", ARRAY(BigInteger), nullable=False),
    Column("rules", ARRAY(SmallInteger), nullable=False),
    Column("later", Boolean, nullable=False, server_default=text("false")),
)

# Which pieces of which sources are staged.
mpi_staged_chunk = Table(
    "mpi_staged_chunk",
    metadata,
    Column("source", LargeBinary, primary_key=True),
    _number("start", key=True),
    Column("place", Integer, nullable=False),
    _number("records"),
)

# What was decided: a person has the number of its first record.
mpi_staged_link = Table(
    "mpi_staged_link",
    metadata,
    _number("number"),
    _number("record"),
    _number("person"),
    _name("rule"),
    Column("match_weight", Double, nullable=True),
    Column("reason", Text, nullable=False),
    prefixes=_UNLOGGED,
)
mpi_staged_person = Table(
    "mpi_staged_person",
    metadata,
    _number("person"),
    _name("enterprise_id"),
    Column("patient_key", UUID, nullable=False),
    prefixes=_UNLOGGED,
)
mpi_staged_review = Table(
    "mpi_staged_review",
    metadata,
    _number("record"),
    Column("persons", ARRAY(BigInteger), nullable=False),
    Column("reasons", JSONB, nullable=False),
    Column("match_weight", Double, nullable=True),
    Column("probability", Double, nullable=False),
    Column("priority", Double, nullable=False),
    prefixes=_UNLOGGED,
)
