"""How a command ends: its exit status, and one line on standard error instead of a traceback."""

import traceback
from pathlib import Path
from typing import Any

import typer
from typer.core import TyperGroup

from exchange.commands.refused import Refused

FINDINGS = 1
USAGE = 2

# Exceptions of ours whose text is meant for who typed the command.
_SPEAKING = {
    "exchange.database": {"DatabaseInUse"},
    "exchange.store.embedded": {"ServerFailed"},
    "exchange.trust.clients": {"ClientExists", "InvalidClientId"},
    "exchange.trust.issuing": {"NoSuchClient"},
    "exchange.loading.run": {"BeingLoaded"},
    "exchange.loading.workers": {"WorkerLost"},
    "exchange.workers": {"WorkerNotStarted"},
    "exchange.demo.push": {"NotAcknowledged"},
    "exchange.demo.record": {"NotAnswered"},
    "adapters.mapping.fault": {"MapError"},
    "mpi.first_load.placing": {"InUse"},
}
_ROOT = Path(__file__).resolve().parents[2]


class OneLineErrors(TyperGroup):
    """Turns what a command raises into a line and an exit status."""

    def invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except Exception as error:
            line = explanation(error)
            if line is None:
                raise
            typer.echo(f"yilian: {line}", err=True)
            raise typer.Exit(USAGE) from None


def explanation(error: Exception) -> str | None:
    """One line for `error`; None where typer has its own way of saying it."""
    import asyncpg  # only now, for most commands end well and need none of these
    from pydantic import ValidationError

    if isinstance(error, ExceptionGroup):
        return explanation(error.exceptions[0])
    if type(error).__module__.startswith("typer"):
        return None
    if isinstance(error, ValidationError):
        return "; ".join(_setting(problem["loc"], problem["msg"]) for problem in error.errors())
    kind = type(error)
    if kind is Refused or kind.__name__ in _SPEAKING.get(kind.__module__, ()):
        return str(error)
    if isinstance(error, asyncpg.PostgresError | asyncpg.InterfaceError):
        return f"PostgreSQL refused: {type(error).__name__} {getattr(error, 'sqlstate', '')}".rstrip()
    if isinstance(error, OSError):
        return f"{error.strerror or error}{f': {error.filename}' if error.filename else ''}"
    return _unexpected(error)


def _setting(place: tuple[int | str, ...], message: str) -> str:
    return f"YILIAN_{'_'.join(map(str, place)).upper()}: {message}"


def _unexpected(error: Exception) -> str:
    """The text of an unknown exception may hold a patient's data, so only its kind and place are told."""
    frames = traceback.extract_tb(error.__traceback__)
    own = [frame for frame in frames if frame.filename.startswith(str(_ROOT))]
    place = (own or frames)[-1]
    return f"failed unexpectedly: {type(error).__name__} at {Path(place.filename).name}:{place.lineno}"
