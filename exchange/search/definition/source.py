"""What answers a search parameter: elements of a resource, each indexed in its own way.

https://hl7.org/fhir/R4/searchparameter.html#expression
"""

from dataclasses import dataclass, field

from exchange.search.definition.expression import Path


@dataclass(frozen=True, slots=True)
class Source:
    """One element that answers a parameter.

    key         names what is indexed: the salt of its tokens, the name of its id in side tables
    kind        token, identifier, string, date, number, quantity or position: where it is indexed
    names       JSON property names from the resource down to the element
    data_type   of the element; for a part of a HumanName its path (`HumanName.given`), `HumanName` for it as
                one string; `phonetic` for how it sounds; `fhirpath` for what `expression` finds
    lists       whether JSON has an array under each of the names
    value_set   of a code, whose systems are those the code may be asked for in
    required    the index says where the element is missing (`token.absent`), not where it is there
    """

    key: str
    kind: str
    path: Path
    names: tuple[str, ...]
    data_type: str
    repeats: bool
    number: int = 0
    value_set: str = ""
    lists: tuple[bool, ...] = ()
    required: bool = False
    expression: str = ""


@dataclass(frozen=True, slots=True)
class Composite:
    """One context of a composite parameter: `exchange.search.definition.composite`.

    key, number  name the pairs of the context: the salt of their tokens, and their id in composite_index
    context      where the elements are that belong together; the resource itself: without names
    parts        what answers each part, in their order: sources as if they stood by themselves
    grouped      the parts must be of the same element: to have all of them is not enough
    stored       where the pairs are: `tokens`, `composite_index`, or nowhere (then grouped is false)
    """

    key: str
    context: Source
    parts: tuple[tuple[Source, ...], ...]
    grouped: bool
    stored: str
    number: int = 0


@dataclass(frozen=True, slots=True)
class Parameter:
    """A search parameter of one resource type; `keys` are those of its sources.

    refusal  says why it cannot be searched by
    warning  says why a search by it may miss resources
    """

    code: str
    type: str
    sources: tuple[Source, ...]
    targets: tuple[str, ...] = ()
    refusal: str = ""
    composites: tuple[Composite, ...] = ()
    warning: str = ""
    url: str = ""
    keys: frozenset[str] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "keys", frozenset(source.key for source in self.sources))

    def of_kind(self, *kinds: str) -> tuple[Source, ...]:
        """The sources indexed in that way."""
        return tuple(source for source in self.sources if source.kind in kinds)
