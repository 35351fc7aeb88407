"""Packages that a command is told of, with what they need."""

from exchange.commands.refused import Refused
from exchange.validation.packages import packages_told
from profiles.packages.package import Package, PackageError


def packages_at_hand(told: str) -> list[Package]:
    """See `packages_told`. Raises Refused."""
    from exchange.settings import Settings  # most judge without packages, and it loads much

    try:
        return packages_told(told, Settings().package_folder)
    except (PackageError, OSError) as error:
        raise Refused(f"package {told}: {error}") from None
