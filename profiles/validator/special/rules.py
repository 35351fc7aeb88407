"""The rules of single types, by the name of a resource type, a data type or a path."""

from typing import Final

from profiles.validator.context import TypeRules

RULES: Final[TypeRules] = {}
