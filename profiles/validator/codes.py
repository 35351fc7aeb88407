"""What the packages at hand know of codes, for answers without a terminology server.

https://hl7.org/fhir/R4/terminologies.html
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from profiles.validator.editions import is_later
from profiles.validator.grammars import holds, systems
from profiles.value_set import Coding, FoundLibrary, NotEnumerable, codings, concepts
from terminology.code_check import UNKNOWN, CodeAnswer, CodeCheck
from terminology.issue import Issue

Find = Callable[[str], Mapping[str, Any] | None]
_YES = CodeAnswer(True)


class PackageCodes:
    """Answers from enumerable value sets and complete code systems; what has been read is kept."""

    def __init__(self, find: Find) -> None:
        self._find = find
        self._library = FoundLibrary(find)
        self._members: dict[str, frozenset[Coding] | None] = {}
        self._shown: dict[str, frozenset[tuple[str, str, str]]] = {}
        self._forms: dict[str, tuple[str, ...]] = {}
        self._texts: dict[str, frozenset[str]] = {}
        self._systems: dict[str, Mapping[str, str] | None] = {}

    def __call__(self, checks: Sequence[CodeCheck]) -> list[CodeAnswer]:
        return [self.answer(check) for check in checks]

    def answer(self, check: CodeCheck) -> CodeAnswer:
        if not check.value_set:
            return self._in_system(check.value) if check.type in ("Coding", "Quantity") else UNKNOWN
        members = self.members(check.value_set)
        if members is None:
            return self._by_form(check)
        if isinstance(check.value, str):
            found = check.value in self._codes(check.value_set, members)
        elif check.type == "CodeableConcept":
            found = any(_coding(one) in members for one in check.value.get("coding", ()))
        else:
            found = _coding(check.value) in members
        return _YES if found else CodeAnswer(False, f"{_shown(check.value)} is not in {check.value_set}")

    def _by_form(self, check: CodeCheck) -> CodeAnswer:
        """Of a value set that takes systems as they are, and those are told by the form of their codes."""
        if check.value_set not in self._forms:
            self._forms[check.value_set] = systems(check.value_set, self._find)
        of = self._forms[check.value_set]
        if not of:
            return UNKNOWN
        if isinstance(check.value, str):
            told = [holds(of, None, check.value)]
        else:
            told = [holds(of, *_coding(one)) for one in check.value.get("coding", (check.value,))]
        if True in told or None in told:
            return _YES if True in told else UNKNOWN
        return CodeAnswer(False, f"{_shown(check.value)} is not in {check.value_set}")

    def members(self, value_set: str) -> frozenset[Coding] | None:
        """(system, code) of every member; None if they cannot be enumerated."""
        if value_set not in self._members:
            definition = self._find(value_set)
            if definition is None:
                return None  # not kept, for anybody can ask for anything
            self.hold(value_set, definition)
        return self._members[value_set]

    def displays_in(self, value_set: str) -> frozenset[tuple[str, str, str]]:
        """(system, code, display) of what a value set that has been read shows otherwise than its systems."""
        return self._shown.get(value_set, frozenset())

    def hold(self, value_set: str, definition: Mapping[str, Any]) -> None:
        """Know a value set by a name; one without rules by its expansion, if that is whole."""
        shown = frozenset(_displays(definition))
        if shown:
            self._shown[value_set] = shown
        if "compose" not in definition and "expansion" in definition:
            self._members[value_set] = _expanded(definition["expansion"])
            return
        try:
            self._members[value_set] = codings(definition, self._library)
        except (NotEnumerable, KeyError, RecursionError):
            self._members[value_set] = None

    def _codes(self, value_set: str, members: frozenset[Coding]) -> frozenset[str]:
        if value_set not in self._texts:
            self._texts[value_set] = frozenset(code for _, code in members)
        return self._texts[value_set]

    def kind_of_system(self, system: str) -> str:
        """`ValueSet` or `supplement` for what is at hand and no code system; else nothing."""
        definition = self._find(system) or {}
        if definition.get("resourceType") == "ValueSet":
            return "ValueSet"
        return (
            "supplement" if definition.get("content") == "supplement" or "supplements" in definition else ""
        )

    def displays(self, system: str) -> Mapping[str, str] | None:
        """Code → display of a complete code system; None if it is not at hand."""
        if system not in self._systems:
            definition = self._find(system)
            if definition is None:
                return None
            is_complete = (
                definition.get("resourceType") == "CodeSystem"
                and definition.get("content") == "complete"
                and "supplements" not in definition
            )
            listed = concepts(definition.get("concept", []))
            self._systems[system] = (
                {one["code"]: one.get("display", "") for one in listed} if is_complete else None
            )
        return self._systems[system]

    def _in_system(self, value: Any) -> CodeAnswer:
        system, code = _coding(value)
        displays = self.displays(system) if system and code else None
        if displays is None:
            return UNKNOWN
        if code not in displays and is_later(system, code):
            text = f"{code} of {system} is not in the edition that R4 has, but in later ones"
            return CodeAnswer(True, "", (Issue("information", "code-invalid", text, "code", "code-later"),))
        if code not in displays:
            return CodeAnswer(False, f"The code system {system} has no code {code!r}")
        given, display = value.get("display"), displays[code]
        if given and display and given.casefold() != display.casefold():
            text = f"{code} of {system} is displayed as {display!r}, not {given!r}"
            return CodeAnswer(True, "", (Issue("warning", "invalid", text, "display", "code-display"),))
        return _YES


def _displays(definition: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
    """The displays and designations that a value set gives its members."""
    listed = [
        (include.get("system", ""), concept)
        for include in definition.get("compose", {}).get("include", ())
        for concept in include.get("concept", ())
    ]
    listed += [(one.get("system", ""), one) for one in definition.get("expansion", {}).get("contains", ())]
    for system, concept in listed:
        code = concept.get("code", "")
        if "display" in concept:
            yield system, code, concept["display"]
        for designation in concept.get("designation", ()):
            yield system, code, designation.get("value", "")


def _expanded(expansion: Mapping[str, Any]) -> frozenset[Coding] | None:
    found: set[Coding] = set()
    waiting = [*expansion.get("contains", ())]
    for one in waiting:
        waiting.extend(one.get("contains", ()))
        if "code" in one and not one.get("abstract"):
            found.add((one.get("system", ""), one["code"]))
    return frozenset(found) if expansion.get("total", 0) <= len(waiting) else None


def _coding(value: Mapping[str, Any]) -> tuple[Any, Any]:
    return value.get("system"), value.get("code")


def _shown(value: str | Mapping[str, Any]) -> str:
    if isinstance(value, str):
        return repr(value)
    codings_ = value.get("coding", (value,))
    return ", ".join(f"{one.get('system', '')}|{one.get('code', '')}" for one in codings_)
