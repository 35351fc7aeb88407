"""`yilian mpi`: the patient index's models, and what humans decide about identities."""

from exchange.commands.first_load import load
from exchange.commands.identity_changes import changes_app
from exchange.commands.link import mpi_app
from exchange.commands.review import history, review_app, undo

__all__ = ["mpi_app"]

mpi_app.add_typer(review_app, name="review")
mpi_app.registered_commands += changes_app.registered_commands
mpi_app.command()(load)
mpi_app.command()(history)
mpi_app.command()(undo)
