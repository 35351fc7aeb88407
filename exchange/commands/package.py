"""`yilian package add|list`: the FHIR packages at hand.

https://confluence.hl7.org/display/FHIR/FHIR+Package+Cache
"""

import json as json_
from pathlib import Path
from typing import Annotated

import typer

from exchange.commands.refused import Refused

package_app = typer.Typer(help="FHIR packages: add them, list them.", no_args_is_help=True)


@package_app.command("add")
def package_add(
    package: Annotated[
        str,
        typer.Argument(
            metavar="NAME|FILE|FOLDER",
            help="A package's name, with a version or a range if you like (hl7.fhir.us.core#6.1.x); "
            "a .tgz; or the folder that one unpacks to.",
        ),
    ],
    registry: Annotated[
        str | None, typer.Option(help="Another registry than YILIAN_PACKAGE_REGISTRY.")
    ] = None,
) -> None:
    """Put a package and all that it needs into the folder of packages."""
    from exchange.commands.package_sources import PackageSources
    from exchange.settings import Settings
    from profiles.packages.dependencies import resolved
    from profiles.packages.package import PackageError

    settings = Settings()
    try:
        with PackageSources(settings.package_folder, registry or settings.package_registry) as sources:
            found = resolved([sources.wanted(package)], sources.provide)
    except (PackageError, OSError) as error:
        raise Refused(f"{package}: {error}") from None
    for told in sources.silent:
        typer.echo(f"registry: {told}", err=True)
    for name, version in found.packages:
        typer.echo(f"{name}#{version}")
    for kind in ("missing", "conflicts", "foreign"):
        for told in getattr(found, kind):
            typer.echo(f"{kind}: {told}", err=True)
    if not found.packages and found.missing:
        raise Refused(f"nobody has {package}: neither {settings.package_folder} nor the registry")


@package_app.command("list")
def package_list(
    json: Annotated[bool, typer.Option("--json", help="One JSON line a package.")] = False,
) -> None:
    """List the packages in the folder, those that travel with the product first."""
    from exchange.settings import Settings
    from profiles.packages.cache import PackageCache
    from profiles.packages.dependencies import BUILT_IN

    cache = PackageCache(_folder(Settings().package_folder))
    for name, version in [*BUILT_IN.items(), *cache.held()]:
        if json:
            typer.echo(json_.dumps({"name": name, "version": version, "built_in": name in BUILT_IN}))
        else:
            typer.echo(f"{name}#{version}{' (built in)' if name in BUILT_IN else ''}")


def _folder(folder: Path) -> Path:
    return folder.expanduser()
