"""The functions that FHIR adds. https://hl7.org/fhir/R4/fhirpath.html#functions"""

from collections.abc import Callable, Mapping
from typing import Any, Final

from profiles.fhirpath import xhtml
from profiles.fhirpath.code import Code, of_truth, value_of
from profiles.fhirpath.error import failure
from profiles.fhirpath.frame import Frame
from profiles.fhirpath.functions import terminology
from profiles.fhirpath.invocation import Function, Invocation
from profiles.fhirpath.node import NONE, Items, Node, boxed, system, systems, type_of
from profiles.fhirpath.types import BOOLEAN
from profiles.snapshot import CORE


def extension(call: Invocation) -> Code:
    """The extensions with this URL."""
    run, type_, url = call.source.run, call.source.type, call.argument_value(0)
    plain = type_ is not None and not type_.has_value

    def found(frame: Frame, this: Any) -> Items:
        wanted = url(frame, this)
        owners = run(frame, this)
        return [
            one
            for owner in owners
            for one in (owner if plain else _extensible(owner)).get("extension", NONE)
            if one.get("url") == wanted
        ]

    return Code(found, call.compiler.model.type("Extension"))


def _extensible(item: Any) -> Mapping[str, Any]:
    """The object that has the item's extensions."""
    if type(item) is Node:
        return item.element or {} if item.type.is_primitive else item.value
    return item if isinstance(item, dict) else {}


def has_value(call: Invocation) -> Code:
    """Whether there is one item, a primitive that has a value."""
    run, known = call.source.run, call.source.type

    def truth(frame: Frame, this: Any) -> bool:
        items = run(frame, this)
        return len(items) == 1 and _value(items[0], known, frame) is not None

    if known is not None and not known.is_primitive and not known.is_system:
        return of_truth(lambda frame, this: False, BOOLEAN)
    value = call.source.value
    if known is not None and known.is_primitive and value is not None:
        return of_truth(lambda frame, this: value(frame, this) is not None, BOOLEAN)
    return of_truth(truth, BOOLEAN)


def get_value(call: Invocation) -> Code:
    run, known = call.source.run, call.source.type

    def values(frame: Frame, this: Any) -> Items:
        items = run(frame, this)
        value = _value(items[0], known, frame) if len(items) == 1 else None
        return NONE if value is None else [value]

    return Code(values, single=True)


def _value(item: Any, known: Any, frame: Frame) -> Any:
    type_ = type_of(item, known, frame.model)
    if type_ is None or not (type_.is_primitive or type_.is_system):
        return None
    return system(item if type(item) is Node or type_.is_system else Node(item, type_))


def resolve(call: Invocation) -> Code:
    """What references, canonicals and URIs refer to: a contained resource, or what the service finds."""
    run, type_ = call.source.run, call.source.type

    def resolved(frame: Frame, this: Any) -> Items:
        found: Items = []
        for value in systems(run(frame, this), type_):
            text = value.get("reference") if isinstance(value, dict) else value
            resource = _resolved(frame, text) if isinstance(text, str) else None
            if resource is not None:
                found.append(resource)
        return found

    return Code(resolved, single=call.source.single)


def _resolved(frame: Frame, text: str) -> Any:
    if not text.startswith("#"):
        frame.charge(100)
        return frame.services.resolve(text) if frame.services.resolve else None
    container = frame.root or frame.resource
    if text == "#":
        return container
    contained = (container or {}).get("contained", NONE)
    return next((resource for resource in contained if resource.get("id") == text[1:]), None)


def element_definition(call: Invocation) -> Code:
    """Of each item, where the step before names an element."""
    run, path = call.source.run, call.source.path
    model = call.compiler.model
    structure = model.definitions.resource(CORE + path.partition(".")[0]) if path else None
    elements = structure["snapshot"]["element"] if structure else NONE
    definition = next((element for element in elements if element["path"] == path), None)

    def definitions(frame: Frame, this: Any) -> Items:
        return [definition for _ in run(frame, this)] if definition else NONE

    return Code(definitions, model.type("ElementDefinition"), single=call.source.single)


def slice_(call: Invocation) -> Code:
    run, type_ = call.source.run, call.source.type
    structure, name = call.argument_value(0), call.argument_value(1)

    def sliced(frame: Frame, this: Any) -> Items:
        service = frame.services.slice
        if service is None:
            raise failure("Nothing here knows slices", call.position)
        return service(boxed(run(frame, this), type_), str(structure(frame, this)), str(name(frame, this)))

    return Code(sliced)


def check_modifiers(call: Invocation) -> Code:
    """The items, if they have no modifier extensions but those named."""
    run, type_ = call.source.run, call.source.type
    allowed = [call.argument_value(at) for at in range(call.count)]

    def checked(frame: Frame, this: Any) -> Items:
        items = run(frame, this)
        known = [value(frame, this) for value in allowed]
        for value in systems(items, type_):
            found = value.get("modifierExtension", NONE) if isinstance(value, dict) else NONE
            unknown = [str(one.get("url")) for one in found if one.get("url") not in known]
            if unknown:
                raise failure(f"The modifier {unknown[0]} is not known", call.position)
        return items

    return Code(checked, type_, single=call.source.single, is_ordered=call.source.is_ordered)


def conforms_to(call: Invocation) -> Code:
    """By the service, or else by the type alone; a profile that neither knows is an error."""
    run, type_, url = call.source.run, call.source.type, call.argument_value(0)

    def truth(frame: Frame, this: Any) -> bool | None:
        items, profile = run(frame, this), url(frame, this)
        if not items or profile is None:
            return None
        if len(items) > 1:
            raise failure("conformsTo() is for one item", call.position)
        service = frame.services.conforms_to or _is_of_type(frame)
        frame.charge(1000)
        found = service(boxed(items, type_)[0], str(profile))
        if found is None:
            raise failure(f"The profile {profile} is not known", call.position)
        return found

    return of_truth(truth, BOOLEAN)


def _is_of_type(frame: Frame) -> Callable[[Any, str], bool | None]:
    def conforms(item: Any, profile: str) -> bool | None:
        name = profile.partition("|")[0].removeprefix(CORE)
        if name == profile or frame.model.type(name) is None:
            return None
        type_ = type_of(item, None, frame.model)
        return type_ is not None and name in type_.ancestors

    return conforms


def html_checks(call: Invocation) -> Code:
    """Whether the narrative is the XHTML that FHIR allows."""
    text = value_of(call.source, call.position)

    def truth(frame: Frame, this: Any) -> bool | None:
        found = text(frame, this)
        if found is None:
            return None
        if isinstance(found, dict):
            found = found.get("div")
        frame.charge(len(found) // 100 if type(found) is str else 0)
        return type(found) is str and xhtml.is_allowed(found)

    return of_truth(truth, BOOLEAN)


FUNCTIONS: Final[Mapping[str, Function]] = {
    "extension": Function(extension, 1, 1),
    "hasValue": Function(has_value),
    "getValue": Function(get_value),
    "resolve": Function(resolve),
    "elementDefinition": Function(element_definition),
    "slice": Function(slice_, 2, 2),
    "checkModifiers": Function(check_modifiers, 0, 50),
    "conformsTo": Function(conforms_to, 1, 1),
    "htmlChecks": Function(html_checks),
    **terminology.FUNCTIONS,
}
