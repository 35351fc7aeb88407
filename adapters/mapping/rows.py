"""Maps as data: what a row, a map, a vocabulary and a layer are.

A map says for one kind of source node (an HL7 v2 segment) which resource it makes, or onto which it writes;
its rows say where each value goes. The columns are those of HL7's own tables: source, condition, target,
data type function, vocabulary, assignment. There is no code in a map.
https://build.fhir.org/ig/HL7/v2-to-fhir/mapping_guidelines.html
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from adapters.mapping.fault import Place


class _Absent:
    def __repr__(self) -> str:
        return "ABSENT"


ABSENT = _Absent()


@dataclass(frozen=True, slots=True)
class Row:
    """One row. What it does follows from what it has:

    source + target     every value of `source` goes through `function` to `target`
    source + ignore     what is left unmapped of `source` is left out on purpose, for this reason
    target + value      an assignment
    target + default    an assignment for the end, if nothing else has filled `target`
    target + reference  a reference to the resource of that label; with `at`, made when that group is complete
    deletes alone       what is taken away because of what has happened (a cancelled discharge: its time)

    `when` is a condition for all of them but `default`.

    `given` are constant arguments of the function, `inputs` further sources it reads, `beside` constants
    put beside the value in the list element it makes. `deletes` is what a null source takes away, as
    FHIRPath of the resource; by default the target itself.
    """

    id: str
    place: Place
    source: str = ""
    when: str = ""
    target: str = ""
    function: str = ""
    vocabulary: str = ""
    ignore: str = ""
    reference: str = ""
    at: str = ""
    deletes: str | None = None
    value: Any = ABSENT
    default: Any = ABSENT
    given: Mapping[str, Any] = field(default_factory=dict)
    inputs: Mapping[str, str] = field(default_factory=dict)
    beside: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Missing:
    """The issue if a resource cannot be identified."""

    code: str
    expression: str
    diagnostics: str


@dataclass(frozen=True, slots=True)
class Map:
    """What one kind of source node makes.

    `resource` makes a resource, known to later rows as `label`; `onto` writes on the one of that label;
    with neither the map only says what is ignored. `like` names a map whose rows follow this one's.
    `within` are the groups where it applies, `without` those where it does not (`""`: the message itself),
    `after` the nodes that must stand before it. `needs` is the label of a resource without which it would
    be wrong to make this one: an error, if it is not there. `identity` are alternatives, each of parts that
    must all be there: `PID-3 patient_key`, `@patient` (the id of that resource), `=text`. `repeats`: a
    second node with the same identity is the `same` thing, or `separate`. `apart` is the label of a
    resource that this one must not be. `continues` are the sources in which a node must equal the node
    before it to continue its text. `at` are groups: the map runs when the nearest one of these around its
    node is complete (the whole source, if there is none), and looks for labels in that group alone if it
    writes `onto` one.
    """

    name: str
    place: Place
    segment: str
    rows: tuple[Row, ...]
    resource: str = ""
    onto: str = ""
    label: str = ""
    when: str = ""
    like: str = ""
    needs: str = ""
    within: tuple[str, ...] = ()
    without: tuple[str, ...] = ()
    after: tuple[str, ...] = ()
    mode: Literal["merge", "replace"] = "merge"
    repeats: Literal["same", "separate"] = "separate"
    identity: tuple[tuple[str, ...], ...] = ()
    missing: Missing | None = None
    apart: str = ""
    continues: tuple[str, ...] = ()
    continues_when: str = ""
    at: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Code:
    """What a source code means: `code` of `system`; an empty `code`: FHIR has no word for it.

    `source` is the system that the source code itself belongs to, empty for a mere word that senders use.
    `coarse`: the meaning says less than the original.
    """

    code: str
    system: str = ""
    display: str = ""
    source: str = ""
    coarse: bool = False


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """A table of source codes; `target` is the system of the codes they mean, `places` where each stands."""

    name: str
    place: Place
    source: str = ""
    target: str = ""
    codes: Mapping[str, Code] = field(default_factory=dict)
    places: Mapping[str, Place] = field(default_factory=dict, compare=False)

    def get(self, code: str) -> Code | None:
        """The meaning, if there is one."""
        meaning = self.codes.get(code)
        return meaning if meaning is not None and meaning.code else None

    def source_of(self, code: str) -> str:
        """The system that the code is known to belong to, or ""."""
        meaning = self.codes.get(code)
        return meaning.source if meaning is not None else ""


@dataclass(frozen=True, slots=True)
class Change:
    """What a layer does to one map; what it disables, with the line."""

    place: Place
    add: tuple[Row, ...] = ()
    replace: tuple[Row, ...] = ()
    disable: Mapping[str, Place] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class LocalSegment:
    """A segment that no standard has: how many fields it has, and what those that have a name are called
    and hold. With `onto` they are kept on the resource of that label."""

    place: Place
    count: int
    names: Mapping[str, int] = field(default_factory=dict)
    types: Mapping[int, str] = field(default_factory=dict)
    onto: str = ""


@dataclass(frozen=True, slots=True)
class Layer:
    """Maps, vocabularies, extension names and local segments (`ZPI`) of one level, and what it changes of
    the levels below. `disabled` are the sources of rows that a level took away, `gone` where that is said, by
    map and row. `digest` tells layers of different content apart; base layers have none."""

    maps: Mapping[str, Map] = field(default_factory=dict)
    vocabularies: Mapping[str, Vocabulary] = field(default_factory=dict)
    extensions: Mapping[str, str] = field(default_factory=dict)
    segments: Mapping[str, LocalSegment] = field(default_factory=dict)
    changes: Mapping[str, Change] = field(default_factory=dict)
    disabled: frozenset[str] = frozenset()
    gone: Mapping[str, Place] = field(default_factory=dict)
    digest: str = ""

    def rows(self) -> Iterator[Row]:
        """Those that stand in it."""
        for each in self.maps.values():
            yield from each.rows
        for change in self.changes.values():
            yield from change.add
            yield from change.replace
