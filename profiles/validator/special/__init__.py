"""What single types ask for beyond their structure and invariants."""

from profiles.validator.special.rules import RULES

__all__ = ("RULES",)
