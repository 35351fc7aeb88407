"""The tables of the master patient index; migrations 0003, 0011, 0014, 0017, 0021, 0023 and 0025 make them.

A record is what one hospital knows of one patient; a person is the enterprise identity that records are
linked to. Links are bitemporal: `valid_*` is when the record belonged to the person, `recorded_*` is when
the hub believed so. Nothing is overwritten but what is current.
"""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    DateTime,
    Double,
    ForeignKey,
    Identity,
    Index,
    LargeBinary,
    MetaData,
    SmallInteger,
    Table,
    Text,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSON, JSONB, UUID

metadata = MetaData()

_CURRENT = text("valid_to IS NULL AND recorded_to IS NULL")
_ENDED = text("valid_to IS NOT NULL OR recorded_to IS NOT NULL")
_OPEN = text("state = 'open'")
_RECORDED = text("recorded_to IS NULL")


def _number(name: str) -> Column[int]:
    return Column(name, BigInteger, Identity(), primary_key=True)


def _name(name: str, *, nullable: bool = False) -> Column[str]:
    return Column(name, Text(collation="C"), nullable=nullable)


def _instant(name: str, *, nullable: bool = False) -> Column[object]:
    return Column(name, DateTime(timezone=True), nullable=nullable)


def _record(name: str = "record", *, nullable: bool = False) -> Column[int]:
    return Column(name, ForeignKey("mpi_record.record"), nullable=nullable)


def _person(name: str = "person", *, nullable: bool = False) -> Column[int]:
    return Column(name, ForeignKey("mpi_person.person"), nullable=nullable)


# An enterprise identity. `enterprise_id` is the id of its Patient; it is opaque and never given again.
mpi_person = Table(
    "mpi_person",
    metadata,
    _number("person"),
    Column("enterprise_id", Text(collation="C"), nullable=False, unique=True),
    Column("patient_key", UUID, nullable=False, unique=True),
    _person("replaced_by", nullable=True),
    _instant("created"),
    _instant("replaced", nullable=True),
    CheckConstraint("replaced_by <> person", name="mpi_person_not_itself"),
    CheckConstraint("(replaced_by IS NULL) = (replaced IS NULL)", name="mpi_person_replaced_when"),
    Index("mpi_person_replaced_by", "replaced_by", postgresql_where=text("replaced_by IS NOT NULL")),
)

# A hospital's patient. `demographics` is normalised (by version `normalisation`) and only for matching;
# `shown` is JSON: the elements as sent that the enterprise Patient shows, byte for byte.
mpi_record = Table(
    "mpi_record",
    metadata,
    _number("record"),
    Column("patient_id", Text(collation="C"), nullable=False, unique=True),
    Column("patient_key", UUID, nullable=False, unique=True),
    _name("source"),
    _name("local_id"),
    Column("demographics", JSON, nullable=False),
    Column("normalisation", SmallInteger, nullable=False),
    Column("shown", LargeBinary, nullable=False),
    Column("active", Boolean, nullable=False),
    _record("merged_into", nullable=True),
    _instant("created"),
    _instant("updated"),
    CheckConstraint("merged_into <> record", name="mpi_record_not_itself"),
    Index("mpi_record_local_id", "local_id", "source"),
    Index("mpi_record_merged_into", "merged_into", postgresql_where=text("merged_into IS NOT NULL")),
)

# Which person a record belongs to, why, and since when; one current row a record. Neither
# records nor persons are ever deleted, and a first visit does not look for them again.
mpi_link = Table(
    "mpi_link",
    metadata,
    _number("link"),
    Column("record", BigInteger, nullable=False),
    Column("person", BigInteger, nullable=False),
    _name("rule"),
    _name("model", nullable=True),
    Column("match_weight", Double, nullable=True),
    _name("actor"),
    Column("reason", Text, nullable=False),
    Column("decision", ForeignKey("mpi_decision.decision"), nullable=True),
    _instant("valid_from"),
    _instant("valid_to", nullable=True),
    _instant("recorded_from"),
    _instant("recorded_to", nullable=True),
    CheckConstraint("valid_to > valid_from", name="mpi_link_valid"),
    CheckConstraint("recorded_to >= recorded_from", name="mpi_link_recorded"),
    Index(
        "mpi_link_current",
        "record",
        unique=True,
        postgresql_include=["person"],
        postgresql_where=_CURRENT,
    ),
    Index("mpi_link_person", "person", postgresql_include=["record"], postgresql_where=_CURRENT),
    Index("mpi_link_history", "record", "recorded_from", postgresql_where=_ENDED),
    Index("mpi_link_person_history", "person", "recorded_from", postgresql_where=_ENDED),
    Index("mpi_link_decision", "decision", postgresql_where=text("decision IS NOT NULL")),
)

# The systems of identifiers that hospitals have given numbers in.
mpi_domain = Table("mpi_domain", metadata, Column("system", Text(collation="C"), primary_key=True))

# What a human decided: the records that it moved from one person to another, the pairs that it kept apart or
# allowed. One that was taken back names the decision that did so.
mpi_decision = Table(
    "mpi_decision",
    metadata,
    _number("decision"),
    _name("kind"),
    _name("actor"),
    _name("confirmed_by", nullable=True),
    Column("reason", Text, nullable=False),
    _instant("decided"),
    _person("person", nullable=True),
    _person("origin", nullable=True),
    Column("records", ARRAY(BigInteger), nullable=False),
    Column("lifted", ARRAY(BigInteger), nullable=False),
    Column("kept_apart", ARRAY(BigInteger), nullable=False),
    Column("undone_by", ForeignKey("mpi_decision.decision"), nullable=True),
    CheckConstraint("undone_by <> decision", name="mpi_decision_not_itself"),
    Index("mpi_decision_person", "person"),
    Index("mpi_decision_origin", "origin"),
    Index("mpi_decision_records", "records", postgresql_using="gin"),
)

