"""The types of values: FHIRPath's own, and FHIR's as the definitions describe them.

http://hl7.org/fhirpath/N1/#types-and-reflection and https://hl7.org/fhir/R4/fhirpath.html#types
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property, lru_cache
from typing import Any, Final

from profiles.definitions import Definitions
from profiles.element import CHOICE, Element
from profiles.fhirpath import quantity, temporal
from profiles.fhirpath.quantity import Quantity
from profiles.fhirpath.temporal import Temporal
from profiles.snapshot import CORE

Convert = Callable[[Any], Any]

# Types whose values say themselves what they are, by `resourceType`.
ABSTRACT: Final = frozenset(("Resource", "DomainResource"))
# Types that other types of R4 are made from; the value of an element of these may be of another type.
EXTENDED: Final = ABSTRACT | {"Element", "BackboneElement", "Quantity"}


@dataclass(frozen=True, slots=True)
class Member:
    """An element of a type: its JSON property and the type of its value, or those of a choice.

    A type is None where only the value tells it.
    """

    name: str
    path: str
    is_list: bool
    is_choice: bool
    types: Mapping[str, "Type | None"]

    @property
    def type(self) -> "Type | None":
        return None if self.is_choice else next(iter(self.types.values()))


class Type:
    """`convert` makes the System value of a primitive or a Quantity from JSON's; None if they are the same,
    or if there is none (`has_value`)."""

    def __init__(
        self,
        namespace: str,
        name: str,
        model: "Model | None" = None,
        path: str = "",
        convert: Convert | None = None,
        is_primitive: bool = False,
    ) -> None:
        self.namespace = namespace
        self.name = name
        self.path = path or name
        self.convert = convert
        self.is_primitive = is_primitive
        self._model = model

    def __repr__(self) -> str:
        return f"{self.namespace}.{self.path}"

    @property
    def is_system(self) -> bool:
        return self._model is None

    @property
    def has_value(self) -> bool:
        """Whether it is, or is implicitly converted to, a System type."""
        return self.is_system or self.is_primitive or self.convert is not None

    @cached_property
    def base(self) -> "Type | None":
        return self._model.base(self) if self._model else None

    @cached_property
    def ancestors(self) -> frozenset[str]:
        """The names of the type and of all that it is made from."""
        return frozenset((self.name,)) | (self.base.ancestors if self.base else frozenset())

    @cached_property
    def members(self) -> Mapping[str, Member]:
        """By the name that an expression has for them: a choice as `value`."""
        return self._model.members(self) if self._model else {}

    @cached_property
    def properties(self) -> Mapping[str, tuple["Type | None", Member]]:
        """JSON property → type of its value, and the element."""
        return {
            name: (type_, member) for member in self.members.values() for name, type_ in member.types.items()
        }


BOOLEAN: Final = Type("System", "Boolean")
STRING: Final = Type("System", "String")
INTEGER: Final = Type("System", "Integer")
DECIMAL: Final = Type("System", "Decimal")
DATE: Final = Type("System", "Date")
DATE_TIME: Final = Type("System", "DateTime")
TIME: Final = Type("System", "Time")
QUANTITY: Final = Type("System", "Quantity")
ANY: Final = Type("System", "Any")
TYPE_INFO: Final = Type("System", "TypeInfo")
SYSTEM: Final[Mapping[str, Type]] = {
    type_.name: type_
    for type_ in (BOOLEAN, STRING, INTEGER, DECIMAL, DATE, DATE_TIME, TIME, QUANTITY, ANY, TYPE_INFO)
}
_OF_PYTHON: Final[Mapping[type, Type]] = {
    bool: BOOLEAN,
    str: STRING,
    int: INTEGER,
    Decimal: DECIMAL,
    Quantity: QUANTITY,
}
_TEMPORAL: Final[Mapping[str, Type]] = {"Date": DATE, "DateTime": DATE_TIME, "Time": TIME}


def system_type(value: Any) -> Type:
    """The type of a System value."""
    if type(value) is Temporal:
        return _TEMPORAL[value.kind]
    return _OF_PYTHON.get(type(value), ANY)


def _decimal(value: Any) -> Any:
    return value if type(value) is Decimal else Decimal(value)


def _quantity(value: Any) -> Any:
    """A Quantity that has no System value remains what it is."""
    return quantity.from_fhir(value) or value


_CONVERT: Final[Mapping[str, Convert]] = {
    "date": lambda value: temporal.date(value) or value,
    "dateTime": lambda value: temporal.date_time(value) or value,
    "instant": lambda value: temporal.date_time(value) or value,
    "time": lambda value: temporal.time(value) or value,
    "decimal": _decimal,
    **dict.fromkeys(("Quantity", "Age", "Count", "Distance", "Duration"), _quantity),
}


class Model:
    """Types by name or path, made when they are first asked for."""

    def __init__(self, definitions: Definitions) -> None:
        self.definitions = definitions
        self._types: dict[str, Type | None] = {}

    def type(self, path: str) -> Type | None:
        """`Patient`, `HumanName`, `Patient.contact`, `string`; None if there is no such type."""
        if path not in self._types:
            self._types[path] = self._made(path)
        return self._types[path]

    def at(self, path: str) -> Type | None:
        """The type of the element at a path; None if only its value tells it. Raises KeyError."""
        if "." not in path:
            found = self.type(path)
            if found is None:
                raise KeyError(path)
            return None if path in ABSTRACT else found
        element = self.definitions.element(path)
        if element is None and f"{CHOICE}." in path:
            return None  # below a choice, in a profile
        if element is None:
            raise KeyError(path)
        return self._member(element).type

    def resource(self, resource: Mapping[str, Any]) -> Type | None:
        """The type of a resource by what it says; None if it says nothing known."""
        name = resource.get("resourceType")
        return self.type(name) if isinstance(name, str) and name in self.definitions.resource_types else None

    def base(self, type_: Type) -> Type | None:
        if "." in type_.path:
            return self.type(type_.name)
        definition = self.definitions.resource(CORE + type_.name)
        name = (definition or {}).get("baseDefinition", "").rpartition("/")[2]
        return self.type(name) if name else None

    def members(self, type_: Type) -> Mapping[str, Member]:
        children = (self._member(element) for element in self.definitions.children(type_.path))
        return {member.name: member for member in children}

    def _made(self, path: str) -> Type | None:
        definitions = self.definitions
        if "." in path:
            element = definitions.element(path)
            return Type("FHIR", element.types[0], self, path) if element else None
        if path in definitions.primitive_types:
            return Type("FHIR", path, self, convert=_CONVERT.get(path), is_primitive=True)
        if path in definitions.complex_types or path in definitions.resource_types or path in ABSTRACT:
            return Type("FHIR", path, self, convert=_CONVERT.get(path))
        return Type("FHIR", path, self) if definitions.children(path) else None  # a logical model

    def _member(self, element: Element) -> Member:
        types: dict[str, Type | None] = {}
        for name, code in element.properties.items():
            home = code if element.is_choice else self.definitions.home(element) or code
            types[name] = None if home in ABSTRACT else self.type(home)
        name = element.name.removesuffix(CHOICE)
        return Member(name, element.path, element.is_list, element.is_choice, types)


@lru_cache(8)
def model(definitions: Definitions) -> Model:
    """One for each set of definitions."""
    return Model(definitions)
