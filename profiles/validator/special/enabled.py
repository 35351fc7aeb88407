"""Whether a question of a Questionnaire is enabled by the answers that are given.

https://hl7.org/fhir/R4/questionnaire-definitions.html#Questionnaire.item.enableWhen
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from profiles.fhirpath import Environment, FhirPathError, compile_expression
from profiles.fhirpath.quantity import compare as compare_quantities
from profiles.fhirpath.quantity import from_fhir
from profiles.validator.context import Context
from profiles.validator.special.answers import valued
from profiles.validator.special.extension import extended

Element = Mapping[str, Any]
_EXPRESSION: Final = "http://hl7.org/fhir/uv/sdc/StructureDefinition/sdc-questionnaire-enableWhenExpression"
_KANTA: Final = "http://phr.kanta.fi/StructureDefinition/fiphr-ext-questionnaire-enablewhen"
_ORDERS: Final = {"=": (0,), ">": (1,), "<": (-1,), ">=": (0, 1), "<=": (-1, 0)}


class Enabling:
    """`way` is the chain of elements of the response that a question stands in, the response first."""

    def __init__(self, questionnaire: Element, context: Context) -> None:
        self._questionnaire = questionnaire
        self._context = context

    def is_enabled(self, question: Element, way: Sequence[Element]) -> bool:
        conditions = [self._holds(one, way) for one in question.get("enableWhen", ())]
        for extension in extended(question, _EXPRESSION):
            expression = extension.get("valueExpression", {})
            if expression.get("language") == "text/fhirpath":
                conditions.append(self._true(expression.get("expression", ""), way))
        conditions += [self._true(one.get("valueString", ""), way) for one in extended(question, _KANTA)]
        if not conditions:
            return True
        return any(conditions) if question.get("enableBehavior") == "any" else all(conditions)

    def _holds(self, condition: Element, way: Sequence[Element]) -> bool:
        answers = answers_to(condition.get("question", ""), way)
        wanted = valued(condition, "answer")
        if condition.get("operator") == "exists":
            return wanted is None or bool(answers) == wanted[1]
        given = [one for answer in answers if (one := valued(answer, "value"))]
        if wanted is None or not given:
            return False
        if condition.get("operator") == "!=":
            return any(_order(one, wanted) != 0 for one in given)
        return any(_order(one, wanted) in _ORDERS.get(condition.get("operator", "="), ()) for one in given)

    def _true(self, expression: str, way: Sequence[Element]) -> bool:
        """An expression that cannot be evaluated disables nothing."""
        variables = {"questionnaire": self._questionnaire, "qitem": way[-1]}
        environment = Environment(self._context.resource, variables=variables)
        definitions = self._context.run.validator.definitions
        try:
            compiled = compile_expression(expression, definitions)
            return compiled.truth(self._context.resource, environment) is True
        except FhirPathError:
            return True


def answers_to(link_id: str, way: Sequence[Element]) -> list[Element]:
    """The answers to the nearest question of this name: first of the same repetition of a group."""
    for element in reversed(way):
        found = list(_items_below(element, link_id))
        if found:
            return [answer for item in found for answer in item.get("answer", ())]
    return []


def _items_below(element: Element, link_id: str) -> Iterator[Element]:
    below = [*element.get("item", ())]
    below += [item for answer in element.get("answer", ()) for item in answer.get("item", ())]
    for item in below:
        if item.get("linkId") == link_id:
            yield item
        yield from _items_below(item, link_id)


def _order(given: tuple[str, Any], wanted: tuple[str, Any]) -> int | None:
    left, right = given[1], wanted[1]
    if given[0] == "Coding" and wanted[0] == "Coding":
        same = left.get("code") == right.get("code") and left.get("system") == right.get("system")
        return 0 if same else None
    if given[0] == "Quantity" and wanted[0] == "Quantity":
        one, other = from_fhir(left), from_fhir(right)
        return compare_quantities(one, other) if one and other else None
    if isinstance(left, Mapping) or isinstance(right, Mapping):
        return 0 if left == right else None
    if isinstance(left, str) != isinstance(right, str):
        return None
    return int(left > right) - int(left < right)
