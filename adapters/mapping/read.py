"""From YAML blocks to rows, maps, vocabularies and layers, with a fault for everything that is not
understood: all of a file's at once.

A file may hold `maps` (a list), `vocabularies`, `extensions` (name → URL), `segments` (local segment → number
of fields, or what it holds) and `changes` (map → `add`, `replace`, `disable`).
"""

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import fields, replace
from typing import Any, Final

from adapters.mapping.document import Block, loaded, plain
from adapters.mapping.fault import Fault, MapError
from adapters.mapping.rows import Change, Code, Layer, LocalSegment, Map, Missing, Row, Vocabulary
from adapters.mapping.typed import block_of, blocks, named, placed, table, text, texts, unknown, values

LAYER_KEYS: Final = ("maps", "vocabularies", "extensions", "segments", "changes")
_ROW_KEYS = frozenset(each.name for each in fields(Row)) - {"place", "beside"} | {"with"}
_ROW_TEXTS = ("id", "source", "when", "target", "function", "vocabulary", "ignore", "reference", "at")
_MAP_KEYS = frozenset(each.name for each in fields(Map)) - {"place", "name"} | {"map"}
_MAP_TEXTS = ("resource", "onto", "label", "when", "apart", "like", "needs", "continues_when")
_MAP_LISTS = ("within", "without", "after", "at", "continues")
_VOCABULARY_KEYS = frozenset(("source", "target", "same", "codes", "words", "also", "coarse"))
_SEGMENT_KEYS = frozenset(("onto", "fields"))
_CHANGE_KEYS = frozenset(("add", "replace", "disable"))
_NUMBER = re.compile(r"[1-9][0-9]{0,2}")
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9-]{0,63}")
_MISSING = ("code", "expression", "diagnostics")


def read_layer(said: str, file: str) -> Layer:
    """Reads one map file. Raises MapError."""
    faults: list[Fault] = []
    block = loaded(said, file, faults)
    unknown(block, LAYER_KEYS, "file", faults)
    layer = layer_from_block(block, faults)
    if faults:
        raise MapError(faults)
    return layer


def layer_from_block(block: Block, faults: list[Fault]) -> Layer:
    """The layer in a block, as far as it can be read; keys that no layer has are not looked at."""
    maps: dict[str, Map] = {}
    for item in blocks(block, "maps", faults):
        made = _map(item, faults)
        if made.name in maps:
            faults.append(Fault(made.place, f"map {made.name!r} stands twice"))
        maps[made.name] = made
    content = {key: plain(block[key]) for key in LAYER_KEYS if block.get(key)}
    return Layer(
        maps=maps,
        vocabularies={
            name: _vocabulary(name, item, faults) for name, item in named(block, "vocabularies", faults)
        },
        extensions=table(block, "extensions", faults),
        segments=_segments(block_of(block, "segments", faults), faults),
        changes={name: _change(item, faults) for name, item in named(block, "changes", faults)},
        digest=digest_of(content),
    )


def digest_of(content: Any) -> str:
    """Two contents that say the same in the same order have the same one; "" for nothing."""
    if not content:
        return ""
    said = json.dumps(content, ensure_ascii=True, separators=(",", ":"))
    return hashlib.sha256(said.encode("ascii")).hexdigest()[:16]


def _map(block: Block, faults: list[Fault]) -> Map:
    unknown(block, _MAP_KEYS, "map", faults)
    name, segment = text(block, "map", faults), text(block, "segment", faults)
    if not name or not segment:
        faults.append(Fault(block.place, "a map needs `map` (its name) and `segment`"))
    if block.get("resource") and block.get("onto"):
        faults.append(Fault(block.place, "a map makes a `resource` or writes `onto` one, not both"))
    given: dict[str, Any] = {key: text(block, key, faults) for key in _MAP_TEXTS}
    for key, allowed in (("mode", ("merge", "replace")), ("repeats", ("same", "separate"))):
        if (choice := text(block, key, faults)) in allowed:
            given[key] = choice
        elif choice:
            faults.append(Fault(block.place, f"{key} is one of {', '.join(allowed)}"))
    given |= {key: texts(block, key, faults) for key in _MAP_LISTS}
    rows = _rows(block, "rows", faults)
    return Map(
        name=name,
        place=block.place,
        segment=segment,
        rows=rows,
        identity=_identity(block, faults),
        missing=_missing(block, faults),
        **given,
    )


def _identity(block: Block, faults: list[Fault]) -> tuple[tuple[str, ...], ...]:
    items = block.get("identity") or ()
    if not isinstance(items, list | tuple) or any(isinstance(each, dict) for each in items):
        faults.append(Fault(block.at("identity"), "'identity' is a list of alternatives"))
        return ()
    return tuple(tuple(map(str, item)) if isinstance(item, list) else (str(item),) for item in items)


def _missing(block: Block, faults: list[Fault]) -> Missing | None:
    inner = block_of(block, "missing", faults)
    if not inner:
        return None
    unknown(inner, _MISSING, "`missing`", faults)
    if absent := [key for key in _MISSING if not inner.get(key)]:
        faults.append(Fault(inner.place, f"`missing` needs {', '.join(absent)}"))
    return Missing(*(text(inner, key, faults) for key in _MISSING))


