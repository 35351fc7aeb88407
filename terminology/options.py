"""What a request wants beside its subject: languages, versions, which codes, and how they are told.

https://hl7.org/fhir/R4/valueset-operation-expand.html and https://hl7.org/fhir/R4/operation-codesystem-lookup.html
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final, Literal

from terminology.canonical import split
from terminology.checks import TxIssue
from terminology.languages import Languages, NotALanguage, languages
from terminology.texts import Refusal

Rule = Literal["default", "force", "check"]
Given = tuple[str, Any]
"""A parameter: its name, and a value as JSON has it, a resource, or a text (of a URL)."""


@dataclass(frozen=True, slots=True)
class VersionRule:
    """Which version of a system or value set: by `default`, by `force`, or `check`ed. `name` is as asked."""

    rule: Rule
    url: str
    version: str
    name: str


@dataclass(frozen=True, slots=True)
class Options:
    """None: not said. `http_languages` are those of the request's header; `takes_lists`: codes that a value
    set lists are members whatever is known of their code system."""

    display_languages: Languages | None = None
    http_languages: Languages | None = None
    versions: tuple[VersionRule, ...] = ()
    active_only: bool | None = None
    exclude_nested: bool | None = None
    exclude_not_for_ui: bool | None = None
    exclude_post_coordinated: bool | None = None
    include_designations: bool | None = None
    include_definition: bool | None = None
    versions_match: bool | None = None
    abstract_ok: bool = True
    infer_system: bool = False
    lenient_display: bool = False
    membership_only: bool = False
    takes_lists: bool = False
    designations: tuple[str, ...] = ()
    properties: tuple[str, ...] = ()
    supplements: tuple[str, ...] = ()
    excluded_systems: tuple[str, ...] = ()
    filter: str = ""
    count: int | None = None
    offset: int | None = None

    @property
    def languages(self) -> Languages | None:
        return self.display_languages or self.http_languages

    @property
    def language_summary(self) -> str:
        return self.languages.tags if self.languages else "--"


RULES: Final[Mapping[str, Rule]] = {
    "system-version": "default",
    "force-system-version": "force",
    "check-system-version": "check",
    "default-valueset-version": "default",
    "force-valueset-version": "force",
    "check-valueset-version": "check",
}
_TRUTHS: Final[Mapping[str, str]] = {
    "activeOnly": "active_only",
    "excludeNested": "exclude_nested",
    "excludeNotForUI": "exclude_not_for_ui",
    "excludePostCoordinated": "exclude_post_coordinated",
    "includeDesignations": "include_designations",
    "includeDefinition": "include_definition",
    "versionsMatch": "versions_match",
    "abstract": "abstract_ok",
    "inferSystem": "infer_system",
    "lenient-display-validation": "lenient_display",
    "valueset-membership-only": "membership_only",
}
_LISTS: Final[Mapping[str, str]] = {
    "designation": "designations",
    "property": "properties",
    "useSupplement": "supplements",
    "exclude-system": "excluded_systems",
}
_NUMBERS: Final = frozenset(("count", "offset"))
KNOWN: Final = frozenset((*_TRUTHS, *_LISTS, *RULES, *_NUMBERS, "filter", "displayLanguage"))
PLAIN: Final = Options()
MAX_NUMBER: Final = 2_147_483_647


def options_of(given: Iterable[Given], accept_language: str = "") -> Options:
    """Raises Refusal for a value that makes no sense."""
    options = Options(http_languages=_header(accept_language)) if accept_language else PLAIN
    for name, value in given:
        if name in KNOWN:
            options = _with(options, name, value)
    return options


def with_defaults(options: Options, given: Iterable[Given]) -> Options:
    """What a value set wants for itself, where the request says nothing."""
    for name, value in given:
        changed = _with(options, name, value)
        field = _field(name)
        said = getattr(options, field) if field else None
        if name in _LISTS or name in RULES or said in (None, "", getattr(Options(), field or "filter")):
            options = changed
    return options


def _field(name: str) -> str:
    return {"displayLanguage": "display_languages", **_TRUTHS}.get(name, name if name in _NUMBERS else "")


def _header(accept_language: str) -> Languages | None:
    try:
        return languages(accept_language) if accept_language.strip() else None
    except NotALanguage:
        return None


def _with(options: Options, name: str, value: Any) -> Options:
    if name in _TRUTHS:
        return _changed(options, _TRUTHS[name], _truth(name, value))
    if name in _LISTS:
        listed = getattr(options, _LISTS[name])
        return options if value in listed else _changed(options, _LISTS[name], (*listed, str(value)))
    if name in RULES:
        return replace(options, versions=(*options.versions, _rule(name, value)))
    if name in _NUMBERS:
        return _changed(options, name, _number(name, value))
    if name == "filter":
        return replace(options, filter=str(value))
    if name == "displayLanguage":
        return replace(options, display_languages=_languages(value))
    return options


def _changed(options: Options, field: str, value: Any) -> Options:
    change: dict[str, Any] = {field: value}
    return replace(options, **change)


def _languages(value: Any) -> Languages:
    try:
        return languages(str(value))
    except NotALanguage:
        text = f"Invalid displayLanguage: '{str(value)[:64]}'"
        issue = TxIssue("error", "processing", "invalid-display", "INVALID_DISPLAY_NAME", text)
        raise Refusal(400, issue) from None


def _truth(name: str, value: Any) -> bool:
    if value in (True, "true"):
        return True
    if value in (False, "false"):
        return False
    raise _nonsense(name, "true or false")


def _number(name: str, value: Any) -> int:
    text = str(value)
    if text.isascii() and text.isdigit() and len(text) < 12:
        return min(int(text), MAX_NUMBER)
    raise _nonsense(name, "a number from 0")


def _rule(name: str, value: Any) -> VersionRule:
    url, version = split(str(value))
    if not url or not version:
        raise _nonsense(name, "url|version")
    return VersionRule(RULES[name], url, version, name)


def _nonsense(name: str, what: str) -> Refusal:
    return Refusal(400, TxIssue("error", "invalid", "", "", f"{name} is {what}", name))


def first(given: Iterable[Given], name: str) -> Any:
    for each, value in given:
        if each == name:
            return value
    return None


def text(given: Iterable[Given], name: str) -> str:
    """The value of a parameter as text; empty if there is none."""
    value = first(given, name)
    return value if isinstance(value, str) else ""
