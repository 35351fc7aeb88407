"""How much what two records say of a person speaks for their being one: a weight in bits, field by field.

Fellegi and Sunter (1969), without numbers that identify: those are evidence of their own in `mpi.compare`.
The levels and their weights are a document, set explicitly: log2(m / u) for residents of a province, m from
the errors that hospitals make, u from how many share a name, a birthday, a telephone or a dwelling.
"""

from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final, Literal

import msgspec

from mpi.birth_dates import date_relation
from mpi.demographics import Demographics

_NAMES: Final = MappingProxyType({"equal": 11.0, "sound": 8.0, "near": -2.0, "different": -8.0})
_BIRTH_DATES: Final = MappingProxyType(
    {
        "equal": 13.0,
        "as-far-as-known": 5.0,
        "swapped": 6.0,
        "slip": 5.0,
        "default-day": 3.0,
        "lunar": 2.0,
        "different": -10.0,
    }
)
_GENDERS: Final = MappingProxyType({"equal": 1.0, "different": -9.0})
_PHONES: Final = MappingProxyType({"equal": 12.0, "different": -1.0})
_ADDRESSES: Final = MappingProxyType({"equal": 10.0, "different": -1.0})


class OnlineModel(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`prior`: the weight of two records drawn at random. At `link_at` bits two records are one person, at
    `review_at` a human is asked."""

    prior: float = -24.0
    link_at: float = 9.0
    review_at: float = 2.0
    levels: dict[str, dict[str, float]] = msgspec.field(
        default_factory=lambda: {
            "name": dict(_NAMES),
            "birth-date": dict(_BIRTH_DATES),
            "gender": dict(_GENDERS),
            "phone": dict(_PHONES),
            "address": dict(_ADDRESSES),
        }
    )
    version: int = 1


MODEL: Final = OnlineModel()


@dataclass(frozen=True, slots=True)
class Weight:
    """The waterfall: field and level with its bits; what one of the two does not say is left out."""

    steps: tuple[tuple[str, str, float], ...] = field(default=())

    @property
    def bits(self) -> float:
        return sum(bits for _, _, bits in self.steps)

    def level(self, name: str) -> str:
        return next((level for field_, level, _ in self.steps if field_ == name), "")


def weigh(one: Demographics, other: Demographics, model: OnlineModel = MODEL) -> Weight:
    """Symmetric."""
    told = {
        "name": _name(one, other),
        "birth-date": date_relation(one.birth_date, other.birth_date)
        if one.birth_date and other.birth_date
        else "",
        "gender": _same(one.gender, other.gender),
        "phone": _shared(one.phones, other.phones),
        "address": _shared(one.addresses, other.addresses),
    }
    steps = [(name, level, model.levels[name][level]) for name, level in told.items() if level]
    return Weight((("prior", "", model.prior), *steps))


def support(weight: Weight, model: OnlineModel = MODEL) -> Literal["demographics", "likely", ""]:
    """What a weight is evidence of. Name, birth date and sex alone never make a link: others of that name
    are born that day."""
    if weight.bits < model.review_at:
        return ""
    corroborated = "equal" in (weight.level("phone"), weight.level("address"))
    known = weight.level("name") in ("equal", "sound") and weight.level("birth-date") not in ("", "different")
    return "demographics" if weight.bits >= model.link_at and corroborated and known else "likely"


def _name(one: Demographics, other: Demographics) -> str:
    if not one.names or not other.names:
        return ""
    if set(one.names) & set(other.names):
        return "equal"
    if set(one.pinyin) & set(other.pinyin):
        return "sound"
    return "near" if any(_near(a, b) for a in one.names for b in other.names) else "different"


def _near(one: str, other: str) -> bool:
    """One character is another, or one more."""
    if len(one) == len(other):
        return len(one) > 2 and sum(a != b for a, b in zip(one, other, strict=True)) == 1
    short, long = sorted((one, other), key=len)
    return len(long) - len(short) == 1 and len(short) > 1 and long.startswith(short)


def _same(one: str, other: str) -> str:
    return "" if not one or not other else "equal" if one == other else "different"


def _shared(one: tuple[str, ...], other: tuple[str, ...]) -> str:
    return "" if not one or not other else "equal" if set(one) & set(other) else "different"
