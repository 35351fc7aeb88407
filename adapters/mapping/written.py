"""A map written out as one Python function for the nodes of one plan.

Nodes of a plan have the same fields filled, in a source of the same kind: rows that find nothing are left
out, conditions that this settles are, too. What a row's function made of a text is looked up in place, and
put straight into a resource that nobody has written to before. Everything rarer is the `Work`'s.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import chain
from typing import Any

from adapters.mapping.compiled import CompiledMap, FixedRow, IgnoreRow, Template, ValueRow
from adapters.mapping.condition import Condition, settled
from adapters.mapping.draft import Draft, Scope
from adapters.mapping.memory import Memories
from adapters.mapping.model import Source
from adapters.mapping.parts import identity
from adapters.mapping.straight import Straight, item_of, written

Run = Callable[[Any, Any, Scope, Draft, Scope], None]
Identify = Callable[[Any, Any, Scope], str | None]
_HEAD = "def run(work, node, scope, draft, group):"
_IDENTIFY = "def run(work, node, scope):"


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
    writer = Writer(each, node, scope, fresh)
    text = "\n".join((_HEAD, *(f"    {line}" for line in writer.body())))
    return Written(compile(text, f"<map {each.name}>", "exec"), writer.names, writer.memories)


def write_identity(each: CompiledMap) -> Written:
    """The function that finds the business key of a map's node."""
    made = identity(each.identity, None)
    lines = ("labelled = scope.labelled", *made.lines, "return key")
    code = compile("\n".join((_IDENTIFY, *indented(lines))), f"<identity of {each.name}>", "exec")
    return Written(code, made.names, made.memories)


