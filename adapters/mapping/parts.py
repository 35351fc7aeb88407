"""Parts of an identity, and the function that finds it, written out once for a map.

What a part is made of stands in `adapters.mapping.rows.Map.identity`.
"""

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from adapters.mapping.draft import Draft
from adapters.mapping.functions import Function
from adapters.mapping.identity import escaped
from adapters.mapping.memory import Memories
from adapters.mapping.model import Source, Sources, Text


@dataclass(frozen=True, slots=True, eq=False)
class Part:
    """A `constant`, the id of the resource of a `label`, the `text` of a path, or what a function says of the
    values of a `source`. An `optional` one may be empty; one that is not `alone` is escaped."""

    constant: str = ""
    label: str = ""
    text: Text | None = None
    source: Source | None = None
    call: Callable[..., Any] | None = None
    memories: Memories | None = None
    optional: bool = False
    alone: bool = False


def part_of(
    text: str,
    alone: bool,
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
    return Part(source=source, call=call, memories=Memories(), optional=optional, alone=alone)


@dataclass(slots=True)
class Identity:
    """Statements that leave the business key in `key`, what they refer to, and whose memory they ask."""

    lines: list[str]
    names: dict[str, Any]
    memories: dict[str, Memories]


def identity(alternatives: Collection[Collection[Part]], shape: bytes | None) -> Identity:
    """The business key of a node of this shape (None: of any), by the first alternative that is all there."""
    made = Identity(["key = None", "for _ in '1':"], {"escaped": escaped}, {})
    for parts in alternatives:
        if not any(_is_missing(part, shape) and not part.optional for part in parts):
            made.lines += _alternative(parts, shape, made)
    made.lines.append("    break")
    return made


def _is_missing(part: Part, shape: bytes | None) -> bool:
    return shape is not None and part.source is not None and part.source.own and not part.source.finds(shape)


def _alternative(parts: Collection[Part], shape: bytes | None, made: Identity) -> Iterator[str]:
    """In a key of several parts each is escaped, so that two different lists never give the same key."""
    several = len(parts) > 1
    depth, found = 1, ""
    for number, part in enumerate(parts):
        name = f"x{number}"
        found += "|" if number else ""
        if part.label:
            found += f"{{{name}.id}}"
        elif part.text is None and part.source is None:
            found += (
                (escaped(part.constant) if several else part.constant).replace("{", "{{").replace("}", "}}")
            )
            continue
        elif _is_missing(part, shape):
            continue
        else:
            found += f"{{{name}}}"
        yield from ("    " * depth + line for line in _lines(part, name, made, several, shape))
        if not part.optional:
            yield "    " * depth + f"if {name}:"
            depth += 1
    yield "    " * depth + f"key = f{found!r}"
    yield "    " * depth + "break"


def _lines(part: Part, name: str, made: Identity, several: bool, shape: bytes | None) -> Iterator[str]:
    number = len(made.names)
    if part.label:
        yield f"{name} = labelled({part.label!r})"
    elif part.text is not None:
        made.names[f"itext{number}"] = part.text
        text = f"itext{number}(node, scope)"
        yield f"{name} = escaped({text})" if several else f"{name} = {text}"
    elif part.source is not None and part.memories is not None:
        source, memory = part.source, f"i{len(made.memories)}"
        made.memories[memory] = part.memories
        made.names[f"ipart{number}"] = part
        made.names[f"ilook{number}"] = source.look
        own = shape is not None and source.own and source.index
        yield f"{name} = {f'f[{source.index}]' if own else f'ilook{number}(node, scope)'}"
        named = f"work.named(ipart{number}, {memory}, {name}, node, scope)"
        yield f"if {name}: {name} = {memory}_known({name}) or {named}"


def nowhere(draft: Draft, node: Any, value: Any) -> bool:
    """The place of what is put nowhere."""
    return False
