"""The check of objects whose properties have certain names, written out as one Python function.

What stands in one place is often what stood there before: a report's patient, its category, its time. The
function asks that first, then what is remembered of the place, then the rule.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from profiles.finding import Rule
from profiles.rules import Members

Right = Callable[[dict[str, Any]], bool]
Met = Callable[[Any, "Place", dict[str, Any], list[Any], int], bool]
"""Whether a value is right that was not met lately; its place among the last ones is the number."""

_LONGEST: Final = 100
# Nothing stood there yet; null, which JSON has, is something.
NOTHING_YET: Final = object()


class Place:
    """Where objects of one kind stand: those found right there, in two generations, so that what is met again
    stays. None is heavy, so that no sender can fill the memory. `shapes` are the checks of new ones by the
    names of their properties; none where the rule asks more than each property by itself. `leaves` are those
    of objects without objects in them, which are not worth remembering."""

    __slots__ = ("leaves", "members", "old", "rule", "shapes", "young")

    def __init__(self, rule: Rule, members: Members | None) -> None:
        self.rule = rule
        self.members = members
        self.young: dict[int, Any] = {}
        self.old: dict[int, Any] = {}
        self.shapes: dict[tuple[str, ...], Right] = {}
        self.leaves: dict[tuple[str, ...], Right] = {}

    def age(self) -> None:
        self.old = dict(self.young)
        self.young.clear()


def is_leaf(value: Mapping[str, Any], members: Members) -> bool:
    """Whether all properties of a right object are primitive values."""
    return all(name in members.scalars for name in value)


def write_shape(
    value: Mapping[str, Any], members: Members, place_of: Callable[[Rule], Place], met: Met
) -> Right:
    """The check of objects whose properties have the names of this one's, which is right. It says whether
    each property is right by itself."""
    writer = _Writer(members, place_of, met)
    lines = [line for name, item in value.items() for line in writer.member(name, item)]
    text = "\n".join(("def right(r):", *(f"    {line}" for line in lines), "    return True"))
    space = {**writer.names, "met": met, "nothing": NOTHING_YET, "s": [NOTHING_YET] * len(writer.names)}
    exec(compile(text, "<shape>", "exec"), space)  # noqa: S102 - made here, of R4's names
    right: Right = space["right"]
    return right


class _Writer:
    """`s` are the values that stood there last."""

    def __init__(self, members: Members, place_of: Callable[[Rule], Place], met: Met) -> None:
        self.rules, self.scalars, self.items = members
        self.met = met
        self.place_of = place_of
        self.names: dict[str, Any] = {}

    def bind(self, prefix: str, value: Any) -> str:
        name = f"{prefix}{len(self.names)}"
        self.names[name] = value
        return name

    def member(self, name: str, value: Any) -> Iterator[str]:
        if name in self.scalars:
            yield from self.scalar(name)
        elif name in self.items:
            yield from self.list(name, value[0])
        elif isinstance(value, dict) and name[0] != "_":
            yield f"v = r[{name!r}]"
            yield from self.object(self.place_of(self.rules[name]), value)
        elif name != "resourceType":  # whether these are right depends on what they stand beside
            yield f"if {self.bind('rule', self.rules[name])}(r[{name!r}], r): return False"

    def scalar(self, name: str) -> Iterator[str]:
        valid = self.bind("valid", self.scalars[name])
        if name == "id":
            yield f"if not {valid}(r['id']): return False"
            return
        slot = self.slot()
        yield f"v = r[{name!r}]"
        yield f"if v is not s[{slot}]:"
        yield f"    if not {valid}(v): return False"
        yield f"    if type(v) is str and len(v) < {_LONGEST}: s[{slot}] = v"

    def slot(self) -> int:
        self.names[f"slot{len(self.names)}"] = None
        return len(self.names) - 1

    def object(self, place: Place, value: Any) -> Iterator[str]:
        known, at = self.bind("young", place.young.get), self.bind("place", place)
        slot = self.slot()
        yield f"if v is not s[{slot}]:"
        if leaf := self.leaf(place, value):
            yield f"    if type(v) is dict and tuple(v) == {tuple(value)!r}:"
            yield f"        if not {leaf}(v): return False"
            if "reference" in value:
                yield f"        if sum(map(len, v.values())) < {_LONGEST}: s[{slot}] = v"
            yield f"    elif not met(v, {at}, r, s, {slot}): return False"
        else:
            yield f"    if {known}(id(v), nothing) is v: s[{slot}] = v"
            yield f"    elif not met(v, {at}, r, s, {slot}): return False"

    def leaf(self, place: Place, value: Any) -> str:
        """The name of the check of an object of texts and numbers alone; "" of any other."""
        if type(value) is not dict or place.members is None or not is_leaf(value, place.members):
            return ""
        if "reference" in value and not all(type(each) is str for each in value.values()):
            return ""
        right = place.leaves.get(tuple(value))
        return self.bind("leaf", right or write_shape(value, place.members, self.place_of, self.met))

    def list(self, name: str, value: Any) -> Iterator[str]:
        place = self.place_of(self.items[name])
        yield f"v = r[{name!r}]"
        yield "if type(v) is not list or not v: return False"
        yield "if len(v) == 1:"
        yield "    v = v[0]"
        yield from (f"    {line}" for line in self.object(place, value))
        yield "else:"
        known, at = self.bind("young", place.young.get), self.bind("place", place)
        yield "    for e in v:"
        if leaf := self.leaf(place, value):
            yield f"        if type(e) is dict and tuple(e) == {tuple(value)!r}:"
            yield f"            if not {leaf}(e): return False"
            yield "            continue"
        yield f"        if {known}(id(e), nothing) is e: continue"
        yield f"        if not met(e, {at}, r, s, {self.slot()}): return False"
