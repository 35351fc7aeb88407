"""From the expression of a search parameter to the elements that answer it.

https://hl7.org/fhir/R4/searchparameter.html#expression
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace

from exchange.search.definition.definitions import Definitions, Element
from exchange.search.definition.expression import Path, Step, paths
from exchange.search.definition.source import Source

RESOURCES = ("Resource", "DomainResource")

_TOKENS = {
    **dict.fromkeys(
        ("CodeableConcept", "Coding", "ContactPoint", "code", "id", "string", "boolean"), "token"
    ),
    **dict.fromkeys(("uri", "url", "canonical", "oid", "uuid"), "token"),
    "Identifier": "identifier",
}
_QUANTITIES = (
    "Quantity",
    "SimpleQuantity",
    "Age",
    "Count",
    "Distance",
    "Duration",
    "Money",
    "Range",
    "SampledData",
)
KINDS: Mapping[str, Mapping[str, str]] = {
    "token": _TOKENS,
    "reference": dict.fromkeys(("Reference", "canonical", "uri"), "token"),
    "uri": dict.fromkeys(("uri", "url", "canonical", "oid", "uuid"), "token"),
    "date": dict.fromkeys(("date", "dateTime", "instant", "Period", "Timing"), "date"),
    "string": dict.fromkeys(("string", "markdown", "HumanName", "Address"), "string"),
    "number": dict.fromkeys(("decimal", "integer", "positiveInt", "unsignedInt", "Range"), "number"),
    "quantity": dict.fromkeys(_QUANTITIES, "quantity"),
}
"""By the type of the parameter and the data type of the element: where the element is indexed."""

_PARTS = {
    "HumanName": ("family", "given", "prefix", "suffix", "text"),
    "Address": ("line", "city", "district", "state", "postalCode", "country", "text"),
}
_REPEATED_PARTS = frozenset(("given", "prefix", "suffix", "line"))

# What the definitions say in more than paths, and what they leave out or misspell.
_DECEASED = "Patient.deceased.exists() and Patient.deceased != false"
_FIRST_ENTRY = "Bundle.entry[0].resource"
_MAIDEN_NAME = "Patient.extension('http://hl7.org/fhir/StructureDefinition/patient-mothersMaidenName')"
_AMENDED = {
    ("Patient", "birthOrderBoolean"): "(Patient.multipleBirth as boolean)",
    ("Patient", "age"): "Patient.birthDate",
}
_PHONETIC = ("HumanName", "string")


def sources_of(
    definitions: Definitions, resource_type: str, code: str, parameter_type: str, expression: str | None
) -> Iterator[Source]:
    """The elements of the resource type that answer a parameter. Raises UnsupportedExpression."""
    expression = expression or _AMENDED.get((resource_type, code)) or "()"
    if expression == _DECEASED:
        path = Path(resource_type, (Step("deceased"),))
        yield Source("Patient.deceased", "token", path, (), "exists", False, required=True)
        return
    if expression == _FIRST_ENTRY:
        path = Path(resource_type, (Step("entry"), Step("resource")))
        yield Source("Bundle.entry[0]", "token", path, (), "entry", False)
        return
    for path in paths(expression):
        if path.resource_type in (resource_type, *RESOURCES, ""):
            own = Path(resource_type, path.steps, path.target)
            yield from _of_path(definitions, own, code, parameter_type)
    if code == "mothersMaidenName":
        yield from typed_sources(definitions, paths(_MAIDEN_NAME)[0], "string")
    if code == "birthOrderBoolean":
        path = Path(resource_type, (Step("multipleBirth", cast="boolean"),))
        yield Source(path.key, "token", path, ("multipleBirthInteger",), "any", False, lists=(False,))


def _of_path(definitions: Definitions, path: Path, code: str, parameter_type: str) -> Iterator[Source]:
    if code == "phonetic":
        element = definitions.element(path.element)
        if element and element.types[0] in _PHONETIC:
            (source,) = _elements(definitions, path, {element.types[0]: "string"})
            yield replace(source, key=f"{path.key}.phonetic", data_type="phonetic")
    elif code == "near":
        yield from _elements(definitions, path, {"BackboneElement": "position"})
    elif code == "age":
        yield from typed_sources(definitions, path, "date")
    else:
        yield from typed_sources(definitions, path, parameter_type)


def typed_sources(definitions: Definitions, path: Path, parameter_type: str) -> Iterator[Source]:
    """The elements of a path that a type of parameter is about: one for each data type, and for each part of
    a name or an address."""
    for source in _elements(definitions, path, KINDS.get(parameter_type, {})):
        yield from parts(source)


def _elements(definitions: Definitions, path: Path, kinds: Mapping[str, str]) -> Iterator[Source]:
    names: list[str] = []
    lists: list[bool] = []
    parent = ""
    for step in path.steps[:-1]:
        element = definitions.element(".".join((path.resource_type, *names, step.name)))
        if element is None:
            return
        names.append(step.name + capitalised(step.cast) if step.cast else step.name)
        lists.append(element.is_list)
        parent = element.types[0] if len(element.types) == 1 else step.cast or ""
    last = path.steps[-1]
    element = definitions.element(".".join((path.resource_type, *names, last.name)))
    if element is None:
        return
    lists.append(element.is_list)
    for data_type in (last.cast,) if last.cast else element.types:
        if data_type in kinds:
            name = last.name + capitalised(data_type) if element.is_choice else last.name
            yield Source(
                path.key,
                kinds[data_type],
                path,
                (*names, name),
                f"{parent}.{last.name}" if parent == "HumanName" else data_type,
                any(lists),
                value_set=_value_set(element),
                lists=tuple(lists),
                required=_is_required(element, path, kinds[data_type]),
            )


def _value_set(element: Element) -> str:
    return element.binding.value_set if element.binding and element.types == ("code",) else ""


def _is_required(element: Element, path: Path, kind: str) -> bool:
    """Nearly every resource has the element, so that its absence is what is worth a token."""
    single = len(path.steps) == 1 and path.steps[0].where is None and not element.is_choice
    return single and element.min > 0 and kind == "token" and element.types != ("Reference",)


def parts(source: Source) -> Iterator[Source]:
    """Itself; but a HumanName or an Address is searched by each of its parts, a name as a whole too."""
    if source.kind != "string" or source.data_type not in _PARTS:
        yield source
        return
    for part in _PARTS[source.data_type]:
        path = Path(source.path.resource_type, (*source.path.steps, Step(part)))
        yield replace(
            source,
            key=path.key,
            path=path,
            names=(*source.names, part),
            data_type=f"HumanName.{part}" if source.data_type == "HumanName" else "string",
            repeats=source.repeats or part in _REPEATED_PARTS,
            lists=(*source.lists, part in _REPEATED_PARTS),
        )
    if source.data_type == "HumanName":
        yield replace(source, key=f"{source.key}.whole")


def evaluated(resource_type: str, parameter_type: str, expression: str) -> Iterator[Source]:
    """Whatever an expression finds in the resource, where that is more than a path."""
    for kind in sorted(set(KINDS.get(parameter_type, {}).values())) if expression else ():
        key = f"{resource_type}:{expression}"
        yield Source(key, kind, Path(resource_type, ()), (), "fhirpath", True, expression=expression)


def capitalised(data_type: str) -> str:
    return data_type[:1].upper() + data_type[1:]
