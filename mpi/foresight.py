"""What is decided of patients by what was seen without a lock, as long as nothing follows but that records
hold their content and new ones their links.

First visits are decided together, corrections beside them if they concern nobody else; everything else is
left to be told under locks (`mpi.store.resolve_all`). What is decided here is what would be decided there.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from operator import itemgetter
from typing import Any, Final

from mpi.blocking import OVERSIZED
from mpi.changes import Content
from mpi.enterprise import Person, Shown, elements_from_shown
from mpi.first_visits import columns
from mpi.lone import Correction, apart
from mpi.meeting import Meeting, decided, sought
from mpi.normalisation.demographics import demographics_from_json, json_from_demographics
from mpi.revision import seen
from mpi.rows import Connection, Row, locks_of
from mpi.survey import Survey

# The parameters of `mpi_tell` (migration 0024) after the locks, persons, keys and the witness, as
# `mpi.first_visits.columns` gives them.
_SETTLED: Final = (
    "records", "patient_ids", "patient_keys", "sources", "local_ids", "facts", "texts", "actives", "version",
    "instant", "persons", "person_keys", "rules", "models", "weights", "fresh", "fresh_ids", "fresh_keys",
    "key_records", "keys", "key_rules",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Foresight:
    """`visits` are first visits, `corrected` known records with their new content, by the number that the
    caller gave them; `same` have nothing to tell; `left` are to be told under locks. `names` are the
    enterprise ids of all persons concerned."""

    survey: Survey
    visits: Meeting | None
    corrected: Mapping[int, Correction]
    same: frozenset[int]
    left: frozenset[int]
    names: Mapping[int, str]

    @property
    def writes(self) -> bool:
        """Whether the index holds anything else than before."""
        return bool(self.visits or self.corrected)

    @property
    def affected(self) -> frozenset[int]:
        """The persons whose Patient may look different."""
        arriving = self.visits.persons if self.visits else ()
        return frozenset((*arriving, *(one.stored.person for one in self.corrected.values())))


async def foresee(
    connection: Connection, survey: Survey, contents: Mapping[int, Content], new_id: Callable[[], str]
) -> Foresight:
    """What is decided of these patients, of whom none is merged into another."""
    new = {at: each for at, each in contents.items() if each.patient_id not in survey.known}
    visits = await decided(connection, list(new.values()), survey.row, new_id) if new else None
    if visits is not None and not visits.is_one_statement:
        visits = None
    told = {
        at: Correction(stored, contents[at], frozenset(stored.names))
        for at in contents.keys() - new.keys()
        if _is_plain(survey, contents[at])
        and (stored := await seen(connection, _around(survey, contents[at]), contents[at]))
    }
    joined = set(visits.persons) if visits else set[int]()
    staying = [at for at in apart(told, contents) if told[at].persons.isdisjoint(joined)]
    same = frozenset(at for at in staying if told[at].stored.same)
    corrected = {at: told[at] for at in staying if at not in same}
    arriving = frozenset(new) if visits else frozenset[int]()
    names = {person: rows[0]["enterprise_id"] for person, rows in survey.persons.items()}
    names |= visits.names if visits else {}
    left = contents.keys() - arriving - same - corrected.keys()
    return Foresight(survey, visits, corrected, same, frozenset(left), names)


def persons(told: Foresight, instant: datetime) -> list[Person]:
    """The persons that may look different, as they will be."""
    fresh: dict[int, list[Shown]] = {}
    if told.visits:
        for person, content in zip(told.visits.persons, told.visits.contents, strict=True):
            fresh.setdefault(person, []).append(_shown(content, instant))
    changed = {one.stored.record: one.content for one in told.corrected.values()}
    return [
        Person(told.names[person], None, _replaced(rows), [*_stored(rows, changed, instant), *shown])
        for person in sorted(told.affected)
        for rows, shown in [(told.survey.persons.get(person, ()), fresh.get(person, ()))]
    ]


def written(told: Foresight, instant: datetime) -> dict[str, Any]:
    """The arguments of `mpi_tell`, by name."""
    corrected = list(told.corrected.values())
    visits = told.visits or Meeting((), (), (), (), {}, (), frozenset(), frozenset(), None, None)
    patient_ids, under = sought(told.survey.contents)
    settled = dict(zip(_SETTLED, list(columns(visits, instant))[5:], strict=True))
    keys = [(one.stored.record, key) for one in corrected for key in one.content.keys]
    return settled | {
        "locks": locks_of(patient_ids, under),
        "seen": sorted(told.survey.persons),
        "sought": under,
        "oversized": OVERSIZED,
        "witness": told.survey.row["witness"],
        "known": [one.stored.record for one in corrected],
        "known_sources": [one.content.source for one in corrected],
        "known_local_ids": [one.content.local_id for one in corrected],
        "known_facts": [json_from_demographics(one.content.demographics) for one in corrected],
        "known_texts": [one.content.shown for one in corrected],
        "known_actives": [one.content.active for one in corrected],
        "known_key_records": [record for record, _ in keys],
        "known_keys": [key.key for _, key in keys],
        "known_key_rules": [int(key.rule) for _, key in keys],
    }


def _is_plain(survey: Survey, content: Content) -> bool:
    """Whether a known record was merged with none, nobody is asked about it, and it is kept apart from
    nobody."""
    own = survey.known[content.patient_id]
    if own["merged"] or own["record"] in survey.row["involved"]:
        return False
    return all(row["survivor"] != own["record"] for row in survey.persons[own["person"]])


def _around(survey: Survey, content: Content) -> list[dict[str, Any]]:
    """The rows of `mpi.revision.AROUND` for a known record."""
    own = survey.known[content.patient_id]
    found = {person for key in content.keys for person in survey.leading.get(key.key, ())}
    return [
        row | {"forbidden": False, "own": is_own, "itself": is_own, "model": survey.row["model"]}
        for person in (own["person"], *sorted(found - {own["person"]}))
        for row in survey.persons[person]
        for is_own in [row["record"] == own["record"]]
    ]


def _replaced(rows: Sequence[Row]) -> Sequence[str]:
    replaced = rows[0]["replaced"] if rows else None
    return replaced.split() if replaced else ()


def _stored(rows: Sequence[Row], changed: Mapping[int, Content], instant: datetime) -> list[Shown]:
    shown = []
    for row in sorted(rows, key=itemgetter("record")):
        if row["record"] in changed:
            shown.append(_shown(changed[row["record"]], instant))
        else:
            elements, facts = elements_from_shown(row["shown"]), demographics_from_json(row["demographics"])
            told = (row["patient_id"], row["merged"], row["active"], row["updated"])
            shown.append(Shown(*told, elements, facts))
    return shown


def _shown(content: Content, instant: datetime) -> Shown:
    elements = elements_from_shown(content.shown)
    return Shown(content.patient_id, False, content.active, instant, elements, content.demographics)
