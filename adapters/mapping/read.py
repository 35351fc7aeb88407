"""From YAML blocks to rows, maps, vocabularies and layers, with a fault for everything that is not
understood.

A file may hold `maps` (a list), `vocabularies`, `extensions` (name → URL), `segments` (local segment →
number of fields) and `changes` (map → `add`, `replace`, `disable`).
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import fields, replace
from typing import Any

from adapters.mapping.document import Block, load
from adapters.mapping.fault import Fault, MapError, Place
from adapters.mapping.rows import Change, Code, Layer, Map, Missing, Row, Vocabulary

_ROW_KEYS = frozenset(each.name for each in fields(Row)) - {"place", "beside"} | {"with"}
_MAP_KEYS = frozenset(each.name for each in fields(Map)) - {"place", "name"} | {"map"}
_VOCABULARY_KEYS = frozenset(("source", "target", "same", "codes", "words", "also", "coarse"))
_LAYER_KEYS = frozenset(("maps", "vocabularies", "extensions", "segments", "changes"))
_CHANGE_KEYS = frozenset(("add", "replace", "disable"))


def read_layer(text: str, file: str) -> Layer:
    """Reads one map file. Raises MapError."""
    return layer_from_block(load(text, file))


def layer_from_block(block: Block, also: Iterable[str] = ()) -> Layer:
    """The layer in a block; `also` are keys that somebody else reads."""
    faults = list(_unknown(block, _LAYER_KEYS | set(also), "file"))
    maps: dict[str, Map] = {}
    for item in _list(block, "maps", faults):
        made = _map(item, faults)
        if made.name in maps:
            faults.append(Fault(made.place, f"map {made.name!r} stands twice"))
        maps[made.name] = made
    layer = Layer(
        maps=maps,
        vocabularies={
            name: _vocabulary(name, item, faults) for name, item in _blocks(block, "vocabularies", faults)
        },
        extensions={name: str(url) for name, url in (block.get("extensions") or {}).items()},
        segments={name: int(count) for name, count in (block.get("segments") or {}).items()},
        changes={name: _change(item, faults) for name, item in _blocks(block, "changes", faults)},
    )
    if faults:
        raise MapError(faults)
    return layer


def _map(block: Block, faults: list[Fault]) -> Map:
    faults.extend(_unknown(block, _MAP_KEYS, "map"))
    name = str(block.get("map", ""))
    if not name or not block.get("segment"):
        faults.append(Fault(block.place, "a map needs `map` (its name) and `segment`"))
    if block.get("resource") and block.get("onto"):
        faults.append(Fault(block.place, "a map makes a `resource` or writes `onto` one, not both"))
    missing = block.get("missing")
    given = {
        key: block[key]
        for key in ("resource", "onto", "label", "when", "apart", "like", "needs")
        if block.get(key)
    }
    for key, allowed in (("mode", ("merge", "replace")), ("repeats", ("same", "separate"))):
        if (choice := block.get(key)) is not None:
            given[key] = choice
            if choice not in allowed:
                faults.append(Fault(block.place, f"{key} is one of {', '.join(allowed)}"))
    rows = tuple(_row(item, faults) for item in _list(block, "rows", faults))
    faults.extend(_twice(rows))
    return Map(
        name=name,
        place=block.place,
        segment=str(block.get("segment", "")),
        rows=rows,
        within=_texts(block, "within"),
        without=_texts(block, "without"),
        after=_texts(block, "after"),
        at=_texts(block, "at"),
        identity=tuple(_alternative(item) for item in block.get("identity") or ()),
        missing=Missing(missing["code"], missing["expression"], missing["diagnostics"]) if missing else None,
        continues=_texts(block, "continues"),
        continues_when=str(block.get("continues_when", "")),
        **given,
    )


def _alternative(item: Any) -> tuple[str, ...]:
    return tuple(map(str, item)) if isinstance(item, list) else (str(item),)


def _row(block: Block, faults: list[Fault]) -> Row:
    faults.extend(_unknown(block, _ROW_KEYS, "row"))
    given = {key: plain(value) for key, value in block.items() if key in _ROW_KEYS and key != "with"}
    row = replace(Row("", block.place), **given, beside=plain(block.get("with") or {}))
    row = replace(row, id=str(row.id))
    if not row.id:
        faults.append(Fault(block.place, "a row needs an `id`"))
    if not (row.target or (row.source and row.ignore) or (row.deletes and not row.source)):
        faults.append(
            Fault(
                block.place,
                f"row {row.id!r} has no target, no reason to ignore its source and nothing to delete",
            )
        )
    return row


def _twice(rows: Iterable[Row]) -> Iterator[Fault]:
    seen: set[str] = set()
    for row in rows:
        if row.id in seen:
            yield Fault(row.place, f"row {row.id!r} stands twice")
        seen.add(row.id)


def _vocabulary(name: str, block: Block, faults: list[Fault]) -> Vocabulary:
    """`same`: codes that mean themselves; `codes`: with their meanings; `words`: what is no code, with
    meanings; `also`: codes of further systems (system → codes)."""
    faults.extend(_unknown(block, _VOCABULARY_KEYS, "vocabulary"))
    source, target = str(block.get("source") or ""), str(block.get("target") or "")
    coarse = set(map(str, block.get("coarse") or ()))
    same = block.get("same") or {}
    codes = {code: Code(code, source, str(text or ""), source) for code, text in same.items()}
    tables = [(source, block.get("codes")), ("", block.get("words")), *(block.get("also") or {}).items()]
    for system, table in tables:
        for code, meaning in (table or {}).items():
            codes[code] = replace(_code(meaning, target), source=system, coarse=code in coarse)
    return Vocabulary(name, block.place, source, target, codes)


def _code(meaning: Any, target: str) -> Code:
    if isinstance(meaning, Mapping):
        return Code(str(meaning["code"]), str(meaning.get("system", target)), str(meaning.get("display", "")))
    if isinstance(meaning, list):
        return Code(str(meaning[0]), target, str(meaning[1]))
    return Code("" if meaning is None else str(meaning), target)


def _change(block: Block, faults: list[Fault]) -> Change:
    faults.extend(_unknown(block, _CHANGE_KEYS, "change"))
    return Change(
        block.place,
        add=tuple(_row(item, faults) for item in _list(block, "add", faults)),
        replace=tuple(_row(item, faults) for item in _list(block, "replace", faults)),
        disable=_texts(block, "disable"),
    )


def plain(value: Any) -> Any:
    """Constants without their places."""
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    return [plain(item) for item in value] if isinstance(value, list) else value


def _unknown(block: Block, known: Iterable[str], what: str) -> Iterator[Fault]:
    for key in block.keys() - set(known):
        yield Fault(block.place, f"a {what} has no {key!r}")


def _list(block: Block, key: str, faults: list[Fault]) -> list[Block]:
    items = block.get(key) or []
    if isinstance(items, list) and all(isinstance(item, Block) for item in items):
        return items
    faults.append(Fault(block.place, f"{key!r} is a list of blocks"))
    return []


def _blocks(block: Block, key: str, faults: list[Fault]) -> Iterator[tuple[str, Block]]:
    for name, item in (block.get(key) or {}).items():
        if isinstance(item, Block):
            yield name, item
        else:
            faults.append(Fault(_place(block, key), f"{key}: {name!r} is not a block"))


def _place(block: Block, key: str) -> Place:
    inner = block.get(key)
    return inner.place if isinstance(inner, Block) else block.place


def _texts(block: Block, key: str) -> tuple[str, ...]:
    items = block.get(key)
    if items is None:
        return ()
    return tuple(
        "" if item is None else str(item) for item in (items if isinstance(items, list) else [items])
    )
