"""The model of a linkage as one versioned JSON document: what is compared, how, and what it is worth.

Fellegi and Sunter, A theory for record linkage, JASA 64 (1969): the weight of a level is log2(m / u), m how
often records of one person are at that level, u how often those of two persons are.
"""

from typing import Final, Literal

import msgspec

VERSION: Final = 1


class ModelError(ValueError):
    """The model, or the map of columns, cannot be used."""


class Level(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The first level whose `test` holds is the one of a pair. `bound`: at least this similarity, or at most
    these edits. The last level's test is `else`."""

    test: str
    bound: float = 0.0
    m: float = 0.0
    u: float = 0.0

    @property
    def label(self) -> str:
        return f"{self.test} {self.bound:g}" if self.bound else self.test


class Comparison(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How one column is compared. `partner`: the column its value may have been swapped with.
    `within`: columns that this one repeats in part, such as the surname within a whole name, or the parts
    that it repeats as a whole: what is told twice counts once.
    `frequencies`: an equal rare value is worth more than an equal frequent one."""

    column: str
    kind: str
    levels: tuple[Level, ...]
    partner: str = ""
    within: tuple[str, ...] = ()
    frequencies: bool = False


class Guard(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where each of these columns is at one of these levels, no weight makes a link.

    `asked`: a human decides. `apart`: nobody is asked. `outvoted`: a human decides too, unless others of the
    person speak for the record.
    """

    name: str
    when: dict[str, tuple[str, ...]]
    effect: Literal["asked", "apart", "outvoted"] = "asked"


class Model(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`prior`: the probability that two records drawn at random are one person. Groups are joined while the
    mean weight across them is that of `join_at`; a record is sure of its group at `link_at`, a pair outside
    one is worth a human's look at `review_at` (probabilities)."""

    comparisons: tuple[Comparison, ...]
    blocking: tuple[tuple[str, ...], ...]
    prior: float
    join_at: float = 0.5
    link_at: float = 0.95
    review_at: float = 0.5
    guards: tuple[Guard, ...] = ()
    frequencies: dict[str, dict[str, float]] = {}
    version: int = VERSION
    trained_on: int = 0


def model_from_json(text: bytes) -> Model:
    """Raises ModelError."""
    try:
        model = msgspec.json.decode(text, type=Model)
    except msgspec.DecodeError as error:
        raise ModelError(f"this is not a model: {error}") from None
    if model.version != VERSION:
        raise ModelError(f"the model has version {model.version}, this program reads {VERSION}")
    return model


def json_from_model(model: Model) -> bytes:
    return msgspec.json.format(msgspec.json.encode(model), indent=1)