# Blocking keys: 64-bit hashes under the number of the rule that made them (`mpi.blocking`). Records are never
# deleted, and to look for the record of each key would cost a first visit a tenth of its time.
mpi_key = Table(
    "mpi_key",
    metadata,
    Column("key", BigInteger, primary_key=True),
    Column("rule", SmallInteger, primary_key=True),
    Column("record", BigInteger, primary_key=True),
    Index("mpi_key_record", "record"),
)

# The further keys to look under for a patient key (`mpi.reach`); derived from links, merges and replacements.
mpi_reach = Table(
    "mpi_reach",
    metadata,
    Column("patient_key", UUID, primary_key=True),
    Column("members", ARRAY(UUID), nullable=False),
)

# A hospital's merge of two of its own records, and the persons that both belonged to before.
mpi_merge = Table(
    "mpi_merge",
    metadata,
    _number("merge"),
    _record("loser"),
    _record("survivor"),
    _person("loser_person"),
    _person("survivor_person"),
    _name("actor"),
    Column("reason", Text, nullable=False),
    _instant("recorded_from"),
    _instant("recorded_to", nullable=True),
    _name("undone_by", nullable=True),
    Column("undone_reason", Text, nullable=True),
    CheckConstraint("loser <> survivor", name="mpi_merge_not_itself"),
    CheckConstraint("recorded_to >= recorded_from", name="mpi_merge_recorded"),
    Index("mpi_merge_current", "loser", unique=True, postgresql_where=_RECORDED),
    Index("mpi_merge_survivor", "survivor"),
    Index("mpi_merge_loser_person", "loser_person"),
)

# Models of the online decision (`mpi.online_model`), named by the digest of their document.
mpi_model = Table(
    "mpi_model",
    metadata,
    Column("digest", Text(collation="C"), primary_key=True),
    Column("document", LargeBinary, nullable=False),
    Column("trained_on", BigInteger, nullable=False),
    _name("actor"),
    _instant("created"),
)

# Which model decided since when; the last one does.
mpi_activation = Table(
    "mpi_activation",
    metadata,
    _number("activation"),
    Column("digest", ForeignKey("mpi_model.digest"), nullable=False),
    _name("actor"),
    Column("reason", Text, nullable=False),
    _instant("activated"),
    Index("mpi_activation_digest", "digest", "activation"),
)

# What a person has to decide. `persons` is sorted, so that the same question is asked once.
mpi_review = Table(
    "mpi_review",
    metadata,
    _number("review"),
    _name("kind"),
    _record(),
    Column("persons", ARRAY(BigInteger), nullable=False),
    Column("reasons", JSONB, nullable=False),
    _name("model", nullable=True),
    Column("match_weight", Double, nullable=True),
    Column("probability", Double, nullable=True),
    Column("priority", Double, nullable=False, server_default=text("0")),
    Column("state", Text(collation="C"), nullable=False, server_default=text("'open'")),
    _instant("created"),
    _instant("decided", nullable=True),
    _name("decided_by", nullable=True),
    Column("decision", JSONB, nullable=True),
    _name("proposed_by", nullable=True),
    Column("proposed", JSONB, nullable=True),
    CheckConstraint(
        "state IN ('open', 'proposed', 'decided', 'skipped', 'escalated', 'obsolete')",
        name="mpi_review_state",
    ),
    Index("mpi_review_record", "record"),
    Index("mpi_review_open", "record", "kind", "persons", unique=True, postgresql_where=_OPEN),
    Index("mpi_review_queue", "state", text("priority DESC"), "review"),
    Index("mpi_review_persons", "persons", postgresql_using="gin", postgresql_where=_OPEN),
)

# Pairs of records that somebody declared to be two people.
mpi_do_not_link = Table(
    "mpi_do_not_link",
    metadata,
    _number("pair"),
    _record("low"),
    _record("high"),
    _name("actor"),
    Column("reason", Text, nullable=False),
    _instant("recorded_from"),
    _instant("recorded_to", nullable=True),
    CheckConstraint("low < high", name="mpi_do_not_link_order"),
    CheckConstraint("recorded_to >= recorded_from", name="mpi_do_not_link_recorded"),
    Index("mpi_do_not_link_current", "low", "high", unique=True, postgresql_where=_RECORDED),
    Index("mpi_do_not_link_high", "high", postgresql_where=_RECORDED),
)

# Pairs of records that a human judged, for estimating the weights anew; one current judgement a pair.
mpi_label = Table(
    "mpi_label",
    metadata,
    _number("label"),
    _record("low"),
    _record("high"),
    Column("is_match", Boolean, nullable=False),
    _name("actor"),
    Column("review", ForeignKey("mpi_review.review"), nullable=True),
    _instant("recorded_from"),
    _instant("recorded_to", nullable=True),
    CheckConstraint("low < high", name="mpi_label_order"),
    CheckConstraint("recorded_to >= recorded_from", name="mpi_label_recorded"),
    Index("mpi_label_current", "low", "high", unique=True, postgresql_where=_RECORDED),
)
