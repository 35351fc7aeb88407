"""Values of a block as what they must be, with a fault where they are something else."""

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from adapters.mapping.document import Block, Items
from adapters.mapping.fault import Fault, Place


def unknown(block: Block, known: Collection[str], what: str, faults: list[Fault]) -> None:
    """A fault for every key that nobody reads."""
    for key in block:
        if key not in known:
            faults.append(Fault(block.at(key), f"a {what} has no {key!r}"))


def text(block: Block, key: str, faults: list[Fault], among: Collection[str] = ()) -> str:
    """ "" if it is not there; one of `among`, if there are any."""
    value = block.get(key)
    if value is None:
        return ""
    if isinstance(value, dict | list):
        faults.append(Fault(block.at(key), f"{key!r} is a text"))
        return ""
    if among and str(value) not in among:
        faults.append(Fault(block.at(key), f"{key} is one of {', '.join(sorted(among))}"))
        return ""
    return str(value)


def texts(block: Block, key: str, faults: list[Fault]) -> tuple[str, ...]:
    """A text, or a list of them."""
    return tuple(said for said, _ in placed(block, key, faults))


def placed(block: Block, key: str, faults: list[Fault]) -> list[tuple[str, Place]]:
    """Texts with their lines."""
    value = block.get(key)
    if value is None:
        return []
    listed = isinstance(value, Items)
    items = list(zip(value, value.places, strict=True)) if listed else [(value, block.at(key))]
    if any(isinstance(item, dict | list) for item, _ in items):
        faults.append(Fault(block.at(key), f"{key!r} is a list of texts"))
        return []
    return [("" if item is None else str(item), place) for item, place in items]


def block_of(block: Block, key: str, faults: list[Fault]) -> Block:
    """An empty one if it is not there."""
    value = block.get(key)
    if isinstance(value, Block):
        return value
    if value is not None:
        faults.append(Fault(block.at(key), f"{key!r} is a block"))
    return Block(block.at(key))


def table(block: Block, key: str, faults: list[Fault]) -> Mapping[str, str]:
    """Text by text."""
    inner = block_of(block, key, faults)
    return {name: text(inner, name, faults) for name in inner}


def blocks(block: Block, key: str, faults: list[Fault]) -> list[Block]:
    """A list of blocks."""
    value = block.get(key)
    if value is None:
        return []
    if isinstance(value, list) and all(isinstance(item, Block) for item in value):
        return value
    faults.append(Fault(block.at(key), f"{key!r} is a list of blocks"))
    return []


def named(block: Block, key: str, faults: list[Fault]) -> Iterator[tuple[str, Block]]:
    """Blocks by name."""
    inner = block_of(block, key, faults)
    for name in inner:
        if isinstance(inner[name], Block):
            yield name, inner[name]
        else:
            faults.append(Fault(inner.at(name), f"{key}: {name!r} is not a block"))


def values(block: Block, key: str, faults: list[Fault]) -> dict[str, Any]:
    """Whatever by text."""
    return dict(block_of(block, key, faults))
