"""How strictly the resources of each type are validated before they are stored.

https://hl7.org/fhir/R4/validation.html
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final, Literal, get_args

Level = Literal["structure", "warn", "reject"]
LEVELS: Final[Mapping[str, Level]] = {level: level for level in get_args(Level)}
ANY: Final = "*"


class UnknownPolicy(ValueError):
    """The text is no policy; the message says why."""


@dataclass(frozen=True, slots=True)
class Rule:
    """structure: what is not R4's structure is refused, nothing else is looked at; warn: what breaks another
    rule is stored with a tag that says so; reject: it is refused. `profiles` bind all of the type."""

    level: Level = "structure"
    profiles: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Policy:
    rules: Mapping[str, Rule] = field(default_factory=lambda: MappingProxyType({}))

    def of(self, type_: str) -> Rule:
        return self.rules.get(type_) or self.rules.get(ANY) or Rule()

    @property
    def is_active(self) -> bool:
        """Whether anything is looked at beyond the structure."""
        return any(rule.level != "structure" for rule in self.rules.values())

    @property
    def profiles(self) -> Mapping[str, tuple[str, ...]]:
        """By type."""
        return {type_: rule.profiles for type_, rule in self.rules.items() if rule.profiles}


def policy(text: str) -> Policy:
    """`*=warn Patient=reject,https://…/StructureDefinition/cn-patient`: of each type, or of all others, the
    level and the profiles. Raises UnknownPolicy."""
    rules: dict[str, Rule] = {}
    for part in text.split():
        type_, _, rest = part.partition("=")
        level, *profiles = rest.split(",")
        if level not in LEVELS:
            raise UnknownPolicy(f"{part}: after = comes one of {', '.join(LEVELS)}")
        if type_ in rules:
            raise UnknownPolicy(f"{type_} stands twice")
        if profiles and type_ == ANY:
            raise UnknownPolicy(f"{part}: profiles are of one type")
        rules[type_] = Rule(LEVELS[level], tuple(profiles))
    return Policy(MappingProxyType(rules))
