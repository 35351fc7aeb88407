"""The model of the online decision as one versioned JSON document: levels, frequencies, thresholds.

Fellegi and Sunter, A theory for record linkage, JASA 64 (1969): a level is worth log2(m / u) bits. Until a
deployment has trained its own, m and u are set here: m by the errors that hospitals make, u by how many
residents of a province share a name, a birthday, a telephone or a dwelling.
"""

import hashlib
from math import log2
from typing import Final

import msgspec

from mpi.normalisation.surnames import name_parts

VERSION: Final = 2

# One of so many days is the birthday of somebody alive, and half of people are of the same sex.
SAME_DAY_AND_SEX: Final = 1 / (2 * 80 * 365.25)


class ModelError(ValueError):
    """The model of the online decision cannot be used."""


class Chances(msgspec.Struct, frozen=True, forbid_unknown_fields=True, array_like=True):
    """How often records of one person (`m`), and of two, (`u`) are at a level."""

    m: float
    u: float

    @property
    def bits(self) -> float:
        return round(log2(self.m / self.u), 3)


Levels = dict[str, dict[str, Chances]]


class Names(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The shares of whole names, surnames and given names; the empty text stands for any other."""

    whole: dict[str, float] = {}
    surnames: dict[str, float] = {}
    given: dict[str, float] = {}

    def share(self, name: str) -> float:
        """How many have this name, at least as many as its surname and its given name make likely; 0 if
        nothing is known of names."""
        if not self.whole:
            return 0.0
        surname, given = name_parts(name)
        made = self.surnames.get(surname, 0.0) * self.given.get(given, self.given.get("", 0.0))
        return max(made, self.whole.get(name, self.whole.get("", 0.0)))


def _hand_set() -> Levels:
    return {
        "name": {
            "equal": Chances(0.96, 4.7e-4),
            "sound": Chances(0.02, 7.8e-5),
            "near": Chances(0.012, 0.048),
            "different": Chances(0.0037, 0.95),
        },
        "birth-date": {
            "equal": Chances(0.96, 1.2e-4),
            "as-far-as-known": Chances(0.01, 3.1e-4),
            "swapped": Chances(0.004, 6.2e-5),
            "slip": Chances(0.012, 3.75e-4),
            "default-day": Chances(0.006, 7.5e-4),
            "lunar": Chances(0.006, 1.5e-3),
            "different": Chances(0.00098, 0.997),
        },
        "gender": {"equal": Chances(0.998, 0.5), "different": Chances(0.00098, 0.5)},
        "phone": {"equal": Chances(0.6, 1.5e-4), "different": Chances(0.4, 0.8)},
        "address": {"equal": Chances(0.6, 6e-4), "different": Chances(0.4, 0.8)},
    }


class OnlineModel(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`prior`: the weight of two records drawn at random. At `link_at` bits two records are one person, at
    `review_at` a human is asked. `population`: of how many residents the patients are. `strangers_at_most`:
    name, birth date and sex alone make a link only where fewer others than this are expected to have all
    three; `namesakes` is the share of residents who have such a stranger beyond what chance gives. `crowded`:
    telephones and addresses that a form or a whole institution gives for people of all names, in order; they
    tell nothing of who somebody is."""

    population: int = 25_000_000
    prior: float = -24.0
    link_at: float = 9.0
    review_at: float = 2.0
    strangers_at_most: float = 1e-4
    namesakes: float = 0.0
    crowded: tuple[str, ...] = ()
    levels: Levels = msgspec.field(default_factory=_hand_set)
    names: Names = Names()
    trained_on: int = 0
    version: int = VERSION

    def strangers(self, name: str) -> float:
        """How many others of this name, born on one day and of one sex, are expected."""
        share = self.names.share(name)
        if not share:
            return float("inf")
        return self.population * share * SAME_DAY_AND_SEX + self.namesakes


HAND_SET: Final = OnlineModel()


def online_model_from_json(text: bytes) -> OnlineModel:
    """Raises ModelError, which says what is wrong."""
    try:
        model = msgspec.json.decode(text, type=OnlineModel)
    except msgspec.DecodeError as error:
        raise ModelError(f"this is not a model of the online decision: {error}") from None
    _check(model)
    return model


def _check(model: OnlineModel) -> None:
    if model.version != VERSION:
        raise ModelError(f"the model has version {model.version}, not {VERSION}")
    for field, levels in HAND_SET.levels.items():
        if missing := set(levels) - set(model.levels.get(field, {})):
            raise ModelError(f"levels.{field} says nothing of {', '.join(sorted(missing))}")
    if not all(0 < c.m <= 1 and 0 < c.u <= 1 for levels in model.levels.values() for c in levels.values()):
        raise ModelError("levels: m and u are above 0 and at most 1")


def json_from_online_model(model: OnlineModel) -> bytes:
    return msgspec.json.encode(model)


def model_digest(document: bytes) -> str:
    """The name of a model: the same document always has the same."""
    return hashlib.sha256(document).hexdigest()[:16]
