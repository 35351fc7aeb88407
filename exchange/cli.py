"""`yilian`: the command line. Exit 0 done, 1 findings, 2 the command could not be carried out as asked."""

import typer

from exchange.commands.clients import client_app
from exchange.commands.codes import codes_app
from exchange.commands.concepts import concepts
from exchange.commands.demo import demo
from exchange.commands.ending import OneLineErrors
from exchange.commands.fhirpath import fhirpath
from exchange.commands.link import link, mpi_app
from exchange.commands.load import load
from exchange.commands.package import package_app
from exchange.commands.pull import pull
from exchange.commands.reindex import reindex
from exchange.commands.replay import replay
from exchange.commands.serve import serve
from exchange.commands.suite import suite
from exchange.commands.token import token
from exchange.commands.translate import translate
from exchange.commands.validate import validate
from exchange.commands.value_sets import value_sets

app = typer.Typer(
    cls=OneLineErrors,
    help="Yilian, a regional health-data exchange hub that speaks HL7 FHIR R4.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
commands = (
    serve,
    demo,
    load,
    link,
    concepts,
    translate,
    pull,
    validate,
    replay,
    reindex,
    token,
    fhirpath,
    suite,
    value_sets,
)
for command in commands:
    app.command()(command)
app.add_typer(client_app, name="client")
app.add_typer(codes_app, name="codes")
app.add_typer(mpi_app, name="mpi")
app.add_typer(package_app, name="package")

if __name__ == "__main__":
    app()
