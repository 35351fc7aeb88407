"""A Measure's expressions in CQL. https://hl7.org/fhir/R4/measure.html"""

import base64
import binascii
import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from profiles.validator.context import Context
from profiles.validator.special.form import form_issue
from terminology.issue import Issue

Element = Mapping[str, Any]
_CQL: Final = ("text/cql", "text/cql-identifier", "text/cql.identifier")
_DEFINED: Final = re.compile(r'\bdefine\s+(?:function\s+|fluent\s+function\s+)?(?:"([^"\n]+)"|(\w+))')
_NAMED: Final = re.compile(r'(?:(\w+)\.)?(?:"([^"\n]+)"|([A-Za-z_]\w*))')


def measure(value: Element, context: Context) -> Iterator[Issue]:
    libraries = []
    for canonical in value.get("library", ()):
        library = context.definition(canonical)
        if library is None:
            text = f"The Library {canonical} could not be resolved, so expressions may not be checked rightly"
            yield context.issue("information", "not-found", text, "measure-library")
        else:
            libraries.append(library)
    defined = {library.get("name", ""): names(library) for library in libraries}
    for criteria, at in _criteria(value):
        yield from _expression(criteria, defined, at, context)


def names(library: Element) -> frozenset[str] | None:
    """What the CQL in a Library defines; None if it has none that can be read."""
    for content in library.get("content", ()):
        if content.get("contentType") == "text/cql" and "data" in content:
            try:
                text = base64.b64decode("".join(content["data"].split())).decode()
            except (binascii.Error, UnicodeDecodeError):
                continue
            return frozenset(quoted or plain for quoted, plain in _DEFINED.findall(text))
    return None


def _criteria(value: Element) -> Iterator[tuple[Element, str]]:
    """Those of stratifiers and of supplemental data."""
    for group_number, group in enumerate(value.get("group", ())):
        for number, stratifier in enumerate(group.get("stratifier", ())):
            at = f".group[{group_number}].stratifier[{number}]"
            yield stratifier.get("criteria", {}), f"{at}.criteria"
            for index, component in enumerate(stratifier.get("component", ())):
                yield component.get("criteria", {}), f"{at}.component[{index}].criteria"
    for number, data in enumerate(value.get("supplementalData", ())):
        yield data.get("criteria", {}), f".supplementalData[{number}].criteria"


def _expression(
    criteria: Element, defined: Mapping[str, frozenset[str] | None], at: str, context: Context
) -> Iterator[Issue]:
    if criteria.get("language") not in _CQL or "expression" not in criteria:
        return
    if not defined:
        yield from form_issue(
            context, "invalid", "The measure has no library of CQL", "measure-no-library", at
        )
        return
    match = _NAMED.fullmatch(criteria["expression"].strip())
    if not match:
        return
    library, name = match[1], match[2] or match[3]
    if library is not None and library not in defined:
        text = f"The measure has no library {library}"
        yield context.issue("error", "invalid", text, "measure-expression", at)
        return
    asked = [defined[library]] if library is not None else list(defined.values())
    if not any(one is None or name in one for one in asked):
        text = f"{name} is not defined in the measure's library"
        yield context.issue("error", "invalid", text, "measure-expression", at)
