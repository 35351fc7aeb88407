"""`yilian mpi link|unlink|split|do-not-link|allow-link`: what a human decides about identities, unasked.

The same as the operations of the API (`exchange.operations.identity_changes`). Each is logged with its
reason, and `yilian mpi undo` takes it back.
"""

from collections.abc import Awaitable, Callable
from typing import Annotated, Any

import typer

from exchange.commands.named import patient_named, person_named
from exchange.commands.review import Reason, decided_by, in_transaction

Correct = Callable[[Any, Any], Awaitable[Any]]

Patient = Annotated[
    str, typer.Argument(metavar="PATIENT", help="A hospital's Patient: its id, or HOSPITAL|NUMBER.")
]
Other = Annotated[str, typer.Argument(metavar="OTHER", help="Another hospital's Patient, named likewise.")]
Person = Annotated[
    str, typer.Argument(metavar="PERSON", help="An enterprise id, or that of a Patient: HOSPITAL|NUMBER.")
]
Patients = Annotated[
    list[str], typer.Argument(metavar="PATIENT…", help="Hospitals' Patients: their ids, or HOSPITAL|NUMBER.")
]

changes_app = typer.Typer()


@changes_app.command("link")
def link_(patient: Patient, person: Person, reason: Reason) -> None:
    """Say that a hospital's Patient is this identity."""
    from mpi.correction import link

    async def act(connection: Any, by: Any) -> Any:
        one, identity = await patient_named(connection, patient), await person_named(connection, person)
        return await link(connection, one, identity, by)

    _carry_out(reason, act)


@changes_app.command("unlink")
def unlink_(patient: Patient, other: Other, reason: Reason) -> None:
    """Say that two hospitals' Patients are not one person: the first leaves the identity of the other."""
    from mpi.correction import unlink

    _carry_out(reason, _of_two(patient, other, unlink))


@changes_app.command("split")
def split_(patients: Patients, reason: Reason) -> None:
    """Say that these are somebody else than the rest of their person."""
    from mpi.correction import split

    async def act(connection: Any, by: Any) -> Any:
        ids = {await patient_named(connection, patient) for patient in patients}
        return await split(connection, sorted(ids), by)

    _carry_out(reason, act)


@changes_app.command("do-not-link")
def do_not_link_(patient: Patient, other: Other, reason: Reason) -> None:
    """Say that two Patients are never one person, whatever they share."""
    from mpi.correction import do_not_link

    _carry_out(reason, _of_two(patient, other, do_not_link))


@changes_app.command("allow-link")
def allow_link_(patient: Patient, other: Other, reason: Reason) -> None:
    """Take `do-not-link` back."""
    from mpi.correction import allow_link

    _carry_out(reason, _of_two(patient, other, allow_link))


def _of_two(patient: str, other: str, correct: Callable[[Any, str, str, Any], Awaitable[Any]]) -> Correct:
    async def act(connection: Any, by: Any) -> Any:
        one, two = await patient_named(connection, patient), await patient_named(connection, other)
        return await correct(connection, one, two, by)

    return act


def _carry_out(reason: str, correct: Correct) -> None:
    by = decided_by(reason)

    async def act(hub: Any, connection: Any) -> Any:
        from exchange.corrections import show

        made = await correct(connection, by)
        await show(hub, connection, made)
        return made

    made = in_transaction(act)
    told = f"identity {made.enterprise_id}" if made.enterprise_id else "done"
    number = f", decision {made.decision}" if made.decision is not None else ", nothing to decide"
    others = " ".join(each for each in made.affected if each != made.enterprise_id)
    typer.echo(f"{told}{number}{f'; also: {others}' if others else ''}")
