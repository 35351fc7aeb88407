"""What a ValueSet includes: code systems, and concepts of theirs.

https://hl7.org/fhir/R4/valueset-definitions.html#ValueSet.compose.include
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from profiles.validator.context import Context
from terminology.code_check import CodeCheck
from terminology.issue import Issue

Element = Mapping[str, Any]
_MOST: Final = 1000  # concepts of one include that are asked about


def included_system(value: Element, part: Element, at: str, context: Context) -> Iterator[Issue]:
    """It is named by its URL, without its version, and is a code system that is no supplement."""
    given = part.get("system")
    if given is None:
        return
    system, bar, version = given.partition("|")
    if bar and version:
        text = f"The version {version} of a code system stands in .version, not in the URL"
        yield context.issue("error", "business-rule", text, "value-set-system-version", at)
    if ":" not in system:
        text = "The system of an include is absolute; that of a contained code system is its URL"
        yield context.issue("error", "invalid", text, "value-set-system", at)
    if system.startswith("#"):
        yield from _contained(value, system, at, context)
        return
    kind = context.run.validator.kind_of_system(system)
    if kind == "ValueSet":
        text = f"{system} is a value set; it can be imported, and has no codes of its own"
        yield context.issue("error", "invalid", text, "value-set-system-kind", at)
    elif kind == "supplement":
        text = f"{system} is a supplement; the code system that it supplements is what has the codes"
        yield context.issue("error", "invalid", text, "value-set-system-kind", at)


def included_concepts(part: Element, at: str, context: Context) -> Iterator[Issue]:
    """All in one batch; what nobody knows is not wrong."""
    system, concepts = part.get("system", ""), part.get("concept", ())
    if not system or ":" not in system or not concepts or len(concepts) > _MOST:
        return
    version = {"version": part["version"]} if "version" in part else {}
    asked = [
        CodeCheck("Coding", {"system": system, "code": one.get("code", ""), **version}) for one in concepts
    ]
    for index, (one, told) in enumerate(zip(concepts, context.ask(asked), strict=True)):
        if told.result is False:
            text = f"The code {one.get('code')!r} is not valid in the system {system}"
            below = f"{at}.concept[{index}]"
            yield context.issue("error", "business-rule", text, "value-set-concept", below)


def _contained(value: Element, system: str, at: str, context: Context) -> Iterator[Issue]:
    held = [one for one in value.get("contained", ()) if f"#{one.get('id')}" == system]
    kinds = {str(one.get("resourceType")) for one in held}
    if kinds - {"CodeSystem"}:
        text = f"{system} is contained, and is no CodeSystem but a {', '.join(sorted(kinds))}"
        yield context.issue("error", "invalid", text, "value-set-contained", at)
    if "CodeSystem" not in kinds:
        text = f"No matching contained code system was found for {system}"
        yield context.issue("error", "invalid", text, "value-set-contained", at)
