"""`yilian`: the command line. Exit 0 done, 1 findings, 2 the command could not be carried out as asked."""

import typer

from exchange.commands.lazily import LazyCommands

app = typer.Typer(
    cls=LazyCommands,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


@app.callback()
def yilian() -> None:
    """Yilian, a regional health-data exchange hub that speaks HL7 FHIR R4."""


if __name__ == "__main__":
    app()