def _rows(block: Block, key: str, faults: list[Fault]) -> tuple[Row, ...]:
    rows = tuple(_row(item, faults) for item in blocks(block, key, faults))
    seen: set[str] = set()
    for row in rows:
        if row.id in seen:
            faults.append(Fault(row.place, f"row {row.id!r} stands twice"))
        seen.add(row.id)
    return rows


def _row(block: Block, faults: list[Fault]) -> Row:
    unknown(block, _ROW_KEYS, "row", faults)
    given: dict[str, Any] = {key: text(block, key, faults) for key in _ROW_TEXTS}
    given |= {key: plain(block[key]) for key in ("value", "default") if key in block}
    if block.get("deletes") is not None:
        given["deletes"] = text(block, "deletes", faults)
    row = Row(
        place=block.place,
        given=plain(values(block, "given", faults)),
        inputs=table(block, "inputs", faults),
        beside=plain(values(block, "with", faults)),
        **given,
    )
    if not row.id:
        faults.append(Fault(block.place, "a row needs an `id`"))
    if not (row.target or (row.source and row.ignore) or (row.deletes and not row.source)):
        told = f"row {row.id!r} has no target, no reason to ignore its source and nothing to delete"
        faults.append(Fault(block.place, told))
    return row


def _vocabulary(name: str, block: Block, faults: list[Fault]) -> Vocabulary:
    """`same`: codes that mean themselves; `codes`: with their meanings; `words`: what is no code, with
    meanings; `also`: codes of further systems (system → codes)."""
    unknown(block, _VOCABULARY_KEYS, "vocabulary", faults)
    source, target = text(block, "source", faults), text(block, "target", faults)
    coarse = set(texts(block, "coarse", faults))
    same = table(block, "same", faults)
    codes = {code: Code(code, source, said, source) for code, said in same.items()}
    places = dict(block_of(block, "same", []).places)
    tables = [(source, block_of(block, "codes", faults)), ("", block_of(block, "words", faults))]
    tables += list(named(block, "also", faults))
    for system, meanings in tables:
        for code, meaning in meanings.items():
            made = _code(meaning, target)
            if made is None:
                told = f"{code!r} means a code, [code, display], or a block with code, system and display"
                faults.append(Fault(meanings.at(code), told))
                continue
            codes[code] = replace(made, source=system, coarse=code in coarse)
            places[code] = meanings.at(code)
    return Vocabulary(name, block.place, source, target, codes, places)


def _code(meaning: Any, target: str) -> Code | None:
    if isinstance(meaning, Mapping):
        if "code" not in meaning or meaning.keys() - {"code", "system", "display"}:
            return None
        return Code(str(meaning["code"]), str(meaning.get("system", target)), str(meaning.get("display", "")))
    if isinstance(meaning, list):
        return Code(str(meaning[0]), target, str(meaning[1])) if len(meaning) == 2 else None
    return Code("" if meaning is None else str(meaning), target)


def _segments(block: Block, faults: list[Fault]) -> dict[str, LocalSegment]:
    """`ZPI: 3`, or `ZPI: {onto: patient, fields: {1: ward-nurse, 2: {name: bed, type: PL}}}`."""
    made: dict[str, LocalSegment] = {}
    for name, said in block.items():
        if isinstance(said, Block):
            made[name] = _segment(said, faults)
        elif isinstance(said, int) and said > 0:
            made[name] = LocalSegment(block.at(name), said)
        else:
            faults.append(Fault(block.at(name), f"segment {name!r} has a number of fields, or `fields`"))
    return made


def _segment(block: Block, faults: list[Fault]) -> LocalSegment:
    unknown(block, _SEGMENT_KEYS, "segment", faults)
    inner = block_of(block, "fields", faults)
    names: dict[str, int] = {}
    types: dict[int, str] = {}
    for number, said in inner.items():
        called = text(said, "name", faults) if isinstance(said, Block) else str(said or "")
        if isinstance(said, Block):
            unknown(said, ("name", "type"), "field", faults)
        if not _NUMBER.fullmatch(number) or not _NAME.fullmatch(called) or called in names:
            told = f"field {number!r} of a segment is a number with a name of its own: letters, digits, `-`"
            faults.append(Fault(inner.at(number), told))
            continue
        names[called] = int(number)
        types[int(number)] = text(said, "type", faults) if isinstance(said, Block) else ""
    return LocalSegment(
        block.place, max(names.values(), default=0), names, types, text(block, "onto", faults)
    )


def _change(block: Block, faults: list[Fault]) -> Change:
    unknown(block, _CHANGE_KEYS, "change", faults)
    disable: dict[str, Any] = {}
    for gone, place in placed(block, "disable", faults):
        if gone in disable:
            faults.append(Fault(place, f"row {gone!r} is disabled twice"))
        disable[gone] = place
    return Change(block.place, _rows(block, "add", faults), _rows(block, "replace", faults), disable)
