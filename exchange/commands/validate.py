"""`yilian validate FILE…`: what is wrong with resources, by R4 and by profiles."""

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from exchange.commands.ending import FINDINGS
from exchange.commands.refused import Refused

if TYPE_CHECKING:
    from exchange.commands.validating import Judged

_MANY: Final = 20  # files, from which on progress is shown


def validate(
    files: Annotated[list[Path], typer.Argument(metavar="FILE…", help="Files, or folders of them.")],
    profile: Annotated[
        list[str] | None, typer.Option(help="Canonical of a profile that each must conform to; repeatable.")
    ] = None,
    package: Annotated[
        list[str] | None,
        typer.Option(help="FHIR package: a .tgz, its folder, or NAME#VERSION of the cache; repeatable."),
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="One JSON line for each, also on a terminal.")] = False,
    must_support: Annotated[
        bool, typer.Option("--must-support", help="Tell which must-support elements are not there.")
    ] = False,
    workers: Annotated[int, typer.Option(help="Processes; by default one a processor.", min=0)] = 0,
) -> None:
    """Validate resources: JSON, XML, NDJSON and Bundles, plain, .gz or .bz2.

    Prints {"source", "outcome"} as a line of JSON for each; on a terminal, a line for each issue.
    Exit 1 if there is an error in any of them.
    """
    from exchange.commands.validating import Asked, judged_all
    from exchange.validation.documents import Unreadable, files_of

    try:
        found = files_of(files)
        asked = Asked(tuple(profile or ()), tuple(package or ()), must_support)
        as_json = json or not sys.stdout.isatty()
        with _progress(len(found)) as advance:
            errors = _print(judged_all(found, asked, workers, advance), as_json=as_json)
    except (FileNotFoundError, Unreadable) as error:
        raise Refused(str(error)) from None
    if errors:
        raise typer.Exit(FINDINGS)


def _print(judged: "Iterator[Judged]", *, as_json: bool) -> int:
    """Of how many resources there were errors."""
    count = errors = 0
    for one in judged:
        count += 1
        errors += one.has_errors
        if as_json:
            sys.stdout.buffer.write(one.line + b"\n")
            sys.stdout.buffer.flush()
        else:
            for text in _told(one):
                typer.echo(text)
    if not as_json:
        typer.echo(f"{count} validated, {errors} with errors")
    return errors


def _told(one: "Judged") -> Sequence[str]:
    """`source:line:column: severity code expression: what is wrong`"""
    from exchange.fhirjson import loads

    told = []
    for issue in loads(one.line)["outcome"]["issue"]:
        place = "".join(f":{number}" for number in _place(issue))
        at = f" {issue['expression'][0]}" if "expression" in issue else ""
        told.append(f"{one.source}{place}: {issue['severity']} {issue['code']}{at}: {issue['diagnostics']}")
    return told


def _place(issue: dict[str, Any]) -> Iterator[int]:
    for extension in issue.get("extension", ()):
        if "valueInteger" in extension:
            yield extension["valueInteger"]


@contextmanager
def _progress(total: int) -> Iterator[Any]:
    """A function to be told that a file is done."""
    if total < _MANY or not sys.stderr.isatty():
        yield lambda: None
        return
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True)) as progress:
        task = progress.add_task("validating", total=total)
        yield lambda: progress.advance(task)
