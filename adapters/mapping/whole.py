"""All that a map does with a node, written out: its condition, the new resource with its id, and the rows.

A plan is that of a node and of the other nodes that the map's rows look at. Whatever is rarer (a resource
that is there already, one that cannot be identified) goes the general way.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from adapters.mapping.compiled import CompiledMap, ValueRow
from adapters.mapping.draft import Draft, Scope
from adapters.mapping.identity import resource_id
from adapters.mapping.parts import identity
from adapters.mapping.written import Writer, Written, indented

Whole = Callable[[Any, Any, Scope, Sequence[Any]], None]
"""Runs a map with the work, the node, its group, and the other nodes."""

_HEAD = "def run(work, node, scope, owners):"
_GENERALLY = "return work.run(this, node, scope)"


def is_writable(each: CompiledMap) -> bool:
    """Whether a map makes a resource as soon as its node comes."""
    return bool(each.resource) and not (each.at or each.after or each.apart)


def homes(maps: Sequence[CompiledMap]) -> tuple[str, ...]:
    """The kinds of the other nodes that the rows of these maps look at."""
    found: dict[str, None] = {}
    for each in maps:
        if is_writable(each):
            rows = [row for row in each.rows if isinstance(row, ValueRow)]
            found.update({row.source.home: None for row in rows if not row.source.own and row.source.index})
    return tuple(found)


def seen_of(
    each: CompiledMap, others: Sequence[str], shapes: Sequence[bytes]
) -> tuple[tuple[bool, ...], ...]:
    """Which of the fields that the rows of a map look at in other nodes these have."""
    sources = [
        source
        for row in each.rows
        if isinstance(row, ValueRow)
        for source in (row.source, *(source for _, source in row.inputs))
        if not source.own
    ]
    return tuple(
        tuple(source.finds(shape) for source in sources if source.home == home)
        for home, shape in zip(others, shapes, strict=True)
    )


def write_whole(
    each: CompiledMap, node: Any, scope: Scope, others: Sequence[str], shapes: Sequence[bytes]
) -> Written:
    """The function of a map for nodes of the plan of this one, beside others of these kinds and shapes."""
    owners = {home: (f"o{number}", shapes[number]) for number, home in enumerate(others)}
    writer = Writer(each, node, scope, True, owners)
    key = identity(each.identity, node.shape)
    lines = [*_resource(writer, key.lines), *_body(writer, owners)]
    text = "\n".join((_HEAD, *indented(lines)))
    known = {"this": each, "label": each.label, "mode": each.mode, "Draft": Draft, "resource_id": resource_id}
    names = key.names | writer.names | known
    code = compile(text, f"<all of {each.name}>", "exec")
    return Written(code, names, {**key.memories, **writer.memories})


def _resource(writer: Writer, key: Sequence[str]) -> Iterator[str]:
    """What comes before the rows: the condition, the resource that is needed, the new resource."""
    each = writer.each
    yield "f, w, adopted = node.fields, node.whole, work.adopted"
    yield "labelled = scope.labelled"
    if writer.others:
        yield f"{', '.join(name for name, _ in writer.others.values())}, = owners"
    if when := writer.condition(each.when):
        yield f"if not ({when}): return"
    if each.needs:
        yield f"needed = labelled({each.needs!r})"
        yield f"if needed is None: {_GENERALLY}"
        writer.needed = each.needs if each.needs != each.label else ""
    yield from key
    yield f"if key is None: {_GENERALLY}"
    yield f"identity = resource_id({each.resource!r}, work.hospital, key)"
    yield f"name = {each.resource + '/'!r} + identity"
    yield f"if name in work.drafts: {_GENERALLY}"
    yield f"r = {{'resourceType': {each.resource!r}, 'id': identity}}"
    yield "draft = work.drafts[name] = Draft(r, name, label, mode, node)"
    yield "scope.name_new(draft)"
    yield "work.homes.setdefault(node, draft)"
    yield "group = scope"


def _body(writer: Writer, owners: Mapping[str, tuple[str, bytes]]) -> Iterator[str]:
    rows = [*writer.rows(), *writer.end()]
    for home, name in writer.owners.items():
        yield f"{name} = scope.node({home!r})"
        yield f"{name}_f = {name}.fields if {name} is not None else ()"
        yield f"{name}_n = len({name}_f)"
    yield from rows
