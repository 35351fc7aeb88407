"""A CodeSystem as a supplement, and the value set of all its codes.

https://hl7.org/fhir/R4/codesystem.html#supplements
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from profiles.validator.context import Context
from terminology.code_check import CodeCheck
from terminology.issue import Issue

Element = Mapping[str, Any]
_SUPPLEMENT: Final = "supplement"
_OF_THE_BASE: Final = ("caseSensitive", "hierarchyMeaning")
_DETAILS: Final = ("concept", "filter", "valueSet")


def supplement(value: Element, context: Context) -> Iterator[Issue]:
    canonical, content = value.get("supplements"), value.get("content")
    if canonical is None:
        if content == _SUPPLEMENT:
            text = "A supplement says which code system it supplements"
            yield context.issue("error", "business-rule", text, "supplement-of-nothing", ".content")
        return
    if content != _SUPPLEMENT:
        text = f"What supplements a code system has the content {_SUPPLEMENT!r}"
        yield context.issue("error", "business-rule", text, "supplement-content", ".content")
    for name in _OF_THE_BASE:
        if name in value:
            text = f"{name} is the supplemented code system's to say"
            yield context.issue("error", "business-rule", text, "supplement-element", f".{name}")
    yield from _concepts(value.get("concept", ()), canonical, context)


def _concepts(concepts: Any, canonical: str, context: Context) -> Iterator[Issue]:
    system = canonical.partition("|")[0]
    asked = [CodeCheck("Coding", {"system": system, "code": one.get("code", "")}) for one in concepts]
    for index, told in enumerate(context.ask(asked) if asked else ()):
        if told.result is False:
            text = f"The code {concepts[index].get('code')!r} is not declared in {canonical}"
            yield context.issue("error", "business-rule", text, "supplement-code", f".concept[{index}]")


def all_codes(value: Element, context: Context) -> Iterator[Issue]:
    """The value set that CodeSystem.valueSet names has all of the codes and nothing else."""
    canonical, url = value.get("valueSet"), value.get("url")
    held = context.definition(canonical) if canonical else None
    if held is None or held.get("resourceType") != "ValueSet":
        return
    includes = held.get("compose", {}).get("include", ())
    wrong = ""
    if len(includes) != 1:
        wrong = "does not have a single include"
    elif includes[0].get("system") != url:
        wrong = f"includes {includes[0].get('system')}"
    elif any(name in includes[0] for name in _DETAILS):
        wrong = "has details in its include"
    if wrong:
        text = f"{canonical} is to have all codes of {url}, and {wrong}"
        yield context.issue("error", "business-rule", text, "code-system-value-set")
