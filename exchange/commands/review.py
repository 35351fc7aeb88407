"""`yilian mpi review …`: the questions about identities; `history` and `undo` of what was decided."""

import asyncio
import getpass
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

import msgspec
import typer
from rich.console import Console
from rich.table import Table

from exchange.commands.connected import from_environment
from exchange.commands.named import patient_named
from exchange.commands.refused import Refused

Result = TypeVar("Result")
Verdict = Literal["same", "different"]

review_app = typer.Typer(help="Questions about identities that humans decide.", no_args_is_help=True)

Review = Annotated[int, typer.Argument(metavar="REVIEW", help="The question's number.")]
Reason = Annotated[str, typer.Option(help="Why; it is kept for ever.")]
Json = Annotated[bool, typer.Option("--json", help="JSON lines.")]


@review_app.command("list")
def review_list(
    state: Annotated[
        list[str] | None, typer.Option(help="open, proposed, escalated, skipped, decided or obsolete.")
    ] = None,
    count: Annotated[int, typer.Option(min=1, max=1000, help="At most so many.")] = 20,
    json: Json = False,
) -> None:
    """List questions, the most rewarding first: how likely, times how many records."""
    from mpi.review_queue import FIRST, STATES, queue

    states = state or ["open", "proposed", "escalated"]
    if unknown := set(states) - set(STATES):
        raise Refused(f"there is no state {sorted(unknown)[0]}; there are {', '.join(STATES)}")
    rows = in_transaction(lambda hub, connection: queue(connection, states, FIRST, count))
    if json:
        for row in rows:
            typer.echo(msgspec.json.encode(row))
        return
    table = Table("review", "kind", "state", "priority", "probability", "patient", "persons", "proposed by")
    for row in rows:
        sure = "" if row.probability is None else f"{row.probability:.4f}"
        persons = " ".join(row.persons)
        told = (row.kind, row.state, f"{row.priority:.2f}", sure, row.patient_id, persons)
        table.add_row(str(row.review), *told, row.proposed_by or "")
    Console().print(table)


@review_app.command("show")
def review_show(review: Review, json: Json = False) -> None:
    """Show a question: every comparison, field by field, with its weight in bits."""
    asked, found = in_transaction(lambda hub, connection: _explained(connection, review))
    if json:
        typer.echo(msgspec.json.encode({"question": asked, "comparisons": found}))
        return
    typer.echo(f"{asked.review} {asked.kind} {asked.state}: {asked.patient_id}")
    for each in found:
        told = f"{each.bits:+.1f} bits, {each.probability:.4f}"
        title = f"{each.patient_id} of {each.enterprise_id}: {told}"
        table = Table("field", "level", "bits", "so far", asked.patient_id, each.patient_id, title=title)
        for step in each.steps:
            bits = (f"{step.bits:+.1f}", f"{step.total:+.1f}")
            table.add_row(step.field, step.level, *bits, step.one, step.other)
        Console().print(table)
        if each.conflicts:
            typer.echo(f"against it: {', '.join(each.conflicts)}")


@review_app.command("decide")
def review_decide(
    review: Review,
    verdict: Annotated[str, typer.Argument(metavar="VERDICT", help="same or different")],
    reason: Reason,
    person: Annotated[str | None, typer.Option(help="Which identity, where several are asked about.")] = None,
) -> None:
    """Answer a question. To make one of two identities with several records each takes a second person."""
    from mpi.review import Answer, decide_review

    match verdict:
        case "same" | "different":
            answer = Answer(verdict, person)
        case _:
            raise Refused("the verdict is same or different")
    by = decided_by(reason)
    made = in_transaction(
        lambda hub, connection: _shown(hub, connection, decide_review(connection, review, answer, by))
    )
    told = made.correction
    number = f", decision {told.decision}" if told is not None and told.decision is not None else ""
    typer.echo(f"question {review} is {made.state}{number}")


@review_app.command("skip")
def review_skip(review: Review, reason: Reason) -> None:
    """Leave a question to others."""
    from mpi.review import skip_review

    by = decided_by(reason)
    typer.echo(f"question {review} is {in_transaction(lambda hub, c: skip_review(c, review, by)).state}")


@review_app.command("escalate")
def review_escalate(review: Review, reason: Reason) -> None:
    """Leave a question to others than oneself for good."""
    from mpi.review import escalate_review

    by = decided_by(reason)
    typer.echo(f"question {review} is {in_transaction(lambda hub, c: escalate_review(c, review, by)).state}")


