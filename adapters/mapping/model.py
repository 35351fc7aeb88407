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
    """One value of the source. `keep` records that what was read of it has reached the output, `ignore` that
    the rest is left out on purpose."""

    @property
    def is_null(self) -> bool: ...

    def keep(self) -> None: ...

    def ignore(self) -> None: ...


Values = Callable[[Any, Scope], Sequence[Any]]
Text = Callable[[Any, Scope], str]


class Sources(Protocol):
    """A source format: compiles its paths, as seen from a node of the kind `segment`.

    Both raise ValueError with a reason where the path can never find anything.
    """

    def values(self, path: str, segment: str) -> Values: ...

    def text(self, path: str, segment: str) -> Text: ...
