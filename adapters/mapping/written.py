"""A map written out as one Python function for the nodes of one plan.

Nodes of a plan have the same fields filled, in a source of the same kind: rows that find nothing are left
out, conditions that this settles are, too. What a row's function made of a text is looked up in place, and
put straight into a resource that nobody has written to before. Everything rarer is the `Work`'s.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import chain
from typing import Any

from adapters.mapping.compiled import CompiledMap, FixedRow, IgnoreRow, Template, ValueRow
from adapters.mapping.condition import Condition, settled
from adapters.mapping.draft import Draft, Scope
from adapters.mapping.identity import key
from adapters.mapping.memory import Memories
from adapters.mapping.parts import identity
from adapters.mapping.straight import Straight, written

Run = Callable[[Any, Any, Scope, Draft, Scope], None]
Identify = Callable[[Any, Any, Scope], str | None]
_HEAD = "def run(work, node, scope, draft, group):"


@dataclass(frozen=True, slots=True)
class Written:
    """The code, what it refers to, and whose memory it asks."""

    code: Any
    names: Mapping[str, Any]
    memories: Mapping[str, Memories]

    def run(self, dialect: str) -> Any:
        """The function for texts of a dialect."""
        of = {name: memories.of(dialect) for name, memories in self.memories.items()}
        known = {f"{name}_known": memory.known.get for name, memory in of.items()}
        space = {**self.names, **of, **known}
        exec(self.code, space)  # noqa: S102 - made here, of compiled maps
        return space["run"]


def write(each: CompiledMap, node: Any, scope: Scope, fresh: bool) -> Written:
    """The function of a map for nodes of the plan of this one. `fresh`: for new resources only."""
    writer = _Writer(each, node, scope, fresh)
    text = "\n".join((_HEAD, *(f"    {line}" for line in writer.body())))
    return Written(compile(text, f"<map {each.name}>", "exec"), writer.names, writer.memories)


def write_identity(each: CompiledMap) -> Written:
    """The function that finds the business key of a map's node."""
    made = identity(each.identity)
    code = compile("\n".join(made.lines), f"<identity of {each.name}>", "exec")
    return Written(code, {**made.names, "key": key}, made.memories)