@review_app.command("labels")
def review_labels(
    out: Annotated[
        Path, typer.Option(help="JSON lines: a pair of records, and whether they are one person.")
    ],
) -> None:
    """Write every pair that humans judged, to estimate the weights from. It has personal data."""
    count = in_transaction(lambda hub, connection: _written(connection, out))
    typer.echo(f"{count} pairs: {out}")


def history(
    id_: Annotated[
        str, typer.Argument(metavar="ID", help="A Patient's id, an enterprise id, or HOSPITAL|NUMBER.")
    ],
    count: Annotated[int, typer.Option(min=1, max=1000, help="At most so many of each.")] = 50,
    at: Annotated[str | None, typer.Option(help="Whose it was at this instant of real time.")] = None,
    believed: Annotated[str | None, typer.Option(help="As the hub believed at this instant.")] = None,
) -> None:
    """Tell every link and decision about an identity, as JSON lines, the latest first; with --at or
    --believed the state then, instead."""
    if at or believed:
        _past(id_, at, believed)
        return
    from mpi.history import decisions_of, links_of

    async def told(hub: Any, connection: Any) -> list[Any]:
        name = await patient_named(connection, id_)
        return [*await decisions_of(connection, name, count), *await links_of(connection, name, count)]

    rows = in_transaction(told)
    if not rows:
        raise Refused(f"the patient index does not know {id_}")
    for row in rows:
        typer.echo(msgspec.json.encode(row))


def _past(id_: str, at: str | None, believed: str | None) -> None:
    from mpi.history import State, state_at

    now = datetime.now(UTC)
    when = _instant(at, "--at") or now, _instant(believed, "--believed") or now

    async def told(hub: Any, connection: Any) -> State:
        name = await patient_named(connection, id_)
        return await state_at(connection, name, believed=when[1], valid=when[0])

    state = in_transaction(told)
    if not state.patients:
        raise Refused(f"the patient index knew nothing of {id_} then")
    typer.echo(msgspec.json.encode(state))


def _instant(text: str | None, name: str) -> datetime | None:
    from exchange.interactions.request import instant_of
    from exchange.outcome import FhirError

    try:
        return None if text is None else instant_of(text, name)
    except FhirError as error:
        raise Refused(error.issues[0].diagnostics or name) from None


def undo(
    decision: Annotated[int, typer.Argument(metavar="DECISION", help="Its number in the history.")],
    reason: Reason,
) -> None:
    """Take a decision about identities back: every link is again as it was."""
    from mpi.correction import undo as undone

    by = decided_by(reason)

    async def act(hub: Any, connection: Any) -> Any:
        from exchange.corrections import show

        made = await undone(connection, decision, by)
        await show(hub, connection, made)
        return made

    made = in_transaction(act)
    typer.echo(f"decision {decision} is taken back; identities: {' '.join(made.affected)}")


async def _explained(connection: Any, review: int) -> tuple[Any, Any]:
    from mpi.explain import explain
    from mpi.review_queue import question

    asked = await question(connection, review)
    return asked, await explain(connection, asked)


async def _shown(hub: Any, connection: Any, deciding: Awaitable[Any]) -> Any:
    from exchange.corrections import show

    made = await deciding
    await show(hub, connection, made.correction)
    return made


async def _written(connection: Any, out: Path) -> int:
    from mpi.labels import labelled_pairs

    count = 0
    with out.open("wb") as file:
        async for pair in labelled_pairs(connection):
            file.write(msgspec.json.encode(pair) + b"\n")
            count += 1
    return count


def decided_by(reason: str) -> Any:
    """Who runs this, as the system knows them: a second person is another user, or a client."""
    from mpi.correction import Decider

    if not reason.strip():
        raise Refused("a reason is required")
    return Decider(f"cli:{getpass.getuser()}", reason, datetime.now(UTC))


def in_transaction(act: Callable[[Any, Any], Awaitable[Result]]) -> Result:
    return asyncio.run(_with_hub(act))


async def _with_hub(act: Callable[[Any, Any], Awaitable[Result]]) -> Result:
    """One transaction over the hub's database; what the index refuses is one line."""
    from exchange.corrections import refusing
    from exchange.database import migrate, open_database
    from exchange.hub import open_hub
    from exchange.outcome import FhirError

    settings = from_environment()
    async with open_database(settings) as database:
        await migrate(database.dsn)
        async with open_hub(settings, database.dsn) as hub, hub.pool.acquire() as connection:
            try:
                with refusing():
                    async with connection.transaction():
                        return await act(hub, connection)
            except FhirError as error:
                raise Refused("; ".join(issue.diagnostics for issue in error.issues)) from None
