"""Parts of an identity, and the function that finds it, written out once for a map.

What a part is made of stands in `adapters.mapping.rows.Map.identity`.
"""

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from adapters.mapping.draft import Draft
from adapters.mapping.functions import Function
from adapters.mapping.memory import Memories
from adapters.mapping.model import Source, Sources, Text


@dataclass(frozen=True, slots=True, eq=False)
class Part:
    """A `constant`, the id of the resource of a `label`, the `text` of a path, or what a function says of the
    values of a `source`. An `optional` one may be empty."""

    constant: str = ""
    label: str = ""
    text: Text | None = None
    source: Source | None = None
    call: Callable[..., Any] | None = None
    memories: Memories | None = None
    optional: bool = False


def part_of(
    text: str,
    segment: str,
    sources: Sources,
    functions: Mapping[str, Function],
    labels: Collection[str],
) -> Part:
    """`@label`, `=text`, `path` or `path function`; with `?` it may be empty. Raises ValueError."""
    if text.startswith("="):
        return Part(constant=text[1:])
    if text.startswith("@"):
        if text[1:] not in labels:
            raise ValueError(f"identity: no map has the label {text[1:]!r}")
        return Part(label=text[1:])
    path, _, name = text.removesuffix("?").partition(" ")
    optional = text.endswith("?")
    if not name:
        return Part(text=sources.text(path, segment), optional=optional)
    if name not in functions:
        raise ValueError(f"identity: there is no function {name!r}")
    source, call = sources.source(path, segment), functions[name].call
    return Part(source=source, call=call, memories=Memories(), optional=optional)


@dataclass(slots=True)
class Identity:
    """The text of the function, what it refers to, and whose memory it asks."""

    lines: list[str]
    names: dict[str, Any]
    memories: dict[str, Memories]


def identity(alternatives: Collection[Collection[Part]]) -> Identity:
    """The function that gives the business key of a node by the first alternative of which all is there."""
    made = Identity(["def run(work, node, scope):", "    f = node.fields"], {}, {})
    for parts in alternatives:
        depth = 1
        found: list[str] = []
        for part in parts:
            name = f"x{len(found)}"
            text = repr(part.constant) if not (part.label or part.text or part.source) else name
            for line in _lines(part, name, made):
                made.lines.append("    " * depth + line)
            if text == name and not part.optional:
                made.lines.append("    " * depth + f"if {name}:")
                depth += 1
            found.append(f"{name}.id" if part.label else text)
        whole = found[0] if len(found) == 1 else f"key({', '.join(found)})"
        made.lines.append("    " * depth + f"return {whole}")
    return made


def _lines(part: Part, name: str, made: Identity) -> Iterator[str]:
    number = len(made.names)
    if part.label:
        yield f"{name} = scope.labelled({part.label!r})"
    elif part.text is not None:
        made.names[f"text{number}"] = part.text
        yield f"{name} = text{number}(node, scope)"
    elif part.source is not None and part.memories is not None:
        source, memory = part.source, f"m{len(made.memories)}"
        made.memories[memory] = part.memories
        made.names[f"part{number}"] = part
        made.names[f"look{number}"] = source.look
        at = f"f[{source.index}] if len(f) > {source.index} else ''"
        yield f"{name} = {at if source.own and source.index else f'look{number}(node, scope)'}"
        named = f"work.named(part{number}, {memory}, {name}, node, scope)"
        yield f"if {name}: {name} = {memory}_known({name}) or {named}"


def nowhere(draft: Draft, node: Any, value: Any) -> bool:
    """The place of what is put nowhere."""
    return False
