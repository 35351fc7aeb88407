"""The definitions that are at hand, by canonical URL and version; compiled when they are first needed.

https://hl7.org/fhir/R4/terminology-service.html
"""

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from typing import Any, Final, TypeVar

from terminology.canonical import is_pattern, latest, matches, split
from terminology.code_system import CodeSystem
from terminology.compile_code_system import compile_code_system, supplemented
from terminology.value_set import ValueSet, value_set_of

Resource = Mapping[str, Any]
KINDS: Final = ("CodeSystem", "ValueSet", "ConceptMap", "NamingSystem")
REMEMBERED: Final = 512
T = TypeVar("T")
_NOT_YET: Final[Any] = object()


class Entry:
    """One definition; `load` gives the resource. `supplements` is what a supplement adds to, `complete` the
    value set of all codes."""

    __slots__ = ("_compiled", "_load", "_resource", "complete", "id", "kind", "supplements", "url", "version")

    def __init__(
        self,
        kind: str,
        url: str,
        version: str,
        load: Callable[[], Resource],
        supplements: str = "",
        id_: str = "",
        complete: str = "",
    ) -> None:
        self.kind, self.url, self.version, self.supplements, self.id = kind, url, version, supplements, id_
        self.complete = complete
        self._load = load
        self._resource: Resource | None = None
        self._compiled: Any = None

    @property
    def resource(self) -> Resource:
        if self._resource is None:
            self._resource = self._load()
        return self._resource

    def glimpsed(self) -> Resource:
        """The resource for once: it is not kept for it."""
        return self._load() if self._resource is None else self._resource

    def compiled(self, make: Callable[[Resource], T]) -> T:
        if self._compiled is None:
            self._compiled = make(self.resource)
        made: T = self._compiled
        return made


def entry_of(resource: Resource) -> Entry:
    """Of a resource that is there in full."""
    supplements = resource.get("supplements", "") if resource.get("content") == "supplement" else ""
    return Entry(
        resource["resourceType"],
        resource.get("url", ""),
        resource.get("version", ""),
        lambda: resource,
        supplements,
        resource.get("id", ""),
        resource.get("valueSet", "") if resource["resourceType"] == "CodeSystem" else "",
    )


def ready(system: CodeSystem) -> Entry:
    """Of a code system that is compiled already, from elsewhere than a resource."""
    entry = Entry("CodeSystem", system.url, system.version, dict, complete=system.header.value_set)
    entry.compiled(lambda _: system)
    return entry


class Library:
    """`base` is what lies under it, and does not change: a definition here goes before one of the same URL
    there."""

    def __init__(self, entries: Iterable[Entry] = (), base: "Library | None" = None) -> None:
        self.base = base
        self._by_url: dict[tuple[str, str], list[Entry]] = {}
        self._by_kind: dict[str, list[Entry]] = {}
        self._supplements: dict[str, list[Entry]] = {}
        self._complete: dict[str, list[Entry]] = {}
        self._remembered: dict[Hashable, Any] = {}
        self._found: dict[tuple[str, str, str], Entry | None] = {}
        for entry in entries:
            self.add(entry)

    def add(self, entry: Entry) -> None:
        self._found.clear()
        there = self._by_url.setdefault((entry.kind, entry.url), [])
        there[:] = [each for each in there if each.version != entry.version] + [entry]
        self._by_kind.setdefault(entry.kind, []).append(entry)
        if entry.complete:
            self._complete.setdefault(entry.complete, []).append(entry)
        if entry.supplements:
            self._supplements.setdefault(split(entry.supplements)[0], []).append(entry)

    def under(self, resources: Iterable[Resource]) -> "Library":
        """This one with more on top, for one request."""
        entries = [entry_of(each) for each in resources if each.get("resourceType") in KINDS]
        return Library(entries, self) if entries else self

    def entries(self, kind: str) -> list[Entry]:
        """All of a kind, those on top first."""
        return [*self._by_kind.get(kind, ()), *(self.base.entries(kind) if self.base else ())]

    def above_base(self, kind: str) -> list[Entry]:
        """All of a kind that are not in what lies under it."""
        return list(self._by_kind.get(kind, ()))

    def find(self, kind: str, url: str, version: str = "") -> Entry | None:
        """The one of that version (or the newest that a pattern names), the latest one without."""
        key = (kind, url, version)
        if key in self._found:
            return self._found[key]
        entry = self._find(kind, url, version)
        if entry is not None:  # what is not there would be remembered under any name a client thinks of
            self._found[key] = entry
        return entry

    def _find(self, kind: str, url: str, version: str) -> Entry | None:
        there = self._by_url.get((kind, url), ())
        fitting = [each for each in there if not version or matches(version, each.version)]
        if not fitting:
            return self.base.find(kind, url, version) if self.base else None
        newest = latest(each.version for each in fitting)
        return next(each for each in fitting if each.version == newest)

    def versions(self, kind: str, url: str) -> list[str]:
        own = {each.version for each in self._by_url.get((kind, url), ()) if each.version}
        return sorted(own | set(self.base.versions(kind, url) if self.base else ()))

    def code_system(self, url: str, version: str = "", supplements: Sequence[str] = ()) -> CodeSystem | None:
        """With those supplements of it that are named. Raises UnusableDefinition."""
        entry = self.find("CodeSystem", url, version)
        if entry is None:
            return None
        plain = entry.compiled(compile_code_system)
        if not supplements:
            return plain
        named = [each for each in self.supplements(url, plain.version) if _named(each, supplements)]
        if not named:
            return plain
        return self.remembered(
            ("supplemented", plain, *named), lambda: supplemented(plain, [each.resource for each in named])
        )

    def supplements(self, url: str, version: str = "") -> list[Entry]:
        """Those of a code system, whichever are asked for."""
        own = [each for each in self._supplements.get(url, ()) if _supplements(each, version)]
        return own + (self.base.supplements(url, version) if self.base else [])

    def complete_by(self, value_set: str) -> list[Entry]:
        """The code systems that name this as the value set of all their codes, the last that came first."""
        own = self._complete.get(value_set, [])[::-1]
        return own + (self.base.complete_by(value_set) if self.base else [])

    def value_set(self, url: str, version: str = "") -> ValueSet | None:
        """Raises UnusableDefinition."""
        entry = self.find("ValueSet", url, version)
        return entry.compiled(value_set_of) if entry else None

    def remembered(self, key: Hashable, make: Callable[[], T]) -> T:
        """What is dear to make, as long as the library is in use and there is room."""
        known: T | None = self._remembered.get(key, _NOT_YET)
        if known is not _NOT_YET:
            return known  # type: ignore[return-value]
        made = self._remembered[key] = make()
        if len(self._remembered) > REMEMBERED:
            self._remembered.pop(next(iter(self._remembered)), None)
        return made


def _named(entry: Entry, supplements: Sequence[str]) -> bool:
    return any(
        url == entry.url and version in ("", entry.version) for url, version in map(split, supplements)
    )


def _supplements(entry: Entry, version: str) -> bool:
    wanted = split(entry.supplements)[1]
    return (
        not wanted
        or not version
        or matches(wanted, version)
        or (is_pattern(version) and matches(version, wanted))
    )
