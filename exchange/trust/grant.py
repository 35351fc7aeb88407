"""What one authenticated caller may do."""

from collections.abc import Iterable
from dataclasses import dataclass

from exchange.trust.refusal import InsufficientScope
from exchange.trust.scopes import PRIVILEGED, Scope


@dataclass(frozen=True, slots=True)
class Grant:
    """`allowed` are pairs of resource type (or `*`) and letter of c, r, u, d, s."""

    client_id: str
    hospital: str | None
    allowed: frozenset[tuple[str, str]]

    def permits(self, resource_type: str, letter: str) -> bool:
        """The inbox is the resource type `hl7v2` (`scopes.INBOX`). What is privileged must be named."""
        if (resource_type, letter) in self.allowed:
            return True
        return ("*", letter) in self.allowed and resource_type not in PRIVILEGED

    def require(self, resource_type: str, letter: str) -> None:
        """Raise InsufficientScope unless permitted."""
        if not self.permits(resource_type, letter):
            raise InsufficientScope(f"system/{resource_type}.{letter}")

    def types(self, letter: str) -> frozenset[str] | None:
        """The types permitted for this letter; None means every type."""
        if ("*", letter) in self.allowed:
            return None
        return frozenset(kind for kind, held in self.allowed if held == letter)


def grant(client_id: str, scopes: Iterable[Scope], hospital: str | None = None) -> Grant:
    """The union of the scopes."""
    allowed = frozenset((scope.resource_type, letter) for scope in scopes for letter in scope.letters)
    return Grant(client_id, hospital, allowed)
