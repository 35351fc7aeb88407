"""What chains, `_has` and hierarchies reach: keys, hashes and tokens as arrays, each computed once.

https://hl7.org/fhir/R4/search.html#chaining
"""

# ruff: noqa: S608 - made of fixed fragments; every value is an argument of the Builder.

from exchange.search.query.conditions import Phrases, Words
from exchange.search.query.criterion import Chain, Has, Kin, PatientReferences, Patients, Targets
from exchange.search.statement.builder import Builder
from exchange.search.value.text import after_prefix
from exchange.search.value.token import h64, present
from exchange.store.types import type_number
from mpi.store import PATIENT_KEYS

# The value that says that an element is there; as a URL it would join whatever has one.
_THERE = f"({h64(present())})::bigint"


def among(value: str, array: str) -> str:
    """True if the value is in the array, which may be long: it becomes a hash table, and no join."""
    return f"(({value} IN (SELECT u FROM unnest({array}) u)) IS TRUE)"


def overlapping(array: str) -> str:
    """True if a token of the row `i` is in the array, which may be long."""
    return f"EXISTS (SELECT 1 FROM unnest(i.tokens) k WHERE {among('k', array)} OFFSET 0)"


def patient_keys(b: Builder, criterion: Patients) -> str:
    """The keys to look under, as uuid[]: those named or found, and all that the patient index links."""

    def linked() -> str:
        if criterion.targets is None:
            return PATIENT_KEYS.format(keys=b.argument(list(criterion.keys), "uuid[]"))
        return PATIENT_KEYS.format(keys=f"ARRAY(SELECT t.patient FROM ({b.rows(b, criterion.targets)}) t)")

    return b.array("patient", linked, "uuid", (criterion.keys, criterion.targets))


def referring_tokens(b: Builder, criterion: PatientReferences) -> str:
    """The tokens of references to the patients, as bigint[]."""

    def tokens() -> str:
        keys = patient_keys(b, Patients(criterion.keys, several=True))
        salts = b.argument(list(criterion.salts), "bigint[]")
        return (
            f"SELECT p.ref # s FROM resource_index p CROSS JOIN unnest({salts}) s "
            f"WHERE p.type = {type_number('Patient')} AND p.patient = ANY({keys}) "
            f"UNION ALL SELECT unnest({b.argument(list(criterion.hashes), 'bigint[]')})"
        )

    return b.array("referring", tokens, "bigint", criterion)


def chained_tokens(b: Builder, criterion: Chain) -> str:
    """The tokens of references to the targets, as bigint[]."""

    def tokens() -> str:
        parts = []
        if criterion.salts:
            salts = b.argument(list(criterion.salts), "bigint[]")
            targets = " UNION ALL ".join(_references(b, targets) for targets in criterion.targets)
            parts.append(f"SELECT t.ref # s FROM ({targets}) t CROSS JOIN unnest({salts}) s")
        if criterion.by_url:
            parts += [_by_url(b, targets, criterion.urls, criterion.by_url) for targets in criterion.targets]
        return " UNION ALL ".join(parts)

    return b.array("chained", tokens, "bigint", criterion)


def _by_url(b: Builder, targets: Targets, near: tuple[int, ...], far: tuple[int, ...]) -> str:
    """The tokens at `far` of the URLs that the targets say at `near`."""
    salts = b.argument(list(near), "bigint[]"), b.argument(list(far), "bigint[]")
    return (
        f"SELECT DISTINCT k # s # f FROM ({b.rows(b, targets)}) t CROSS JOIN unnest(t.tokens) k "
        f"CROSS JOIN unnest({salts[0]}) s CROSS JOIN unnest({salts[1]}) f WHERE k # s <> {_THERE}"
    )


def _references(b: Builder, targets: Targets) -> str:
    """What refers to a Patient refers to the same person under every key."""
    if targets.resource_type != "Patient":
        return f"SELECT t.ref FROM ({b.rows(b, targets)}) t"
    keys = patient_keys(b, Patients((), several=False, targets=targets))
    of = f"p.type = {type_number('Patient')} AND p.patient = ANY({keys})"
    return f"SELECT p.ref FROM resource_index p WHERE {of}"


