"""The command line begins with little: a command's module is imported when it is called for."""

import subprocess
import sys

from typer.testing import CliRunner

from exchange.cli import app
from exchange.commands.lazily import COMMANDS

HEAVY = {"asyncpg", "cryptography", "fastapi", "joserfc", "msgspec", "numpy", "pydantic", "re2", "sqlalchemy"}
LOADED = "import sys; {}; print(*sorted({{name.partition('.')[0] for name in sys.modules}}))"


def loaded(code: str) -> set[str]:
    """The packages that a new interpreter has after some code."""
    command = [sys.executable, "-c", LOADED.format(code)]
    return set(subprocess.run(command, capture_output=True, text=True, check=True).stdout.split())


def test_the_command_line_imports_nothing_heavy() -> None:
    assert not loaded("import exchange.cli") & HEAVY


def test_validating_needs_no_database_and_no_web() -> None:
    assert not loaded("import exchange.commands.validating") & {"asyncpg", "fastapi", "numpy", "sqlalchemy"}


def test_help_tells_of_every_command() -> None:
    told = CliRunner().invoke(app, ["--help"]).stdout
    lines = [line.strip("│ ").partition(" ") for line in told.splitlines()]
    assert {name for name, _, help_ in lines if help_.strip()} >= set(COMMANDS)


def test_every_command_can_be_asked_for_help() -> None:
    for name in COMMANDS:
        result = CliRunner().invoke(app, [name, "--help"])
        assert result.exit_code == 0, name
        assert f" {name} " in result.stdout


def test_what_is_no_command_is_told_with_what_is_near() -> None:
    result = CliRunner().invoke(app, ["valid"])
    assert result.exit_code == 2
    assert "'validate'" in result.output
