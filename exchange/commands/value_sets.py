"""`yilian value-sets`: expands every value set of the packages at hand, and checks what comes of it."""

from collections import Counter
from typing import Annotated

import typer

from exchange.commands.ending import FINDINGS


def value_sets(
    members: Annotated[int, typer.Option(help="Validate so many members of each; 0: all.", min=0)] = 0,
    verbose: Annotated[bool, typer.Option("-v", "--verbose", help="Tell every value set.")] = False,
) -> None:
    """Expand every value set that R4 defines and validate its members; tell why others do not expand. Exit 1
    if a member does not validate."""
    from exchange.terminology.core import core_library
    from terminology.survey import survey

    reasons: Counter[str] = Counter()
    expanded = count = wrong = 0
    for each in survey(core_library(), members):
        if each.reason:
            reasons[each.reason] += 1
        else:
            expanded, count = expanded + 1, count + each.members
        for member in each.wrong:
            typer.echo(f"{each.canonical}: {member} does not validate", err=True)
        wrong += len(each.wrong)
        if verbose:
            typer.echo(f"{each.canonical}: {each.reason or f'{each.members} members'}")
    for reason, times in reasons.most_common():
        typer.echo(f"{times} do not expand: {reason}")
    typer.echo(
        f"{expanded} expand to {count} members, of which {wrong} do not validate; {reasons.total()} do not"
    )
    if wrong:
        raise typer.Exit(FINDINGS)
