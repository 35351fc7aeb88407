"""One member of an expansion: what it is called, what is known of it, and what stands below it.

https://hl7.org/fhir/R4/valueset-definitions.html#ValueSet.expansion.contains
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Final

from terminology.algebra import Run
from terminology.code_system import CONCEPT_PROPERTIES, CodeSystem
from terminology.designations import STANDARDS_STATUS, Designation, preferred
from terminology.options import Options

EXTENSIONS: Final = "http://hl7.org/fhir/StructureDefinition/"
# Extensions of a concept that become properties: code, URI, member
_AS_PROPERTY: Final[Mapping[str, tuple[str, str, str]]] = {
    EXTENSIONS + "codesystem-label": ("label", "label", "valueString"),
    EXTENSIONS + "valueset-label": ("label", "label", "valueString"),
    EXTENSIONS + "codesystem-conceptOrder": ("order", "order", "valueDecimal"),
    EXTENSIONS + "valueset-conceptOrder": ("order", "order", "valueDecimal"),
    EXTENSIONS + "itemWeight": ("weight", "itemWeight", "valueDecimal"),
}
_KEPT: Final = frozenset(
    EXTENSIONS + name
    for name in (
        "coding-sctdescid",
        "rendering-style",
        "rendering-xhtml",
        "codesystem-alternate",
        "valueset-supplement",
        "valueset-deprecated",
        "valueset-concept-definition",
    )
)


@dataclass(slots=True)
class Member:
    """`properties` are code, JSON member and value."""

    system: str
    version: str
    code: str
    display: str
    is_abstract: bool = False
    is_inactive: bool = False
    designations: Sequence[Designation] = ()
    properties: list[tuple[str, str, Any]] = field(default_factory=list)
    extension: list[Mapping[str, Any]] = field(default_factory=list)
    contains: list["Member"] = field(default_factory=list)

    def walk(self) -> Iterator["Member"]:
        yield self
        for each in self.contains:
            yield from each.walk()


@dataclass(slots=True)
class Teller:
    """`declared` are the properties that members carry: code and URI."""

    options: Options
    declared: dict[str, str]
    is_versioned: bool

    def tree(self, run: Run) -> list[Member]:
        """Members below the nearest of their ancestors that is one."""
        made: dict[int, Member] = {}
        roots: list[Member] = []
        for number in run.numbers:
            member = made[number] = self.member(run, number)
            above = _nearest(run, number, made)
            (made[above].contains if above is not None else roots).append(member)
        return roots

    def member(self, run: Run, number: int) -> Member:
        system, reference = run.system, run.references.get(number)
        names = system.designations(number)
        if reference and reference.display:
            names = [*names, Designation(reference.display, "")]
        names += reference.designations if reference else ()
        shown = self._shown(names)
        member = Member(
            system.url,
            system.version if self.is_versioned else "",
            system.codes[number] if not reference else reference.code,
            shown.value if shown else "",
            number in system.abstract,
            number in system.inactive,
        )
        if self.options.include_designations:
            member.designations = [each for each in names if each is not shown and self._wanted(each)]
        self._describe(member, system, number, reference.extension if reference else ())
        return member

    def _shown(self, names: Sequence[Designation]) -> Designation | None:
        """The preferred one; where others are not refused, any is better than none."""
        languages = self.options.languages
        found = preferred(names, languages)
        if found is None and languages and not languages.refuses_others:
            found = preferred(names, None)
        return found

    def _wanted(self, given: Designation) -> bool:
        """`system|code` of its use, or `urn:ietf:bcp:47|language`."""
        if not self.options.designations:
            return True
        use = given.use or {}
        said = {f"{use.get('system', '')}|{use.get('code', '')}", f"urn:ietf:bcp:47|{given.language}"}
        return any(each in said for each in self.options.designations)

    def _describe(
        self, member: Member, system: CodeSystem, number: int, own: Sequence[Mapping[str, Any]]
    ) -> None:
        status = system.status(number)
        if (
            status
            and status != "active"
            and system.header.property_code("status")
            and _has_status(system, number)
        ):
            self._put(member, "status", CONCEPT_PROPERTIES + "status", "valueCode", status)
        elif system.is_deprecated(number):
            self._put(member, "status", CONCEPT_PROPERTIES + "status", "valueCode", "deprecated")
        for extension in (*system.extensions(number), *own):
            url = extension.get("url", "")
            if url in _AS_PROPERTY:
                code, meaning, kind = _AS_PROPERTY[url]
                self._put(member, code, CONCEPT_PROPERTIES + meaning, kind, _number_of(extension, kind))
            elif url in _KEPT or (url == STANDARDS_STATUS and extension in own):
                member.extension.append(extension)
        self._properties(member, system, number)

    def _properties(self, member: Member, system: CodeSystem, number: int) -> None:
        for wanted in self.options.properties:
            if wanted == "definition" and (definition := system.definition(number)):
                self._put(member, "definition", CONCEPT_PROPERTIES + "definition", "valueString", definition)
            for each in system.properties(number):
                if each.code == wanted or wanted == "*":
                    self._put(
                        member, each.code, system.property_uri(each.code), each.kind, each.value, only=False
                    )

    def _put(self, member: Member, code: str, uri: str, kind: str, value: Any, *, only: bool = True) -> None:
        if value is None:
            return
        self.declared.setdefault(code, uri)
        if only:
            member.properties = [each for each in member.properties if each[0] != code]
        if (code, kind, value) not in member.properties:
            member.properties.append((code, kind, value))


def _has_status(system: CodeSystem, number: int) -> bool:
    return system.status(number) != "inactive" or any(
        each.code == "status" for each in system.properties(number)
    )


def _number_of(extension: Mapping[str, Any], kind: str) -> Any:
    value = next((value for name, value in extension.items() if name.startswith("value")), None)
    return Decimal(value) if kind == "valueDecimal" and isinstance(value, int) else value


def _nearest(run: Run, number: int, made: Mapping[int, Member]) -> int | None:
    """The closest ancestor that is a member; the first parent's, if there are several."""
    seen = {number}
    waiting = list(run.system.tree.parents(number))
    while waiting:
        above = waiting.pop(0)
        if above in made and above not in seen:
            return above
        if above not in seen:
            seen.add(above)
            waiting += run.system.tree.parents(above)
    return None
