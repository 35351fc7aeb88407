"""What a citizen id implies about its holder, taken where the record does not contradict it as a whole.

A child under its parent's number is born on quite another day; who is born on the number's own day, or on
one that a slip, a default or another calendar makes of it, is its holder, and the number knows day and sex
better. Who has another sex as well as another day is somebody else, such as the holder's wife.
"""

from typing import Final

from msgspec.structs import replace

from mpi.normalisation.birth_dates import date_relation
from mpi.normalisation.citizen_id import CitizenId, citizen_id
from mpi.normalisation.demographics import Demographics

_SLIPS: Final = frozenset(("default-day", "swapped", "slip", "lunar"))
_FIRST_OF_JANUARY: Final = "-01-01"
# Two people of one number are of two generations.
_GENERATION: Final = 14


def implied(told: Demographics) -> Demographics:
    """The record with the birth date and the sex of its own number. Idempotent. A number alone, with nobody's
    name, may be anybody's: the number that was at hand, such as the mother's."""
    return of_holder(told) if told.names or told.birth_date else told


def of_holder(told: Demographics) -> Demographics:
    """The same where names are not looked at."""
    if len(told.citizen_ids) != 1 or told.newborn:
        return told
    number = citizen_id(told.citizen_ids[0])
    if number is None:
        return told
    born = number.birth_date.isoformat()
    same = told.birth_date == born and told.gender == number.sex
    if same or not _is_holder(told, number):
        return told
    return replace(told, birth_date=born, gender=number.sex)


def _is_holder(told: Demographics, number: CitizenId) -> bool:
    born, own = told.birth_date, number.birth_date.isoformat()
    if not born:
        return told.gender in ("", number.sex)
    if born == own:
        return True
    if is_of_another_generation(born, number):
        return False
    relation = date_relation(born, own)
    if relation == "as-far-as-known":
        return True
    if relation not in _SLIPS or told.gender not in ("", number.sex):
        return False
    # A number of that day is no default; who is born on another day of that year has another number.
    return relation != "default-day" or born.endswith(_FIRST_OF_JANUARY)


def is_anothers(born: str, gender: str, number: CitizenId) -> bool:
    """Whether the number is surely not of one of this sex who was born then: it is of another generation, or
    of another sex and day, such as a spouse's."""
    if not born:
        return False
    if is_of_another_generation(born, number):
        return True
    return (
        gender not in ("", number.sex) and date_relation(born, number.birth_date.isoformat()) == "different"
    )


def is_of_another_generation(born: str, number: CitizenId) -> bool:
    """Whether one born then is so much older or younger than the number's holder as a parent or child."""
    return abs(int(born[:4]) - number.birth_date.year) >= _GENERATION
