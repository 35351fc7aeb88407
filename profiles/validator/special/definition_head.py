"""What a StructureDefinition says of itself as a whole, held against its base.

https://hl7.org/fhir/R4/structuredefinition.html#StructureDefinition
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from profiles.snapshot import CORE
from profiles.validator.context import Context
from terminology.issue import Issue

Element = Mapping[str, Any]
_EXTENSION: Final = "Extension"
_URL: Final = "Extension.url"


def definition_head(value: Element, base: Element | None, context: Context) -> Iterator[Issue]:
    """`base` is None where it is not known."""
    yield from _contexts(value, context)
    yield from _extension_url(value, context)
    if base is not None:
        yield from _kind(value, base, context)
        yield from _type(value, base, context)


def _kind(value: Element, base: Element, context: Context) -> Iterator[Issue]:
    kind, expected = value.get("kind"), base.get("kind")
    if kind is not None and kind != expected and not base.get("abstract"):
        text = f"The kind {kind} is not that of the base, {expected}"
        yield context.issue("error", "not-found", text, "structure-kind")


def _type(value: Element, base: Element, context: Context) -> Iterator[Issue]:
    derivation, name, expected = value.get("derivation"), value.get("type"), base.get("type")
    if derivation is None:
        text = "A definition that has a base says how it is derived from it"
        yield context.issue("error", "not-found", text, "structure-derivation")
    elif derivation == "constraint" and name != expected:
        text = f"What is constrained keeps its type: {expected}, not {name}"
        yield context.issue("error", "not-found", text, "structure-type")
    elif derivation == "specialization" and name == expected:
        text = f"What is specialized has a type of its own, not {name}"
        yield context.issue("error", "not-found", text, "structure-type")


def _contexts(value: Element, context: Context) -> Iterator[Issue]:
    """Where an extension may stand; nothing else has a place to say."""
    if value.get("type") == _EXTENSION:
        for index, one in enumerate(value.get("context", ())):
            yield from _place(one, f".context[{index}]", context)
        return
    for name in ("context", "contextInvariant"):
        for index in range(len(value.get(name, ()))):
            text = f"The type is {value.get('type')}, and only an extension has a context"
            yield context.issue("error", "invalid", text, "structure-context", f".{name}[{index}]")


def _place(one: Element, at: str, context: Context) -> Iterator[Issue]:
    """An element's path begins with a type of R4; other models are passed over."""
    definitions = context.run.validator.definitions
    path = one.get("expression", "")
    first, dot, _ = path.partition(".")
    if one.get("type") != "element" or one.get("extension") or definitions.element(path) is not None:
        return
    if dot and first in definitions.resource_types | definitions.complex_types:
        text = f"There is no element {path!r} where the extension could stand"
        yield context.issue("error", "invalid", text, "structure-context-path", at)


def _extension_url(value: Element, context: Context) -> Iterator[Issue]:
    """The definition of an extension fixes the URL by which it is known."""
    url = value.get("url")
    if value.get("type") != _EXTENSION or value.get("baseDefinition") != CORE + _EXTENSION or url is None:
        return
    elements = value.get("differential", {}).get("element", ())
    fixed = next((one.get("fixedUri") for one in elements if one.get("path") == _URL), None)
    if fixed is None:
        text = f"The value of Extension.url is not fixed to {url}"
        yield context.issue("error", "invalid", text, "structure-extension-url")
    elif fixed != url:
        text = f"The value of Extension.url is fixed to {fixed}, and the definition has the URL {url}"
        yield context.issue("error", "invalid", text, "structure-extension-url")
