"""One request's view of a library: which versions its rules choose, which supplements it needs, what it met.

https://hl7.org/fhir/R4/valueset-operation-expand.html (`system-version` and its like)
"""

from collections.abc import Hashable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from terminology.canonical import is_pattern, joined, listed, matches, split
from terminology.checks import TxIssue
from terminology.code_system import CodeSystem
from terminology.implicit import implicit
from terminology.library import Library
from terminology.options import Options
from terminology.texts import Refusal, found
from terminology.value_set import ValueSet, value_set_of

# Value sets within each other, and how often one request may look into any.
MAX_DEPTH = 40
MAX_ENTERED = 5_000
NOT_DEFINED = frozenset(("not-present", "example", "supplement"))


class Scope:
    """`used` are the version rules that chose something, as `name` and `url|version`; `runs` are members that
    were found already."""

    def __init__(self, library: Library, options: Options) -> None:
        self.library, self.options = library, options
        self.supplements = dict.fromkeys(options.supplements)
        self.met: set[str] = set()
        self.used: dict[tuple[str, str], None] = {}
        self.runs: dict[Hashable, Any] = {}
        self._path: list[str] = []
        self._entered = 0

    def require(self, value_set: ValueSet) -> None:
        """What the value set needs beside what the request does."""
        self.supplements.update(dict.fromkeys(value_set.supplements))

    def chosen(self, url: str, version: str) -> str:
        """The version to look for, when a definition says this one (or none)."""
        rules = [rule for rule in self.options.versions if rule.url == url]
        for rule in rules:
            if rule.rule == "force":
                return self._by(rule.name, url, rule.version)
        if version:
            return version
        for wanted in ("default", "check"):
            for rule in rules:
                if rule.rule == wanted:
                    return self._by(rule.name, url, rule.version)
        return ""

    def _by(self, name: str, url: str, version: str) -> str:
        self.used[name, f"{url}|{version}"] = None
        return version

    def code_system(self, url: str, version: str = "") -> CodeSystem | None:
        """By the rules; None if it is not known, or has no concepts to speak of."""
        system = self.plain(url, self.chosen(url, version))
        return system if system and system.header.content not in NOT_DEFINED else None

    def plain(self, url: str, version: str = "") -> CodeSystem | None:
        """Of just that version, whatever its content."""
        system = self.library.code_system(url, version, tuple(self.supplements))
        if system is not None:
            for each in system.supplements:
                self.met.update(s for s in self.supplements if s in (each.url, each.canonical))
        return system

    def forbidden(self, system: CodeSystem, at: str = "") -> TxIssue | None:
        """The finding that a version which was to be checked is another one."""
        for rule in self.options.versions:
            if rule.rule == "check" and rule.url == system.url and not matches(rule.version, system.version):
                named = {"system": system.url, "version": system.version, "required": rule.version}
                return found("error", "exception", "version-error", "VALUESET_VERSION_CHECK", at, **named)
        return None

    def expandable(self, url: str, version: str) -> CodeSystem:
        """By the rules; raises Refusal."""
        system = self.code_system(url, version)
        if system is None:
            raise Refusal(422, self._unknown(url, self.chosen(url, version)))
        if issue := self.forbidden(system):
            raise Refusal(400, issue)
        return system

    def _unknown(self, url: str, version: str) -> TxIssue:
        known = self.library.versions("CodeSystem", url)
        id_ = "UNKNOWN_CODESYSTEM_EXP"
        if version:
            id_ = "UNKNOWN_CODESYSTEM_VERSION_EXP" if known else "UNKNOWN_CODESYSTEM_VERSION_EXP_NONE"
        named = {"system": url, "version": version, "known": listed(known)}
        return found("error", "not-found", "not-found", id_, **named)

    def value_set(self, canonical: str, within: ValueSet | None = None) -> ValueSet | None:
        """By the rules; `#id` is one that is contained."""
        if canonical.startswith("#") and within is not None:
            return self._contained(canonical[1:], within.resource)
        url, version = split(canonical)
        version = self.chosen(url, version)
        return self.library.value_set(url, version) or implicit(self.library, url, version)

    def _contained(self, id_: str, resource: Mapping[str, Any]) -> ValueSet | None:
        inside = (each for each in resource.get("contained", ()) if each.get("id") == id_)
        return next((value_set_of(each) for each in inside), None)

    def pinned(self, canonical: str) -> str:
        """The same, with the version that the rules give it."""
        url, version = split(canonical)
        return joined(url, self.chosen(url, version))

    @contextmanager
    def entered(self, value_set: ValueSet) -> Iterator[None]:
        """While a value set is looked at; raises Refusal when it is already."""
        name = value_set.canonical
        if name and name in self._path:
            path = ", ".join(self._path)
            issue = found(
                "error", "processing", "vs-invalid", "VALUESET_CIRCULAR_REFERENCE", value_set=name, path=path
            )
            raise Refusal(422, issue)
        self._entered += 1
        if len(self._path) >= MAX_DEPTH or self._entered > MAX_ENTERED:
            text = f"The value set {name} includes others too deeply, or too many of them"
            raise Refusal(422, TxIssue("error", "too-costly", "vs-invalid", "", text))
        self._path.append(name)
        try:
            yield
        finally:
            self._path.pop()

    def require_supplements(self) -> None:
        """Raises Refusal when one that is needed was not met."""
        missing = [each for each in self.supplements if each not in self.met]
        if missing:
            issue = found(
                "error",
                "not-found",
                "not-found",
                "VALUESET_SUPPLEMENT_MISSING",
                supplements=",".join(missing),
            )
            raise Refusal(422, issue)


def is_open(version: str) -> bool:
    return not version or is_pattern(version)
