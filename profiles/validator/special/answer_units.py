"""The units in which a question about a quantity may be answered.

https://hl7.org/fhir/R4/extension-questionnaire-unitoption.html and -unitvalueset.html
"""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final

from profiles.validator.context import Context
from profiles.validator.special.extension import extended
from terminology.code_check import CodeCheck
from terminology.issue import Issue

if TYPE_CHECKING:
    from profiles.validator.special.answers import Answer

_CORE: Final = "http://hl7.org/fhir/StructureDefinition/questionnaire-"
_PARTS: Final = ("system", "code")


def units(question: Mapping[str, Any], given: "Answer", context: Context) -> Iterator[Issue]:
    if given.type != "Quantity" or "extension" not in question:
        return
    unit = {name: given.value[name] for name in _PARTS if name in given.value}
    options = [one.get("valueCoding", {}) for one in extended(question, f"{_CORE}unitOption")]
    if options and not any(all(one.get(name) == unit.get(name) for name in _PARTS) for one in options):
        allowed = ", ".join(str(one.get("code", one.get("display"))) for one in options)
        text = f"The unit {_shown(given)} is none of {allowed}"
        yield context.issue("error", "invariant", text, "answer-unit", given.below)
    for extension in extended(question, f"{_CORE}unitValueSet"):
        value_set = str(extension.get("valueCanonical", ""))
        if "code" not in unit or not value_set:
            continue
        (told,) = context.ask([CodeCheck("Coding", unit, value_set, "required")])
        if told.result is False:
            text = f"The unit {_shown(given)} is not in the value set {value_set}"
            yield context.issue("error", "invariant", text, "answer-unit", given.below)


def _shown(given: "Answer") -> str:
    return str(given.value.get("code", given.value.get("unit", "(none)")))
