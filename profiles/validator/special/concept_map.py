"""A ConceptMap's groups, held against the code systems at hand. https://hl7.org/fhir/R4/conceptmap.html"""

from collections.abc import Iterator, Mapping
from typing import Any

from profiles.validator.context import Context
from terminology.code_check import CodeCheck
from terminology.issue import Issue

Element = Mapping[str, Any]


def concept_map(value: Element, context: Context) -> Iterator[Issue]:
    """All codes in one batch."""
    asked: list[tuple[str, str, str]] = []
    for index, group in enumerate(value.get("group", ())):
        for number, element in enumerate(group.get("element", ())):
            at = f".group[{index}].element[{number}]"
            if "source" in group and "code" in element:
                asked.append((group["source"], element["code"], f"{at}.code"))
            for position, target in enumerate(element.get("target", ())):
                if "target" in group and "code" in target:
                    asked.append((group["target"], target["code"], f"{at}.target[{position}].code"))
    answers = context.ask(
        [CodeCheck("Coding", {"system": system, "code": code}) for system, code, _ in asked]
    )
    for (system, code, at), told in zip(asked, answers, strict=True):
        if told.result is False or any(issue.severity == "error" for issue in told.issues):
            text = f"The code {code!r} is none of {system}"
            yield context.issue("warning", "business-rule", text, "concept-map-code", at)
