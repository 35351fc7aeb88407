# ruff: noqa: E501
"""The texts of findings, by the message id under which tx servers know them.

https://build.fhir.org/ig/HL7/fhir-tx-ecosystem-ig/
"""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Final

from terminology.checks import TxIssue
from terminology.issue import Severity

NOT_FOUND: Final = "could not be found, so the code cannot be validated"
NO_EXPANSION: Final = "could not be found, so the value set cannot be expanded"
_DISPLAY: Final = "Display Name '{display}' for {system}#{code}. Valid display is"
_LANGUAGES: Final = "(for the language(s) '{languages}')"
_REVIEW: Final = "and its use should be reviewed"
_MISMATCH: Final = "is different to the one in the value ('{asked}')"

TEXTS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "Coding_has_no_system__cannot_validate": (
            "Coding has no system. A code with no system has no defined meaning, and it cannot be validated. "
            "A system should be provided"
        ),
        "Terminology_TX_System_Relative": "Coding.system must be an absolute reference, not a local reference",
        "Terminology_TX_System_ValueSet2": (
            "The Coding references a value set, not a code system ('{system}')"
        ),
        "CODESYSTEM_CS_NO_SUPPLEMENT": (
            "CodeSystem {system} is a supplement, so can't be used as a value in Coding.system"
        ),
        "UNKNOWN_CODESYSTEM": f"A definition for CodeSystem '{{system}}' {NOT_FOUND}",
        "UNKNOWN_CODESYSTEM_VERSION": (
            f"A definition for CodeSystem '{{system}}' version '{{version}}' {NOT_FOUND}. Valid versions: {{known}}"
        ),
        "UNKNOWN_CODESYSTEM_VERSION_NONE": (
            f"A definition for CodeSystem '{{system}}' version '{{version}}' {NOT_FOUND}. No versions of this "
            "code system are known"
        ),
        "UNKNOWN_CODESYSTEM_EXP": f"A definition for CodeSystem '{{system}}' {NO_EXPANSION}",
        "UNKNOWN_CODESYSTEM_VERSION_EXP": (
            f"A definition for CodeSystem '{{system}}' version '{{version}}' {NO_EXPANSION}. "
            "Valid versions: {known}"
        ),
        "UNKNOWN_CODESYSTEM_VERSION_EXP_NONE": (
            f"A definition for CodeSystem '{{system}}' version '{{version}}' {NO_EXPANSION}. No versions of this "
            "code system are known"
        ),
        "UNKNOWN_CODESYSTEM_CODING_NOT_CHECKED": (
            "The coding with the system '{system}' was not checked because the code system could not be found"
        ),
        "Unknown_Code_in_Version": "Unknown code '{code}' in the CodeSystem '{system}' version '{version}'",
        "Unknown_Code_in": "Unknown code '{code}' in the CodeSystem '{system}'",
        "UNKNOWN_CODE_IN_FRAGMENT": (
            "Unknown Code '{code}' in the CodeSystem '{system}' version '{version}' - note that the code system "
            "is labeled as a fragment, so the code may be valid in some other fragment"
        ),
        "CODE_CASE_DIFFERENCE": (
            "The code '{code}' differs from the correct code '{right}' by case. Although the code system "
            "'{system}' is case insensitive, implementers are strongly encouraged to use the correct case anyway"
        ),
        "ABSTRACT_CODE_NOT_ALLOWED": "Code '{system}#{code}' is abstract, and not allowed in this context",
        "STATUS_CODE_WARNING_CODE": "The concept '{code}' is valid but is not active",
        "INACTIVE_CONCEPT_FOUND": f"The concept '{{code}}' has a status of {{status}} {_REVIEW}",
        "DEPRECATED_CONCEPT_FOUND": f"The concept '{{code}}' is {{status}} {_REVIEW}",
        "CONCEPT_DEPRECATED_IN_VALUESET": (
            "The presence of the concept '{code}' in the system '{system}' in the value set {value_set} is "
            f"marked with a status of {{status}} {_REVIEW}"
        ),
        "None_of_the_provided_codes_are_in_the_value_set_one": (
            "The provided code {codes} was not found in the value set '{value_set}'"
        ),
        "TX_GENERAL_CC_ERROR_MESSAGE": "No valid coding was found for the value set '{value_set}'",
        "UNABLE_TO_INFER_CODESYSTEM": (
            "The System URI could not be determined for the code '{code}' in the ValueSet '{value_set}'"
        ),
        "Unable_to_resolve_system__value_set_has_multiple_matches": (
            "The System URI could not be determined for the code '{code}' in the ValueSet '{value_set}': value "
            "set expansion has multiple matches: [{systems}]"
        ),
        "Unable_to_resolve_value_Set_": "A definition for the value Set '{value_set}' could not be found",
        "VS_EXP_IMPORT_UNK": "Unable to find included value set '{value_set}'",
        "VS_EXP_IMPORT_UNK_PINNED": "Unable to find included value set '{value_set}' version '{version}'",
        "VALUESET_CIRCULAR_REFERENCE": (
            "Found a circularity pointing to {value_set} processing ValueSet with pathway [{path}]"
        ),
        "VALUESET_SUPPLEMENT_MISSING": "Required supplement not found: {supplements}",
        "VALUESET_TOO_COSTLY": (
            "The value set '{value_set}' expansion has too many codes to produce (>{limit})"
        ),
        "CODESYSTEM_NOT_ENUMERABLE": (
            "The code system '{system}' has a grammar and so has infinite members: they cannot be listed"
        ),
        "VALUESET_VALUE_MISMATCH": (
            f"The code system '{{system}}' version '{{version}}' in the ValueSet include {_MISMATCH}"
        ),
        "VALUESET_VALUE_MISMATCH_CHANGED": (
            f"The code system '{{system}}' version '{{version}}' resulting from the version '{{included}}' in "
            f"the ValueSet include {_MISMATCH}"
        ),
        "VALUESET_VALUE_MISMATCH_DEFAULT": (
            f"The code system '{{system}}' version '{{version}}' for the versionless include in the ValueSet "
            f"include {_MISMATCH}"
        ),
        "VALUESET_VERSION_CHECK": (
            "The version '{version}' is not allowed for system '{system}': required to be '{required}' by a "
            "version-check parameter"
        ),
        "UNABLE_TO_HANDLE_SYSTEM_FILTER_WITH_NO_VALUE": (
            "The system {system} filter with property = {property}, op = {op} has no value"
        ),
        "FILTER_NOT_UNDERSTOOD": (
            'The filter "{property} {op} {value}" from the value set {value_set} was not understood in the '
            "context of {system}"
        ),
        "Display_Name_for__should_be_one_of__instead_of": f"Wrong {_DISPLAY} {{right}} {_LANGUAGES}",
        "Display_Name_WS_for__should_be_one_of__instead_of": (
            f"Wrong whitespace in {_DISPLAY} {{right}} {_LANGUAGES}"
        ),
        "NO_VALID_DISPLAY_AT_ALL": (
            "Cannot validate display Name '{display}' for {system}#{code}: No displays are known"
        ),
        "NO_VALID_DISPLAY_FOUND_NONE_FOR_LANG_OK": (
            "There are no valid display names found for the code {system}#{code} for language(s) '{languages}'. "
            "The display is '{display}' which is a valid display for the default language"
        ),
        "NO_VALID_DISPLAY_FOUND_NONE_FOR_LANG_ERR": (
            "Wrong Display Name '{display}' for {system}#{code}. There are no valid display names found for "
            "language(s) '{languages}'. Default display is '{right}'"
        ),
        "INACTIVE_DISPLAY_FOUND": (
            "'{display}' is no longer considered a correct display for code '{code}' (status = {status}). "
            "The correct display is one of {right}."
        ),
        "MSG_DEPRECATED": "Reference to deprecated {kind} {canonical}",
        "MSG_WITHDRAWN": "Reference to withdrawn {kind} {canonical}",
        "MSG_RETIRED": "Reference to retired {kind} {canonical}",
        "MSG_EXPERIMENTAL": "Reference to experimental {kind} {canonical}",
        "MSG_DRAFT": "Reference to draft {kind} {canonical}",
    }
)


def found(
    severity: Severity, code: str, tx_code: str, message_id: str, expression: str = "", /, **named: object
) -> TxIssue:
    """A finding whose text is the template of its id."""
    return TxIssue(severity, code, tx_code, message_id, TEXTS[message_id].format(**named), expression)


def one_of(texts: Sequence[str]) -> str:
    """`a`, `one of 3 choices: a, b or c`."""
    if len(texts) == 1:
        return texts[0]
    listed = f"{', '.join(texts[:-1])} or {texts[-1]}" if texts else ""
    return f"one of {len(texts)} choices: {listed}"


class Refusal(Exception):
    """The request cannot be answered: `issues` say why, `status` is that of HTTP."""

    def __init__(self, status: int, *issues: TxIssue, unknown_system: str = "") -> None:
        super().__init__("; ".join(issue.text for issue in issues))
        self.status, self.issues, self.unknown_system = status, issues, unknown_system
