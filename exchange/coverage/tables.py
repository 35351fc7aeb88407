"""What became of the fields of messages, by hospital, type and day.

`disposition` is mapped, ignored (with the `reason`) or residue; the field "" has whole messages (`message`)
and all their values. Days of long ago are put together as the first of their month.
"""

from sqlalchemy import BigInteger, CheckConstraint, Column, Date, Index, MetaData, Table, Text, text

metadata = MetaData()

coverage = Table(
    "coverage",
    metadata,
    Column("hospital", Text(collation="C"), primary_key=True),
    Column("message_type", Text(collation="C"), primary_key=True),
    Column("field", Text(collation="C"), primary_key=True),
    Column("disposition", Text(collation="C"), primary_key=True),
    Column("reason", Text(collation="C"), primary_key=True),
    Column("day", Date, primary_key=True),
    Column("number", BigInteger, nullable=False),
    CheckConstraint(
        "disposition IN ('message', 'mapped', 'ignored', 'residue')", name="coverage_disposition"
    ),
    Index("coverage_totals", "hospital", "message_type", postgresql_where=text("field = ''")),
)
