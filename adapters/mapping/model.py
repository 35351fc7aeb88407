"""What the mapping engine needs to know of FHIR R4, and of a source format: given by whoever composes
them."""

from collections.abc import Callable, Sequence
from typing import Any, Protocol

from adapters.mapping.draft import Scope


class Element(Protocol):
    """An element of the R4 model."""

    @property
    def is_list(self) -> bool: ...


class Model(Protocol):
    """The R4 definitions. `path` as `Patient.contact.name`, through data types; a choice is found both as
    `Observation.value[x]` and as `Observation.valueQuantity`."""

    def element(self, path: str) -> Element | None: ...


class Value(Protocol):
    """One value of the source. `read` are the leaves of it that somebody read; `number` tells the values of
    one source apart."""

    number: int
    read: set[int]


Text = Callable[[Any, Scope], str]


class Source(Protocol):
    """A compiled source path; `own` if it is of the node at hand itself.

    `look` is cheap: the text of everything the path finds from a node, "" for nothing; equal texts have equal
    values, of sources of the same `part`. `index` is the place of that text among the `fields` of the owner,
    0 if that cannot be said; sources of one `home` have the same owner. `null` is the text by which a sender
    deletes.
    """

    null: str
    own: bool
    home: str
    index: int
    part: tuple[int, ...]

    @property
    def look(self) -> Text: ...

    def finds(self, shape: bytes) -> bool:
        """Whether a path of the node's own can find anything in a node of this shape (`node.shape`)."""

    def owner(self, node: Any, scope: Scope) -> Any:
        """The node in which `look` found something."""

    def values(self, owner: Any) -> Sequence[Any]: ...

    def keep(self, owner: Any, number: int, leaves: frozenset[int]) -> None:
        """These leaves of a value have reached the output."""

    def whole(self, owner: Any, leaves: frozenset[int]) -> int:
        """How many leaves there are of the text at `index`, if these of its first value are all; else 0. That
        they have reached the output may then be said by `owner.whole[index]`, the number."""

    def ignore(self, node: Any, scope: Scope) -> None:
        """What no row maps of the source is left out on purpose."""


class Sources(Protocol):
    """A source format: compiles its paths, as seen from a node of the kind `segment`.

    All raise ValueError with a reason where the path can never find anything.
    """

    def source(self, path: str, segment: str) -> Source: ...

    def text(self, path: str, segment: str) -> Text: ...

    def repeats(self, path: str, segment: str) -> Callable[[Any, Scope], bool]: ...

    def told(self, path: str, segment: str) -> Callable[[bytes], bool]:
        """Whether what a condition asks of a path is the same for all nodes of a shape and a plan."""

    def index(self, path: str, segment: str) -> tuple[str, int]:
        """Whose text a path is, and where among the `fields` of that it stands, if it begins with a letter or
        digit; else 0. Of nobody: of the node itself. Nodes of such paths have `delimiters`."""