class _Writer:
    def __init__(self, each: CompiledMap, node: Any, scope: Scope, fresh: bool) -> None:
        self.each = each
        self.node = node
        self.scope = scope
        self.shape: bytes = node.shape
        self.fresh = fresh
        self.names: dict[str, Any] = {}
        self.memories: dict[str, Memories] = {}
        self.owners: dict[str, str] = {}
        self.touched: set[str] = set()

    def body(self) -> Iterator[str]:
        rows = list(chain.from_iterable(self.row(place, row) for place, row in enumerate(self.each.rows)))
        yield "r, labelled = draft.resource, scope.labelled"
        if self.shape:
            yield "f, w = node.fields, node.whole"
        for home, name in self.owners.items():
            yield f"{name} = scope.node({home!r})"
            yield f"{name}_f = {name}.fields if {name} is not None else ()"
            yield f"{name}_n = len({name}_f)"
        if "break" in (line.strip() for line in rows):
            yield "for _ in '1':"
            yield from _in(rows)
            yield "r = draft.resource"
        else:
            yield from rows
        yield from self.end()

    def bind(self, prefix: str, value: Any) -> str:
        name = f"{prefix}{len(self.names)}"
        self.names[name] = value
        return name

    def condition(self, of: Condition | None) -> str:
        """An expression; empty for one that always holds, `False` for one that never does."""
        left = settled(of, self.shape, self.node, self.scope) if of is not None else True
        if isinstance(left, bool):
            return "" if left else "False"
        return self.asked(left)

    def asked(self, of: Condition) -> str:
        if of.word == "not":
            return f"not {self.asked(of.parts[0])}"
        if of.word:
            return f"({f' {of.word} '.join(map(self.asked, of.parts))})"
        asked = f"{self.bind('holds', of.holds)}(node, scope)"
        return self.plain(of, asked) if of.index else asked

    def plain(self, of: Condition, asked: str) -> str:
        """A test of a text that mostly needs no reading."""
        text = f"f[{of.index}]"
        if of.among is None:
            return f"({text}.isalnum() or {asked})"
        return f"({text} in {self.bind('among', of.among)} if {text}.isalnum() else {asked})"

    def row(self, place: int, row: ValueRow | FixedRow) -> list[str]:
        if isinstance(row, ValueRow) and row.source.own and not row.source.finds(self.shape):
            return []
        when = self.condition(row.when)
        if when == "False":
            return []
        lines = list(self.value(place, row) if isinstance(row, ValueRow) else self.fixed(row))
        self.touched.add(row.straight.key)
        return [f"if {when}:", *_in(lines)] if when else lines

    def value(self, place: int, row: ValueRow) -> Iterator[str]:
        text, owner, there = self.text(row)
        if text == "text":
            yield f"text = {self.bind('look', row.source.look)}(node, scope)"
        lines = list(self.found(place, row, text, owner))
        if there:
            yield f"if {there}:"
            yield from _in(lines)
        else:
            yield from lines

    def text(self, row: ValueRow) -> tuple[str, str, str]:
        """The expressions for the text, for the node it is of, and for whether it is there."""
        source = row.source
        if source.own:
            return (f"f[{source.index}]", "node", "") if source.index else ("text", "node", "text")
        owner = self.owners.setdefault(source.home, f"e{len(self.owners)}")
        at = f"{owner}_f[{source.index}]"
        return at, owner, f"{owner}_n > {source.index} and {at}"

    def found(self, place: int, row: ValueRow, text: str, owner: str) -> Iterator[str]:
        name = self.bind("row", row)
        general = f"work.value({name}, {text}, {owner}, node, scope, draft, ())"
        if row.memories is None or not row.source.index:
            yield general
        else:
            yield from self.known(row, name, text, owner, general)
        if row.makes and (rest := self.each.rows[place + 1 :]):
            yield "if draft.resource is not r:"
            yield f"    work.rows({self.bind('rest', rest)}, node, scope, draft, ())"
            yield "    break"

    def known(self, row: ValueRow, name: str, text: str, owner: str, general: str) -> Iterator[str]:
        memory = f"m{len(self.memories)}"
        assert row.memories is not None
        self.memories[memory] = row.memories
        key = f"({', '.join((text, *map(self.input, row.inputs)))})" if row.inputs else text
        learnt = f"work.learn({name}, {memory}, {key}, {owner}, node, scope)"
        yield f"v, n, also, made, _ = {memory}_known({key}) or {learnt}"
        index = row.source.index
        kept = [f"w[{index}] = n" if owner == "node" else f"{owner}.whole[{index}] = n"]
        kept += ["if also: w.update(also)"] if row.inputs else []
        kept += ["for each in made: work.adopt(each)"] if row.makes else []
        yield "if n:"
        yield from _in(self.put(row.straight, row.place, "v", kept))
        yield "else:"
        yield f"    {general}"

    def input(self, given: tuple[str, Any]) -> str:
        source = given[1]
        if source.own and source.index:
            return f"f[{source.index}]" if source.finds(self.shape) else "''"
        return f"{self.bind('look', source.look)}(node, scope)"

    def put(self, at: Straight, place: Any, value: str, kept: list[str]) -> list[str]:
        """Puts a value, and does the rest only if there was room for it."""
        if at.kind == "new" or (at.kind and self.fresh and at.key not in self.touched):
            fixed = self.bind("fixed", dict(at.fixed)) if at.kind == "new" else ""
            return [written(at, value, fixed), *kept]
        putting = f"{self.bind('place', place)}(draft, node, {value})"
        return [f"if {putting}:", *_in(kept)] if kept else [putting]

    def fixed(self, row: FixedRow) -> Iterator[str]:
        if row.deletes:
            yield f"draft.deletions.append({row.deletes!r})"
        elif row.reference:
            yield f"o = labelled({row.reference!r})"
            yield "if o is not None and o is not draft:"
            yield from _in(self.put(row.straight, row.place, "o.reference", []))
        else:
            value = self.bind("value", row.value)
            text = f"work.word({value})" if isinstance(row.value, Template) else value
            yield from self.put(row.straight, row.place, text, [])

    def end(self) -> Iterator[str]:
        """What comes after the rows: what is left out, what may have to be assigned at the end, links."""
        for ignore in self.each.ignores:
            yield from self.ignore(ignore)
        if self.each.defaults:
            open_ = " or ".join(f"{name!r} not in r" for name in {row.name: 0 for row in self.each.defaults})
            defaults = self.bind("defaults", self.each.defaults)
            yield f"if {open_}: draft.defaults.append(({defaults}, node))"
        for link in self.each.links:
            name = self.bind("link", link)
            yield f"group.around({link.at!r}).links.append((work.link, {name}, draft, node))"

    def ignore(self, row: IgnoreRow) -> Iterator[str]:
        when = self.condition(row.when)
        if when != "False" and not (row.source.own and not row.source.finds(self.shape)):
            leave = f"{self.bind('ignore', row.source.ignore)}(node, scope)"
            yield f"if {when}: {leave}" if when else leave


def _in(lines: list[str]) -> list[str]:
    return [f"    {line}" for line in lines]
