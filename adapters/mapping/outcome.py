"""What a row's function makes of the values of its source, and the form in which that is remembered."""

from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

from adapters.mapping.compiled import ValueRow
from adapters.mapping.draft import Json, Scope
from adapters.mapping.functions import Made, Primitive, Several
from adapters.mapping.straight import item_of

_ONE: Final = ((0, 1),)


class Outcome(NamedTuple):
    """What a function made: values for the target, resources they need, and what was read for it.

    `read` are (which node, value's number, leaves), `read_inputs` (index of the input, leaves).
    """

    values: tuple[Any, ...]
    resources: tuple[Json, ...]
    read: tuple[tuple[int, int, frozenset[int]], ...]
    read_inputs: tuple[tuple[int, frozenset[int]], ...]


# A value as its target takes it, how many leaves its field has, those of the inputs by field, the resources
# it needs, and all outcomes. No leaves: it is not one plain value of which all was read; only the outcomes
# count.
Remembered = tuple[Any, int, Mapping[int, int], tuple[Json, ...], Sequence[Outcome]]
NOTHING: Final[Remembered] = (None, 0, {}, (), ())


def outcomes(
    row: ValueRow, owner: Any, node: Any, scope: Scope, following: Sequence[Any], context: Any
) -> list[Outcome]:
    """What the function makes of the values, one by one or all at once."""
    values = row.source.values(owner)
    inputs: dict[str, Any] = {}
    for name, source in row.inputs:
        of = node if source.own else source.owner(node, scope)
        found = source.values(of) if of is not None else ()
        inputs[name] = found[0] if found else None
    if row.takes_all:
        marked = [(0, value) for value in values]
        for which, later in enumerate(following, 1):
            marked += [(which, value) for value in row.source.values(later)]
        result = row.call([value for _, value in marked], context, **inputs) if marked else None
        return [] if result is None else [_outcome(result, marked, inputs)]
    made: list[Outcome] = []
    for value in values:
        for each in inputs.values():
            if each is not None:
                each.read.clear()
        result = row.call(value, context, **inputs)
        if result is not None:
            made.append(_outcome(result, ((0, value),), inputs))
    return made


def _outcome(result: Any, values: Sequence[tuple[int, Any]], inputs: Mapping[str, Any]) -> Outcome:
    made: tuple[Json, ...] = ()
    if type(result) is Made:
        result, made = result
    read = tuple([(which, value.number, frozenset(value.read)) for which, value in values])
    results = result.values if type(result) is Several else (result,)
    if not inputs:
        return Outcome(results, made, read, ())
    of_inputs = [(i, frozenset(v.read)) for i, v in enumerate(inputs.values()) if v is not None]
    return Outcome(results, made, read, tuple(of_inputs))


def remembered(row: ValueRow, made: Sequence[Outcome], owner: Any, node: Any) -> Remembered:
    """Outcomes as they are kept; what is one plain value of which everything was read also as that."""
    if len(made) != 1:
        return None, 0, {}, (), made
    values, resources, read, read_inputs = made[0]
    if len(values) != 1 or len(read) != 1 or type(values[0]) is Primitive or (resources and not row.makes):
        return None, 0, {}, (), made
    number = row.source.whole(owner, read[0][2]) if read[0][:2] == _ONE[0] else 0
    also: dict[int, int] = {}
    for index, leaves in read_inputs:
        source = row.inputs[index][1]
        count = source.whole(node, leaves) if source.own and source.index else 0
        if leaves and not count:
            number = 0
        elif leaves:
            also[source.index] = count
    return item_of(row.straight, values[0]), number, also, resources, made
