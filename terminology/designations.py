"""What a concept is called: its display and its designations, and which of them suits a reader.

https://hl7.org/fhir/R4/codesystem-definitions.html#CodeSystem.concept.designation
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

from terminology.languages import FITS, Languages, fits, same

PREFERRED: Final = MappingProxyType(
    {
        "system": "http://terminology.hl7.org/CodeSystem/hl7TermMaintInfra",
        "code": "preferredForLanguage",
        "display": "Preferred For Language",
    }
)
STANDARDS_STATUS: Final = "http://hl7.org/fhir/StructureDefinition/structuredefinition-standards-status"
_DISPLAYS: Final = frozenset(
    {
        (PREFERRED["system"], PREFERRED["code"]),
        ("http://terminology.hl7.org/CodeSystem/designation-usage", "display"),
        ("http://snomed.info/sct", "900000000000548007"),
        ("http://snomed.info/sct", "900000000000013009"),
    }
)
_INACTIVE: Final = frozenset(("withdrawn", "inactive", "retired"))


@dataclass(frozen=True, slots=True)
class Designation:
    """`source` is the supplement that it comes from; `language` may be empty."""

    value: str
    language: str = ""
    use: Mapping[str, Any] | None = None
    status: str = ""
    source: str = ""
    extension: tuple[Mapping[str, Any], ...] = ()

    @property
    def is_display(self) -> bool:
        return self.use is None or (self.use.get("system"), self.use.get("code")) in _DISPLAYS

    @property
    def is_active(self) -> bool:
        return self.status not in _INACTIVE


def designation_of(given: Mapping[str, Any], source: str = "") -> Designation | None:
    """Of a code system's or a value set's; None without a value."""
    value = given.get("value")
    if not isinstance(value, str) or not value.strip():
        return None
    extension = tuple(given.get("extension", ()))
    status = next((e.get("valueCode", "") for e in extension if e.get("url") == STANDARDS_STATUS), "")
    return Designation(value.strip(), given.get("language", ""), given.get("use"), status, source, extension)


def preferred(given: Sequence[Designation], languages: Languages | None) -> Designation | None:
    """The one to show: by language first, then displays before other uses, active before others."""
    if not given:
        return None
    if languages is None:
        return _best(given)
    for wanted in languages.wanted:
        for fit in FITS:
            if found := _best([each for each in given if fits(wanted, each.language, fit)], only=True):
                return found
    return next((each for each in given if not each.language and each.is_display), None)


def _best(given: Sequence[Designation], *, only: bool = False) -> Designation | None:
    displays = [each for each in given if each.is_display]
    active = [each for each in given if each.is_active] if only else []
    for ranked in ([each for each in displays if each.is_active], active, displays, given):
        if ranked:
            return ranked[0]
    return None


def has_display(
    given: Iterable[Designation], languages: Languages | None, default: str, display: str
) -> bool:
    """Whether the display is one of those in the languages asked for (or the default one), case aside."""
    folded = display.lower()
    return any(each.value.lower() == folded for each in in_languages(given, languages, default))


def in_languages(
    given: Iterable[Designation], languages: Languages | None, default: str
) -> list[Designation]:
    """Those in the languages asked for, those without a language, and those in the default one."""
    return [
        each
        for each in given
        if languages is None
        or languages.take(each.language)
        or (default and each.language and same(each.language, default, "language"))
    ]


def same_but_for_space(given: Iterable[Designation], languages: Languages | None, display: str) -> bool:
    spaced = " ".join(display.split()).lower()
    return any(" ".join(each.value.split()).lower() == spaced for each in in_languages(given, languages, ""))
