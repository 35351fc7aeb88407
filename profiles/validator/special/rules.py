"""The rules of single types, by the name of a resource type, a data type or a path."""

from typing import Final

from profiles.validator.context import TypeRules
from profiles.validator.special.bundle import bundle
from profiles.validator.special.identifier import identifier
from profiles.validator.special.narrative import language, narrative
from profiles.validator.special.questionnaire_response import questionnaire_response

RULES: Final[TypeRules] = {
    "Bundle": (bundle,),
    "Identifier": (identifier,),
    "Narrative": (language, narrative),
    "QuestionnaireResponse": (questionnaire_response,),
}
