"""Commands whose modules are imported when they are called or told of: the others need none of that."""

from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any, Final

import typer

from exchange.commands.ending import OneLineErrors

# In the order of --help: name → module in this package, and what it has there.
COMMANDS: Final[Mapping[str, tuple[str, str]]] = {
    "serve": ("serve", "serve"),
    "demo": ("demo", "demo"),
    "load": ("load", "load"),
    "link": ("link", "link"),
    "concepts": ("concepts", "concepts"),
    "translate": ("translate", "translate"),
    "pull": ("pull", "pull"),
    "validate": ("validate", "validate"),
    "inbox": ("inbox", "inbox_app"),
    "quarantine": ("quarantine", "quarantine_app"),
    "replay": ("replay", "replay"),
    "coverage": ("coverage", "coverage"),
    "trace": ("trace", "trace"),
    "reindex": ("reindex", "reindex"),
    "token": ("token", "token"),
    "fhirpath": ("fhirpath", "fhirpath"),
    "suite": ("suite", "suite"),
    "value-sets": ("value_sets", "value_sets"),
    "client": ("clients", "client_app"),
    "codes": ("codes", "codes_app"),
    "mapping": ("mapping", "mapping_app"),
    "mpi": ("mpi", "mpi_app"),
    "package": ("package", "package_app"),
}


class LazyCommands(OneLineErrors):
    """The group of all commands."""

    def __init__(self, **attributes: Any) -> None:
        super().__init__(**attributes)
        self.commands: dict[str, Any] = dict.fromkeys(COMMANDS)  # whose names are what a typo is held against

    def list_commands(self, ctx: Any) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        return _command(cmd_name) if cmd_name in COMMANDS else None


def _command(name: str) -> Any:
    module, attribute = COMMANDS[name]
    found: typer.Typer | Callable[..., None] = getattr(
        import_module(f"exchange.commands.{module}"), attribute
    )
    if isinstance(found, typer.Typer):
        command: Any = typer.main.get_group(found)
    else:
        app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
        app.command(name)(found)
        command = typer.main.get_command(app)
    command.name = name
    return command
