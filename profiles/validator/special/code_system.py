"""A CodeSystem's concepts, their count and their properties. https://hl7.org/fhir/R4/codesystem.html"""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from profiles.validator.context import Context
from profiles.validator.special.code_system_parts import all_codes, supplement
from profiles.validator.special.properties import BASE, STANDARD
from terminology.issue import Issue

Element = Mapping[str, Any]
_ALWAYS: Final = frozenset(("code", "display", "definition", *STANDARD))


def code_system(value: Element, context: Context) -> Iterator[Issue]:
    yield from _content(value, context)
    yield from supplement(value, context)
    yield from all_codes(value, context)
    yield from _declared(value.get("property", ()), context)
    types = {one.get("code"): one.get("type") for one in value.get("property", ())}
    yield from _concepts(value.get("concept", ()), types, "", context)


def _content(value: Element, context: Context) -> Iterator[Issue]:
    content, concepts = value.get("content"), value.get("concept", ())
    if content == "not-present" and concepts:
        text = "The code system says it has no content present, but concepts are found"
        yield context.issue("error", "invalid", text, "code-system-content", ".concept[0]")
    count = value.get("count")
    if content == "complete" and count is not None and concepts and (found := _size(concepts)) != count:
        text = f"The code system is complete, but it has {found} concepts, not the {count} that it states"
        yield context.issue("error", "invalid", text, "code-system-count", ".count")


def _size(concepts: Any) -> int:
    return sum(1 + _size(concept.get("concept", ())) for concept in concepts)


def _declared(properties: Any, context: Context) -> Iterator[Issue]:
    codes: set[str] = set()
    uris: set[str] = set()
    for index, one in enumerate(properties):
        code, uri, at = one.get("code", ""), one.get("uri", ""), f".property[{index}]"
        for name, seen, given in (("code", codes, code), ("URI", uris, uri)):
            if given and given in seen:
                text = f"A property is already defined with the {name} {given!r}"
                yield context.issue("error", "business-rule", text, "property-twice", at)
            seen.add(given)
        yield from _standard(code, uri, one.get("type", ""), at, context)


def _standard(code: str, uri: str, kind: str, at: str, context: Context) -> Iterator[Issue]:
    named = uri.removeprefix(BASE) if uri.startswith(BASE) else ""
    if named in STANDARD:
        if code != named:
            text = f"The URI {uri!r} is normally assigned the code {named!r}, not {code!r}"
            yield context.issue("error", "business-rule", text, "property-code", at)
        if kind != STANDARD[named]:
            text = f"The URI {uri!r} identifies a property of type {STANDARD[named]}, not {kind}"
            yield context.issue("error", "business-rule", text, "property-type", at)
    elif not uri and code in STANDARD:
        text = f"The property has only the standard code {code!r}, not the URI {BASE}{code}"
        yield context.issue("warning", "business-rule", text, "property-uri", at)
        if kind != STANDARD[code]:
            text = f"The code {code!r} identifies a property of type {STANDARD[code]}, not {kind}"
            yield context.issue("warning", "business-rule", text, "property-type", at)
    elif not uri:
        text = f"The property has only a code ({code!r}) and no URI, so it has no clearly defined meaning"
        yield context.issue("information", "business-rule", text, "property-uri", at)


def _concepts(concepts: Any, types: Mapping[Any, Any], at: str, context: Context) -> Iterator[Issue]:
    for index, concept in enumerate(concepts):
        below = f"{at}.concept[{index}]"
        for number, one in enumerate(concept.get("property", ())):
            yield from _valued(one, types, f"{below}.property[{number}]", context)
        yield from _concepts(concept.get("concept", ()), types, below, context)


def _valued(one: Element, types: Mapping[Any, Any], at: str, context: Context) -> Iterator[Issue]:
    code = one.get("code")
    name = next((name for name in one if name.startswith("value")), "")
    kind = name.removeprefix("value")
    kind = kind if kind == "Coding" else kind[:1].lower() + kind[1:]
    if code in types:
        if kind and kind != types[code]:
            text = f"The property {code!r} has a value of type {kind}, but is defined to have {types[code]}"
            yield context.issue("error", "business-rule", text, "property-value", at)
    elif code not in _ALWAYS:
        text = f"The property {code!r} has no definition in CodeSystem.property"
        yield context.issue("warning", "business-rule", text, "property-undefined", at)
