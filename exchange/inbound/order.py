"""The order of messages about one patient: who comes late is found out, and everybody's place is noted."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from exchange.inbound import telling
from exchange.inbound.lateness import hashed
from exchange.inbound.telling import Telling
from exchange.inbound.work import SHARED, Plan, Reference, Work
from exchange.store.connection import Connection

Subjects = Mapping[int, frozenset[int]]


class Late(Exception):
    """Messages that stand later were told already."""

    def __init__(self, works: Sequence[tuple[Work, Sequence[Telling]]]) -> None:
        super().__init__(f"{len(works)} messages")
        self.works = works


def subjects_of(work: Work, plan: Plan) -> frozenset[int]:
    """What a message is ordered by: its patients, and what it changes of what belongs to no patient alone."""
    changed = plan.changed.get(work.id)
    if changed is None:
        return frozenset()
    patients = {hashed(("Patient", id_)) for id_ in work.patients}
    return frozenset(patients | {hashed(each) for each in changed if not patients or each[0] in SHARED})


async def require_in_place(
    connection: Connection, works: Sequence[Work], subjects: Subjects, plan: Plan
) -> None:
    """Raises Late for messages behind which others stand that the plan knows nothing of."""
    asked = [(work, subject) for work in works for subject in subjects[work.id]]
    found = await telling.later(connection, [(subject, work.place) for work, subject in asked])
    after: dict[int, dict[int, Telling]] = {}
    for (work, _), tellings in zip(asked, found, strict=True):
        after.setdefault(work.id, {}).update({each.message: each for each in tellings})
    late = [
        (work, sorted(behind.values(), key=lambda each: each.place))
        for work in works
        if (behind := after.get(work.id)) and not behind.keys() <= _known(plan, work)
    ]
    if late:
        raise Late(late)


async def tell(
    connection: Connection,
    works: Iterable[Work],
    subjects: Subjects,
    plan: Plan,
    versions: Mapping[Reference, int],
) -> None:
    """Notes what each message told, and which versions show it."""
    told = [
        (subject, _telling(work, plan, versions)) for work in works for subject in sorted(subjects[work.id])
    ]
    await telling.tell(connection, told)
    for work in works:
        if work.id in plan.late and subjects[work.id]:
            await _correct(connection, work, subjects[work.id], plan, versions)


def _telling(work: Work, plan: Plan, versions: Mapping[Reference, int]) -> Telling:
    references = list(dict.fromkeys(work.references))
    shown = [_version(work, reference, plan, versions) for reference in references]
    return Telling(work.place, work.id, tuple(map(hashed, references)), tuple(shown))


def _version(work: Work, reference: Reference, plan: Plan, versions: Mapping[Reference, int]) -> int:
    """The version that shows what the messages up to this one say."""
    current = _current(reference, plan, versions)
    aside = plan.asides.get(reference)
    if aside is not None and aside[0] == work.id:
        return current - 1
    chained = work.id in plan.late and reference in plan.late[work.id].chains
    return 0 if chained else current


def _current(reference: Reference, plan: Plan, versions: Mapping[Reference, int]) -> int:
    stored = plan.stored[reference]
    return versions.get(reference, stored.version if stored is not None else 0)


async def _correct(
    connection: Connection,
    work: Work,
    subjects: Iterable[int],
    plan: Plan,
    versions: Mapping[Reference, int],
) -> None:
    """Later messages: only the last one's versions show what all of them say, where a late one changed it."""
    last: dict[int, dict[int, int]] = {}
    for reference, chain in plan.late[work.id].chains.items():
        if reference in plan.changed[work.id]:
            for number in chain.rows:
                at_end = number == chain.rows[-1]
                shown = _current(reference, plan, versions) if at_end else 0
                last.setdefault(number, {})[hashed(reference)] = shown
    asked = sorted(subjects)
    found = await telling.later(connection, [(subject, work.place) for subject in asked]) if last else []
    corrected = [
        (subject, replace(each, versions=_corrected(each, last[each.message])))
        for subject, tellings in zip(asked, found, strict=False)
        for each in tellings
        if each.message in last
    ]
    await telling.correct(connection, corrected)


def _corrected(each: Telling, shown: Mapping[int, int]) -> tuple[int, ...]:
    return tuple(shown.get(ref, version) for ref, version in zip(each.refs, each.versions, strict=True))


def _known(plan: Plan, work: Work) -> frozenset[int]:
    return plan.late[work.id].later if work.id in plan.late else frozenset()
