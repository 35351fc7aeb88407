"""Criteria as the tree that chains, `_has`, alternatives and negations make of them.

https://hl7.org/fhir/R4/search.html#chaining
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace

from exchange.search.query.criterion import AllOf, AnyOf, Chain, Criterion, Has, Not, Patients, Targets


def every(criteria: Iterable[Criterion]) -> Iterator[Criterion]:
    """The criteria and all within them."""
    for criterion in criteria:
        yield criterion
        match criterion:
            case Not(inner):
                yield from every((inner,))
            case AllOf(inner) | AnyOf(inner):
                yield from every(inner)
            case Chain(targets=targets):
                for each in targets:
                    yield from every(each.criteria)
            case Has(sources=sources):
                yield from every(sources.criteria)
            case Patients(targets=Targets(criteria=inner)):
                yield from every(inner)


def conjuncts(criterion: Criterion) -> tuple[Criterion, ...]:
    """The criteria that must all be fulfilled."""
    if not isinstance(criterion, AllOf):
        return (criterion,)
    return tuple(inner for each in criterion.criteria for inner in conjuncts(each))


def changed(criterion: Criterion, change: Callable[[Criterion], Criterion]) -> Criterion:
    """The same tree with `change` made to each of its leaves."""
    match criterion:
        case Not(inner):
            return Not(changed(inner, change))
        case AllOf(inner):
            return AllOf(tuple(changed(each, change) for each in inner))
        case AnyOf(inner):
            return AnyOf(tuple(changed(each, change) for each in inner))
        case Chain(targets=targets):
            return replace(criterion, targets=tuple(_changed(each, change) for each in targets))
        case Has(sources=sources):
            return replace(criterion, sources=_changed(sources, change))
        case Patients(targets=Targets() as targets):
            return replace(criterion, targets=_changed(targets, change))
        case _:
            return change(criterion)


def _changed(targets: Targets, change: Callable[[Criterion], Criterion]) -> Targets:
    return replace(targets, criteria=tuple(changed(each, change) for each in targets.criteria))
