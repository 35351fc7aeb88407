"""What citizen ids imply, in columns: birth date and sex of the holder, and that a number is a parent's.

A file of one citizen id, one date and at most one sex is read so; in another nobody knows whose they are.
"""

from collections.abc import Mapping, Sequence
from functools import cache

from mpi.normalisation.citizen_id import citizen_id
from mpi.normalisation.demographics import Demographics
from mpi.normalisation.implied import is_of_another_generation, of_holder

Texts = list[str]


def of_their_holders(normal: Mapping[str, Sequence[str]], kinds: Mapping[str, str]) -> dict[str, Texts]:
    """The columns that change, by name. A parent's number is left out, for it is no evidence of the child."""
    of = {kind: [name for name in kinds if kinds[name] == kind] for kind in ("citizen-id", "date", "sex")}
    if len(of["citizen-id"]) != 1 or len(of["date"]) != 1 or len(of["sex"]) > 1:
        return {}
    names = [*of["citizen-id"], *of["date"], *of["sex"]]
    read = cache(_read)
    rows = [read(*row) for row in zip(*(normal[name] for name in names), strict=True)]
    return {name: [row[at] for row in rows] for at, name in enumerate(names)}


def _read(number: str, born: str, sex: str = "") -> tuple[str, str, str]:
    known = citizen_id(number)
    if known is None:
        return number, born, sex
    if born and is_of_another_generation(born, known):
        return "", born, sex
    told = of_holder(Demographics(gender=sex, birth_date=born, citizen_ids=(known.number,)))
    return number, told.birth_date, told.gender