class Writer:
    """Writes the rows of a map for nodes of a plan. `owners` are the shapes of the other nodes that they look
    at, if these are known: then they are called as there. The code has the resource of the label `needed`."""

    def __init__(
        self,
        each: CompiledMap,
        node: Any,
        scope: Scope,
        fresh: bool,
        owners: Mapping[str, tuple[str, bytes]] | None = None,
    ) -> None:
        self.each = each
        self.node = node
        self.scope = scope
        self.shape: bytes = node.shape
        self.fresh = fresh
        self.names: dict[str, Any] = {}
        self.memories: dict[str, Memories] = {}
        self.others = owners or {}
        self.owners: dict[str, str] = {}
        self.touched: set[str] = set()
        self.needed = ""

    def body(self) -> Iterator[str]:
        rows = self.rows()
        yield "r, labelled = draft.resource, scope.labelled"
        if self.shape:
            yield "f, w, adopted = node.fields, node.whole, work.adopted"
        for home, name in self.owners.items():
            yield f"{name} = scope.node({home!r})"
            yield f"{name}_f = {name}.fields if {name} is not None else ()"
            yield f"{name}_n = len({name}_f)"
        yield from rows
        yield from self.end()

    def rows(self) -> list[str]:
        """All of them; a resource that is replaced on the way is written to row by row from there on."""
        rows = list(chain.from_iterable(self.row(place, row) for place, row in enumerate(self.each.rows)))
        if "break" not in (line.strip() for line in rows):
            return rows
        return ["for _ in '1':", *indented(rows), "    break", "r = draft.resource"]

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
        if not of.index or (of.home and of.home not in self.others):
            return f"{self.bind('holds', of.holds)}(node, scope)"
        return self.plain(of)

    def plain(self, of: Condition) -> str:
        """A test of a text that mostly needs no reading."""
        if not of.home:
            text = f"f[{of.index}]"
        else:
            owner, shape = self.others[of.home]
            if not (of.index < len(shape) and shape[of.index]):
                return str(of.among is not None and "" in of.among)
            text = f"{owner}.fields[{of.index}]"
        asked = f"{self.bind('holds', of.holds)}(node, scope)"
        if of.repeats:
            return f"(node.delimiters.repetition in {text} and {asked})"
        if of.among is None:
            return f"({text}[0].isalnum() or {asked})"
        return f"({text} in {self.bind('among', of.among)} if {text}.isalnum() else {asked})"

    def row(self, place: int, row: ValueRow | FixedRow) -> list[str]:
        if isinstance(row, ValueRow) and self.is_missing(row.source):
            return []
        when = self.condition(row.when)
        if when == "False":
            return []
        lines = list(self.value(place, row) if isinstance(row, ValueRow) else self.fixed(row))
        self.touched.add(row.straight.key)
        return [f"if {when}:", *indented(lines)] if when else lines

    def is_missing(self, source: Source) -> bool:
        """Whether a node of this plan has nothing there."""
        if source.own:
            return not source.finds(self.shape)
        if source.home not in self.others:
            return False
        return not source.finds(self.others[source.home][1])

    def value(self, place: int, row: ValueRow) -> Iterator[str]:
        text, owner, there = self.text(row)
        if text == "text":
            yield f"text = {self.bind('look', row.source.look)}(node, scope)"
        lines = list(self.found(place, row, text, owner))
        if there:
            yield f"if {there}:"
            yield from indented(lines)
        else:
            yield from lines

    def text(self, row: ValueRow) -> tuple[str, str, str]:
        """The expressions for the text, for the node it is of, and for whether it is there."""
        source = row.source
        if source.own:
            return (f"f[{source.index}]", "node", "") if source.index else ("text", "node", "text")
        if source.home in self.others:
            owner = self.others[source.home][0]
            return f"{owner}.fields[{source.index}]", owner, ""
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
        yield f"v, n, also, made, every = {memory}_known({key}) or {learnt}"
        index = row.source.index
        kept = [f"w[{index}] = n" if owner == "node" else f"{owner}.whole[{index}] = n"]
        kept += ["if also: w.update(also)"] if row.inputs else []
        kept += ["for each in made:", "    if id(each) not in adopted: work.adopt(each)"] if row.makes else []
        yield "if n:"
        value = "v[2]" if row.straight.kind == "choice" else "v"
        yield from indented(self.put(row.straight, row.place, "v", value, kept))
        yield "elif every:"
        yield f"    for each in every: work.put({name}, each, {owner}, node, scope, draft, ())"
        yield f"elif {text} == {row.source.null!r}:"
        yield f"    {general}"

    def input(self, given: tuple[str, Any]) -> str:
        source = given[1]
        if source.index and self.is_missing(source):
            return "''"
        if source.own and source.index:
            return f"f[{source.index}]"
        if source.home in self.others:
            return f"{self.others[source.home][0]}.fields[{source.index}]"
        return f"{self.bind('look', source.look)}(node, scope)"

    def put(self, at: Straight, place: Any, item: str, value: str, kept: list[str]) -> list[str]:
        """Puts a value, or straight what was made of it, and does the rest only if there was room for it."""
        if item and (at.kind == "new" or (at.kind and self.fresh and at.key not in self.touched)):
            return [written(at, item), *kept]
        putting = f"{self.bind('place', place)}(draft, node, {value})"
        return [f"if {putting}:", *indented(kept)] if kept else [putting]

    def fixed(self, row: FixedRow) -> Iterator[str]:
        if row.deletes:
            yield f"draft.deletions += ({row.deletes!r},)"
        elif row.reference:
            found = "needed" if row.reference == self.needed else f"labelled({row.reference!r})"
            yield f"o = {found}"
            yield "if o is not None and o is not draft:"
            item = "o.reference" if row.straight.kind in ("scalar", "list") else ""
            yield from indented(self.put(row.straight, row.place, item, "o.reference", []))
        elif isinstance(row.value, Template) or row.straight.kind == "choice":
            yield from self.put(
                row.straight, row.place, "", f"work.word({self.bind('value', row.value)})", []
            )
        else:
            item = self.bind("item", item_of(row.straight, row.value))
            yield from self.put(row.straight, row.place, item, self.bind("value", row.value), [])

    def end(self) -> Iterator[str]:
        """What comes after the rows: what is left out, what may have to be assigned at the end, links."""
        for ignore in self.each.ignores:
            yield from self.ignore(ignore)
        if self.each.defaults:
            open_ = " or ".join(f"{name!r} not in r" for name in {row.name: 0 for row in self.each.defaults})
            defaults = self.bind("defaults", self.each.defaults)
            yield f"if {open_}: draft.defaults += (({defaults}, node),)"
        for link in self.each.links:
            name = self.bind("link", link)
            yield f"group.around({link.at!r}).links.append((work.link, {name}, draft, node))"

    def ignore(self, row: IgnoreRow) -> Iterator[str]:
        when = self.condition(row.when)
        if when != "False" and not self.is_missing(row.source):
            own = row.source.own and row.source.index
            leave = f"{self.bind('ignore', row.source.ignore)}(node, scope)"
            leave = f"node.leave_out({row.source.index})" if own else leave
            yield f"if {when}: {leave}" if when else leave


def indented(lines: Iterable[str]) -> list[str]:
    return [f"    {line}" for line in lines]
