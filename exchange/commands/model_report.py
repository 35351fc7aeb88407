"""`yilian mpi report`: what a model holds, beside the one that decides now, and how it fares."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from exchange.commands.online_models import run
from exchange.commands.refused import Refused

if TYPE_CHECKING:
    from mpi.evaluation import Evaluation
    from mpi.online_model import OnlineModel
    from mpi.rows import Connection

_UNKNOWN = "-"
_BY_HAND = "set by hand"


def report(
    digest: Annotated[str, typer.Argument(help="The model's name; default: the one that decides.")] = "",
    document: Annotated[Path | None, typer.Option(help="Write the model here, as JSON.")] = None,
) -> None:
    """Tell what a model holds and how it fares, beside the one that decides now: before it is activated.

    It is tried on the pairs that humans judged, and on records of the index whose citizen ids tell who is
    who, from all but their numbers. Precision: of links; recall: of pairs of one person that share a key.
    """
    from mpi.models import UnknownModel, active, model_of
    from mpi.online_model import json_from_online_model

    async def told(connection: "Connection") -> None:
        name, now = await active(connection)
        try:
            model = await model_of(connection, digest) if digest else now
        except UnknownModel:
            raise Refused(f"there is no model {digest}: see yilian mpi models") from None
        if document:
            document.write_bytes(json_from_online_model(model))
        deciding = name or _BY_HAND
        shown = digest or deciding
        for line in _lines(shown, model, deciding, now):
            typer.echo(line)
        for line in await _tried(connection, {shown: model, deciding: now}):
            typer.echo(line)

    run(told)


async def _tried(connection: "Connection", models: Mapping[str, "OnlineModel"]) -> list[str]:
    from mpi.evaluation import evaluated, judged, numbered
    from mpi.weigh import scale

    labels = [pair async for pair in judged(connection)]
    numbers = await numbered(connection)
    return [
        f"{name}, by {source}: {_told(evaluated(pairs, scale(model)))}"
        for name, model in models.items()
        for source, pairs in (("what humans said", labels), ("citizen ids", numbers))
    ]


def _lines(name: str, model: "OnlineModel", active: str, now: "OnlineModel") -> Iterator[str]:
    yield f"model {name}; {active} decides"
    names = len(model.names.whole)
    yield f"trained on {model.trained_on} records, of {model.population} residents; {names} names"
    yield (
        f"prior {model.prior} bits ({now.prior}), link at {model.link_at} ({now.link_at}), "
        f"review at {model.review_at} ({now.review_at}), namesakes {model.namesakes} ({now.namesakes})"
    )
    yield f"{'field':<12}{'level':<18}{'m':>10}{'u':>12}{'bits':>9}{'(now)':>9}"
    for field, levels in model.levels.items():
        for level, chances in levels.items():
            before = now.levels.get(field, {}).get(level)
            known = f"({before.bits})" if before else _UNKNOWN
            yield f"{field:<12}{level:<18}{chances.m:>10.4g}{chances.u:>12.4g}{chances.bits:>9}{known:>9}"


def _told(found: "Evaluation") -> str:
    one, two = (
        f"{each.total()} ({each['linked']} linked, {each['asked']} asked, {each['left']} left)"
        for each in (found.one, found.two)
    )
    return (
        f"pairs of one person {one}, of two {two}; precision {_ratio(found.precision)}, "
        f"recall {_ratio(found.recall)}"
    )


def _ratio(value: float | None) -> str:
    return _UNKNOWN if value is None else f"{value:.4f}"
