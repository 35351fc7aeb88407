"""Telephones and addresses that tell nothing of who somebody is, for people of all names have them.

A form that demands a telephone is given the hospital's own, a guarantor's or an employer's. Two strangers of
one name and birth date share it as well as anybody, so it must not stand for a household's.
"""

from collections import Counter, defaultdict
from collections.abc import Sequence
from typing import Final

from mpi.normalisation.demographics import Demographics

CROWD: Final = 200
"""So many names are of no household; of a thousand people at one telephone two in a hundred thousand have a
stranger of their name, birth date and sex there."""
_FEWEST: Final = 20


def crowded_among(records: Sequence[Demographics], share: float = 1.0) -> tuple[str, ...]:
    """In order. `share`: of all records that these are; a crowd is as much smaller among them."""
    crowd = max(round(CROWD * share), _FEWEST)
    held = Counter(value for record in records for value in (*record.phones, *record.addresses))
    names: dict[str, set[str]] = defaultdict(set)
    for record in records:
        for value in (*record.phones, *record.addresses):
            if held[value] >= crowd:
                names[value].update(record.names[:1])
    return tuple(sorted(value for value, known in names.items() if len(known) >= crowd))
