"""Whether a display is one that the concept has in the languages that are asked for.

https://hl7.org/fhir/R4/valueset-operation-validate-code.html (`display`)
"""

from collections.abc import Sequence
from typing import Final

from terminology.checks import CodeOf, TxIssue
from terminology.designations import (
    Designation,
    has_display,
    in_languages,
    preferred,
    same_but_for_space,
)
from terminology.issue import Severity
from terminology.naming import BCP_13, BCP_47, ISO_3166, ISO_4217, UCUM
from terminology.options import Options
from terminology.texts import found, one_of

# Codes that say themselves what they mean: others call them otherwise with equal right.
OPEN_DISPLAYS: Final = frozenset((BCP_13, BCP_47, ISO_3166, ISO_4217, UCUM))


def display_issue(
    options: Options, names: Sequence[Designation], default: str, coding: CodeOf, path: str
) -> TxIssue | None:
    """None if the display is right. `default` is the code system's language."""
    if has_display(names, options.languages, "", coding.display):
        return _inactive(options, names, coding, path)
    named: dict[str, object] = {
        "display": coding.display,
        "system": coding.system,
        "code": coding.code,
        "languages": options.language_summary,
    }
    lenient = options.lenient_display or coding.system in OPEN_DISPLAYS
    displays = [each for each in in_languages(names, options.languages, "") if each.is_display]
    there = displays or in_languages(names, options.languages, "")
    severity: Severity = "warning" if lenient or not displays else "error"
    if not there:
        return _none_in_language(options, names, default, named, path)
    spaced = same_but_for_space(names, options.languages, coding.display)
    id_ = f"Display_Name_{'WS_' if spaced else ''}for__should_be_one_of__instead_of"
    right = one_of([_shown(each) for each in there])
    return found(severity, "invalid", "invalid-display", id_, path, right=right, **named)


def _none_in_language(
    options: Options, names: Sequence[Designation], default: str, named: dict[str, object], path: str
) -> TxIssue:
    shown = preferred(names, None)
    if shown is None:
        return found("warning", "invalid", "invalid-display", "NO_VALID_DISPLAY_AT_ALL", path, **named)
    if has_display(names, options.languages, default or "en", str(named["display"])):
        id_ = "NO_VALID_DISPLAY_FOUND_NONE_FOR_LANG_OK"
        return found("information", "invalid", "invalid-display", id_, path, **named)
    severity: Severity = "warning" if options.lenient_display else "error"
    id_ = "NO_VALID_DISPLAY_FOUND_NONE_FOR_LANG_ERR"
    return found(severity, "invalid", "invalid-display", id_, path, right=shown.value, **named)


def _inactive(options: Options, names: Sequence[Designation], coding: CodeOf, path: str) -> TxIssue | None:
    folded = coding.display.lower()
    same = [each for each in in_languages(names, options.languages, "") if each.value.lower() == folded]
    if any(each.is_active for each in same):
        return None
    right = ",".join(dict.fromkeys(f'"{each.value}"' for each in names if each.is_display and each.is_active))
    named = {"display": coding.display, "code": coding.code, "status": same[0].status, "right": right}
    return found("warning", "invalid", "display-comment", "INACTIVE_DISPLAY_FOUND", path, **named)


def _shown(given: Designation) -> str:
    return f"'{given.value}' ({given.language})" if given.language else f"'{given.value}'"
