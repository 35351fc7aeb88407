"""How much what two records say of a person speaks for their being one: a weight in bits, field by field.

Fellegi and Sunter (1969), without numbers that identify: those are evidence of their own in `mpi.compare`.
What a level is worth stands in the model (`mpi.online_model`); an equal name that few have is worth more.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from math import log2
from typing import Final, Literal

from mpi.birth_dates import date_relation
from mpi.demographics import Demographics
from mpi.names import is_near
from mpi.online_model import HAND_SET, OnlineModel

# No name is worth more than this: a name that nobody else has may still be a slip.
_MOST: Final = 22.0
_WHOLE_DAY: Final = len("yyyy-mm-dd")
_KNOWN: Final = frozenset(("equal", "sound"))

Support = Literal["demographics", "likely", ""]


@dataclass(frozen=True, slots=True)
class Scale:
    """A model made ready to weigh with."""

    model: OnlineModel
    prior: float
    bits: Mapping[str, Mapping[str, float]]

    def name(self, name: str) -> float:
        """What an equal name is worth."""
        share = self.model.names.share(name)
        if not share:
            return self.bits["name"]["equal"]
        return round(min(log2(self.model.levels["name"]["equal"].m / share), _MOST), 3)


def scale(model: OnlineModel) -> Scale:
    bits = {
        field: {level: chances.bits for level, chances in levels.items()}
        for field, levels in model.levels.items()
    }
    return Scale(model, model.prior, bits)


SCALE: Final = scale(HAND_SET)


@dataclass(frozen=True, slots=True)
class Weight:
    """The waterfall: field and level with its bits; what one of the two does not say is left out."""

    steps: tuple[tuple[str, str, float], ...]
    bits: float

    @property
    def levels(self) -> dict[str, str]:
        return {field: level for field, level, _ in self.steps}


def weigh(one: Demographics, other: Demographics, by: Scale = SCALE) -> Weight:
    """Symmetric."""
    steps = [("prior", "", by.prior)]
    if name := name_level(one, other):
        worth = _shared_name(one, other, by) if name == "equal" else by.bits["name"][name]
        steps.append(("name", name, worth))
    if one.birth_date and other.birth_date:
        born = date_relation(one.birth_date, other.birth_date)
        steps.append(("birth-date", born, by.bits["birth-date"][born]))
    if one.gender and other.gender:
        sex = "equal" if one.gender == other.gender else "different"
        steps.append(("gender", sex, by.bits["gender"][sex]))
    for told, mine, theirs in (
        ("phone", one.phones, other.phones),
        ("address", one.addresses, other.addresses),
    ):
        if mine and theirs:
            level = "different" if set(mine).isdisjoint(theirs) else "equal"
            steps.append((told, level, by.bits[told][level]))
    return Weight(tuple(steps), sum([bits for _, _, bits in steps]))


def support(one: Demographics, other: Demographics, weight: Weight, by: Scale = SCALE) -> Support:
    """What a weight is evidence of. Name, birth date and sex alone make no link where others of that name
    are expected to be born that day."""
    if weight.bits < by.model.review_at:
        return ""
    levels = weight.levels
    known = levels.get("name") in _KNOWN and levels.get("birth-date", "different") != "different"
    if weight.bits < by.model.link_at or not known:
        return "likely"
    if levels.get("phone") == "equal" or levels.get("address") == "equal":
        return "demographics"
    return "demographics" if _nobody_else(one, other, levels, by) else "likely"


def _nobody_else(one: Demographics, other: Demographics, levels: Mapping[str, str], by: Scale) -> bool:
    """Whether hardly anybody else of this name and sex is expected to be born that day."""
    agreed = all(levels.get(field) == "equal" for field in ("name", "birth-date", "gender"))
    day = one.birth_date
    if not agreed or len(day) < _WHOLE_DAY or day.endswith("-01-01"):
        return False
    shared = set(one.names) & set(other.names)
    return min(map(by.model.strangers, shared)) <= by.model.strangers_at_most


def name_level(one: Demographics, other: Demographics) -> str:
    if not one.names or not other.names:
        return ""
    if one.names == other.names or not set(one.names).isdisjoint(other.names):
        return "equal"
    if not set(one.pinyin).isdisjoint(other.pinyin):
        return "sound"
    return "near" if any(is_near(a, b) for a in one.names for b in other.names) else "different"


def _shared_name(one: Demographics, other: Demographics, by: Scale) -> float:
    return max(by.name(name) for name in set(one.names) & set(other.names))
