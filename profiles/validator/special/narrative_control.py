"""What a profile asks of narratives by its extensions: where their content is from, and in which languages.

https://hl7.org/fhir/extensions/StructureDefinition-narrative-language-control.html and
https://hl7.org/fhir/extensions/StructureDefinition-narrative-source-control.html
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from profiles.validator.at import At
from profiles.validator.run import Run
from profiles.validator.special.extension import extended
from profiles.validator.special.markup import Markup, markup

Check = Callable[[Any, At, Run], None]
_SOURCE: Final = "http://hl7.org/fhir/StructureDefinition/narrative-source-control"
_LANGUAGE: Final = "http://hl7.org/fhir/StructureDefinition/narrative-language-control"


def narrative_checks(definition: Mapping[str, Any], code: str, canonical: str) -> list[Check]:
    """Of the ElementDefinition of a Narrative."""
    if code != "Narrative":
        return []
    languages = [one.get("valueCode", "") for one in extended(definition, _LANGUAGE)]
    has_source = bool(extended(definition, _SOURCE))
    if not languages and not has_source:
        return []

    def check(value: Any, at: At, run: Run) -> None:
        found = markup(value.get("div", ""))
        language = run.scope.resource.get("language", "") if run.scope else ""
        texts = [*_sources(found)] if has_source else []
        texts += [text for wanted in languages for text in _languages(found, wanted, language)]
        for text in texts:
            run.report("error", "business-rule", f"{text} ({canonical})", at, "narrative-control")

    return [check]


def _sources(found: Markup) -> Iterator[str]:
    for text in found.unmarked:
        yield f"The content {text[:40]!r} has no class that tells its source"


def _languages(found: Markup, wanted: str, language: str) -> Iterator[str]:
    told = ", ".join(found.sections)
    if wanted == "_no":
        if found.sections:
            yield f"The xhtml has language sections ({told}), which are prohibited"
    elif not found.sections:
        yield "The xhtml has no language sections, which are required"
    elif wanted != "_yes":
        needed = language if wanted == "_resource" else wanted
        if needed and needed not in found.sections:
            yield f"The xhtml needs a section in the language {needed}, and has those in {told}"
