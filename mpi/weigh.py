"""How much what two records say of a person speaks for their being one: a weight in bits, field by field.

Fellegi and Sunter (1969), without numbers that identify: those are evidence of their own in `mpi.compare`.
What a level is worth stands in the model (`mpi.online_model`); an equal name that few have is worth more.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import log2
from typing import Final, Literal, NamedTuple

from mpi.normalisation.addresses import WITHOUT_DISTRICT
from mpi.normalisation.birth_dates import date_relation
from mpi.normalisation.demographics import Demographics
from mpi.normalisation.names import is_chinese, is_near, undotted
from mpi.online_model import HAND_SET, OnlineModel

# No name is worth more than this: a name that nobody else has may still be a slip.
_MOST: Final = 22.0
_WHOLE_DAY: Final = len("yyyy-mm-dd")
# Most who share a telephone or a dwelling are of one household, where no two have one name: with an equal
# name it tells that much more.
_NAMED_ALIKE: Final = 8.0
# Names whose worth is remembered by a scale.
_NAMES: Final = 65536

Support = Literal["demographics", "likely", ""]


class Levels(NamedTuple):
    """How two records agree, field by field; empty where one of the two says nothing."""

    name: str = ""
    birth_date: str = ""
    gender: str = ""
    phone: str = ""
    address: str = ""


_FIELDS: Final = ("name", "birth-date", "gender", "phone", "address")


@dataclass(frozen=True, slots=True)
class Scale:
    """A model made ready to weigh with."""

    model: OnlineModel
    prior: float
    bits: Mapping[str, Mapping[str, float]]
    crowded: frozenset[str] = frozenset()
    _worth: dict[str, float] = field(default_factory=dict, repr=False, compare=False)
    # There are few combinations.
    _others: dict[tuple[str, ...], tuple[float, ...]] = field(default_factory=dict, repr=False, compare=False)

    def name(self, name: str) -> float:
        """What an equal name is worth."""
        worth = self._worth.get(name)
        if worth is None:
            if len(self._worth) >= _NAMES:
                self._worth.clear()
            worth = self._worth[name] = self._of_share(self.model.names.share(name))
        return worth

    def others(self, found: tuple[str, ...]) -> tuple[float, ...]:
        """What these levels of all fields but the name are worth, where both say something."""
        worth = self._others.get(found)
        if worth is None:
            told = zip(_FIELDS[1:], found, strict=True)
            worth = self._others[found] = tuple([self.bits[name][level] for name, level in told if level])
        return worth

    def _of_share(self, share: float) -> float:
        if not share:
            return self.bits["name"]["equal"]
        return round(min(log2(self.model.levels["name"]["equal"].m / share), _MOST), 3)


def scale(model: OnlineModel) -> Scale:
    bits = {
        field: {level: chances.bits for level, chances in levels.items()}
        for field, levels in model.levels.items()
    }
    return Scale(model, model.prior, bits, frozenset(model.crowded))


SCALE: Final = scale(HAND_SET)


@dataclass(frozen=True, slots=True)
class Weight:
    """The waterfall: field and level with its bits; what one of the two does not say is left out."""

    steps: tuple[tuple[str, str, float], ...]
    bits: float


def levels_of(one: Demographics, other: Demographics, by: Scale = SCALE) -> Levels:
    """Symmetric."""
    sex = one.gender and other.gender and ("equal" if one.gender == other.gender else "different")
    born = ""
    if one.birth_date and other.birth_date:
        same = one.birth_date == other.birth_date
        born = "equal" if same else date_relation(one.birth_date, other.birth_date)
    return Levels(
        name_level(one, other),
        born,
        sex,
        _shared(telling(one.phones, by), telling(other.phones, by)),
        _shared_dwelling(telling(one.addresses, by), telling(other.addresses, by)),
    )


def weigh(one: Demographics, other: Demographics, by: Scale = SCALE) -> Weight:
    """Symmetric."""
    found = levels_of(one, other, by)
    told = [(name, level) for name, level in zip(_FIELDS, found, strict=True) if level]
    steps = [("prior", "", by.prior)]
    steps += [(*each, worth) for each, worth in zip(told, _bits(one, other, found, by), strict=True)]
    return Weight(tuple(steps), bits_of(one, other, found, by))


def bits_of(one: Demographics, other: Demographics, found: Levels, by: Scale = SCALE) -> float:
    """The weight of two records that agree so."""
    return sum([by.prior, *_bits(one, other, found, by)])


def _bits(one: Demographics, other: Demographics, found: Levels, by: Scale) -> list[float]:
    """What the fields that both tell are worth, in their order."""
    worth = []
    if found.name:
        equal = found.name == "equal"
        worth.append(_shared_name(one, other, by) if equal else by.bits["name"][found.name])
    worth += by.others(found[1:])
    return worth


def support(one: Demographics, other: Demographics, found: Levels, bits: float, by: Scale = SCALE) -> Support:
    """What a weight is evidence of. Names that only sound alike make no link. Without a shared telephone or
    dwelling there is none where others of that name are expected to be born that day, and nothing to ask
    about: who looks at name, birth date and sex alone knows no more."""
    if found.phone != "equal" and found.address != "equal":
        if bits < by.model.review_at or not _is_rare(one, other, found, by):
            return ""
        return "demographics" if bits >= by.model.link_at and _is_one_day(one, found) else "likely"
    known = found.name == "equal" or (found.name == "sound" and _is_respelt(one, other))
    if known and _is_one_of_household(found):
        bits += _NAMED_ALIKE
    if bits < by.model.review_at:
        return ""
    told = found.birth_date not in ("", "different")
    return "demographics" if bits >= by.model.link_at and known and told else "likely"


def _is_one_of_household(found: Levels) -> bool:
    """Whether no two of one household agree so: of twins and siblings names may sound alike in letters."""
    if found.gender == "different" or found.birth_date == "different":
        return False
    return found.name == "equal" or found.birth_date in ("equal", "as-far-as-known")


def _is_rare(one: Demographics, other: Demographics, found: Levels, by: Scale) -> bool:
    """Whether hardly anybody else of the name that both have, and of one sex, is expected to be born on one
    day."""
    if found.name != "equal":
        return False
    shared = set(one.names) & set(other.names)
    return min(map(by.model.strangers, shared)) <= by.model.strangers_at_most


def _is_one_day(one: Demographics, found: Levels) -> bool:
    """Whether both are of one sex and born on a day that is no default."""
    day = one.birth_date
    return found[1:3] == ("equal", "equal") and len(day) == _WHOLE_DAY and not day.endswith("-01-01")


def _is_respelt(one: Demographics, other: Demographics) -> bool:
    """Whether both names are of the same letters in some order, or one is the other's sound in letters, or of
    a minority name the dot is missing or all behind it. Names in characters that only sound alike may be
    those of twins, who share birth date, address and telephone."""
    if not (any(map(is_chinese, one.names)) and any(map(is_chinese, other.names))):
        return True
    undotted_ = {undotted(name) for name in one.names}
    return not undotted_.isdisjoint(map(undotted, other.names)) or _is_first_part(one, other)


def is_written_otherwise(one: Demographics, other: Demographics) -> bool:
    """Whether both have a name in characters, and not the same."""
    if not (any(map(is_chinese, one.names)) and any(map(is_chinese, other.names))):
        return False
    return set(one.names).isdisjoint(other.names) and not _is_respelt(one, other)


def _is_first_part(one: Demographics, other: Demographics) -> bool:
    """Whether one has only the part of a minority name that is its own, and not the father's, or only the
    beginning of his (`买买提` or `买买提·吐`, `买买提·吐尔逊`)."""
    return any(_begins(a, b) or _begins(b, a) for a in one.names for b in other.names)


def _begins(part: str, whole: str) -> bool:
    own, dot, _ = whole.partition("·")
    # The dot of a short name is left out.
    return bool(dot) and part.startswith(own) and undotted(whole).startswith(undotted(part))


def name_level(one: Demographics, other: Demographics) -> str:
    if not one.names or not other.names:
        return ""
    if one.names == other.names or not set(one.names).isdisjoint(other.names):
        return "equal"
    if not set(one.pinyin).isdisjoint(other.pinyin) or _is_first_part(one, other):
        return "sound"
    return "near" if any(is_near(a, b) for a in one.names for b in other.names) else "different"


def telling(values: tuple[str, ...], by: Scale) -> tuple[str, ...]:
    """Without the telephones or addresses that people of all names have."""
    if not by.crowded or by.crowded.isdisjoint(values):
        return values
    return tuple([value for value in values if value not in by.crowded])


def _shared(mine: tuple[str, ...], theirs: tuple[str, ...]) -> str:
    if not mine or not theirs:
        return ""
    return "equal" if mine == theirs or not set(mine).isdisjoint(theirs) else "different"


def _shared_dwelling(mine: tuple[str, ...], theirs: tuple[str, ...]) -> str:
    level = _shared(mine, theirs)
    if level == "different" and any(_is_one_dwelling(one, other) for one in mine for other in theirs):
        return "equal"
    return level


def _is_one_dwelling(one: str, other: str) -> bool:
    """Whether one is a house in its lane and the other tells the room too, or one is the other but that
    nobody said its district."""
    if _is_end(one, other) or _is_end(other, one):
        return True
    house, dwelling = (one, other) if len(one) < len(other) else (other, one)
    return dwelling.startswith(house) and dwelling[len(house) : len(house) + 1] == "-" and "-" in house


def _is_end(one: str, other: str) -> bool:
    return one[0] == WITHOUT_DISTRICT and other.endswith(one[1:])


def _shared_name(one: Demographics, other: Demographics, by: Scale) -> float:
    if one.names == other.names and len(one.names) == 1:
        return by.name(one.names[0])
    return max(by.name(name) for name in set(one.names) & set(other.names))