def phrase_tokens(b: Builder, criterion: Phrases) -> str:
    """The tokens of all texts that begin like this, as bigint[]."""

    def tokens() -> str:
        parts = [f"SELECT unnest({b.argument(list(criterion.hashes), 'bigint[]')})"]
        paths = b.argument(list(criterion.paths), "bigint[]")
        for prefix in criterion.prefixes:
            highest = after_prefix(prefix)
            below = "" if highest is None else f" AND x.value < {b.argument(highest, 'text')}"
            begins = f"x.value >= {b.argument(prefix, 'text')}{below}"
            parts.append(f"SELECT x.token FROM text_index x WHERE x.path = ANY({paths}) AND {begins}")
        return " UNION ALL ".join(parts)

    return b.array("phrases", tokens, "bigint", criterion)


def kin(b: Builder, criterion: Kin) -> str:
    """Hashes of the resources named and of all above or below them, as bigint[]."""

    def hashes() -> str:
        named = b.argument(list(criterion.references), "bigint[]")
        step = (_children if criterion.how == "below" else _parents)(b, criterion)
        return f"WITH RECURSIVE kin (ref) AS (SELECT unnest({named}) UNION {step}) SELECT k.ref FROM kin k"

    return b.array("kin", hashes, "bigint", criterion)


def _children(b: Builder, criterion: Kin) -> str:
    number, salts = type_number(criterion.resource_type), b.argument(list(criterion.salts), "bigint[]")
    return (
        f"SELECT n.ref FROM kin k CROSS JOIN unnest({salts}) s CROSS JOIN LATERAL (SELECT x.ref "
        f"FROM resource_index x WHERE x.tokens && ARRAY[k.ref # s] AND x.type = {number} OFFSET 0) n"
    )


def _parents(b: Builder, criterion: Kin) -> str:
    number, salts = type_number(criterion.resource_type), b.argument(list(criterion.salts), "bigint[]")
    return (
        f"SELECT n.ref FROM kin k CROSS JOIN LATERAL (SELECT x.tokens FROM resource_index x "
        f"WHERE x.ref = k.ref AND x.type = {number} OFFSET 0) c CROSS JOIN unnest(c.tokens) t "
        f"CROSS JOIN unnest({salts}) s CROSS JOIN LATERAL (SELECT x.ref FROM resource_index x "
        f"WHERE x.ref = (t # s) AND x.type = {number} OFFSET 0) n"
    )


def has_words(b: Builder, criterion: Words) -> str:
    """True for a row `t` of text_index that has the words."""
    having = f"t.words @> {b.argument(list(criterion.words), 'integer[]')}"
    if not criterion.paths:
        return having
    return f"{having} AND t.path = ANY({b.argument(list(criterion.paths), 'bigint[]')})"


def has_column(criterion: Has) -> str:
    """What of a row the sources name."""
    return "patient" if criterion.as_patient else "ref"


def has_values(b: Builder, criterion: Has) -> str:
    """Keys of the patients (uuid[]) or hashes of the resources (bigint[]) that the sources refer to."""

    def patients() -> str:
        sources = b.table("source", f"SELECT j.rid, j.patient FROM ({b.rows(b, criterion.sources)}) j")
        if not criterion.several:
            return f"SELECT DISTINCT j.patient FROM {sources} j"
        further = f"SELECT c.patient FROM {sources} j JOIN compartment_index c USING (rid)"
        return f"SELECT j.patient FROM {sources} j UNION {further}"

    def references() -> str:
        tokens = f"({b.rows(b, criterion.sources)}) j CROSS JOIN unnest(j.tokens) t"
        salts = b.argument(list(criterion.salts), "bigint[]")
        return f"SELECT DISTINCT t # s FROM {tokens} CROSS JOIN unnest({salts}) s"

    if criterion.as_patient:
        return b.array("referred", patients, "uuid", criterion)
    return b.array("referred", references, "bigint", criterion)


def has_urls(b: Builder, criterion: Has) -> str:
    """The tokens of the URLs that the sources name, as bigint[]."""

    def tokens() -> str:
        return _by_url(b, criterion.sources, criterion.by_url, criterion.urls)

    return b.array("named", tokens, "bigint", criterion)
