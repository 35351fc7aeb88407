"""Profiles by canonical: which a resource must conform to, and each compiled when it is first needed.

https://hl7.org/fhir/R4/profiling.html#resources
"""

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from profiles.snapshot import CORE
from profiles.snapshots.error import SnapshotError
from profiles.validator.at import META, META_PROFILE, At
from profiles.validator.profile_plan import ProfileCompiler
from profiles.validator.profile_tree import Node, tree
from profiles.validator.run import Run

if TYPE_CHECKING:
    from profiles.validator.validator import Validator

Check = Callable[[Any, At, Run], None]


class Profile(NamedTuple):
    """`canonical` is complete: URL, version, and the element if it is one of a profile."""

    canonical: str
    type: str
    checks: Sequence[Check]


class Profiles:
    def __init__(self, validator: "Validator") -> None:
        self._validator = validator
        self._structures: dict[str, Mapping[str, Any]] = {}
        self._trees: dict[str, Node | None] = {}
        self._profiles: dict[str, Profile] = {}
        self._faults: dict[str, str] = {}

    def structure(self, canonical: str) -> Mapping[str, Any] | None:
        """The StructureDefinition with its snapshot; `url#id` is one element of it."""
        known = self._structures.get(canonical)
        if known is None:
            found = self._found(canonical)
            if found is None or found.get("resourceType") != "StructureDefinition":
                return None  # not kept, for anybody can ask for anything
            known = self._structures[canonical] = found
        return known

    def _found(self, canonical: str) -> Mapping[str, Any] | None:
        """None, and why, for a definition whose snapshot cannot be made."""
        try:
            return self._validator.find(canonical.partition("#")[0])
        except SnapshotError as error:
            self._faults[canonical] = str(error)
            return None

    def tree(self, canonical: str) -> Node | None:
        if canonical not in self._trees:
            structure = self.structure(canonical)
            if structure is None:
                return None
            root = tree(structure)
            _, _, id_ = canonical.partition("#")
            if root is not None and id_:
                root = next((one for one in root.everything() if one.definition.get("id") == id_), None)
            self._trees[canonical] = root
        return self._trees[canonical]

    def profile(self, canonical: str) -> Profile | None:
        """None if it is not known, or has no snapshot."""
        known = self._profiles.get(canonical)
        if known is None:
            known = self._compiled(canonical)
            if known is not None:
                self._profiles[canonical] = known
        return known

    def is_modifier(self, canonical: str) -> bool:
        """Of the definition of an extension."""
        root = self.tree(canonical)
        return root is not None and bool(root.definition.get("isModifier"))

    def conform(self, canonical: str, value: Any, at: At, run: Run) -> None:
        """Validate a value against a profile as part of a run, once; a profile that is not known is passed
        over."""
        profile = self.profile(canonical)
        if profile is None:
            return
        if isinstance(value, dict) and not self._is_of(value, profile.type):
            says = f"{value['resourceType']} is not allowed here, but {profile.type} ({canonical})"
            run.report("error", "informational", says, at, "type")
            return
        mark = (id(value), profile.canonical)
        if mark in run.done:
            return
        run.done.add(mark)
        before = run.scope
        if (
            isinstance(value, dict)
            and "resourceType" in value
            and (before is None or before.resource is not value)
        ):
            run.enter(value, at)
        try:
            for check in profile.checks:
                check(value, at, run)
        finally:
            run.scope = before

    def _is_of(self, value: Mapping[str, Any], type_name: str) -> bool:
        """Whether a resource is of a profile's type; of other values their elements tell."""
        kind = value.get("resourceType")
        return kind is None or type_name in (kind, "Resource", "DomainResource")

    def conforming(self, canonicals: Sequence[str]) -> Check:
        """A check that a value conforms to one of the profiles."""
        if len(canonicals) == 1:
            only = canonicals[0]

            def one(value: Any, at: At, run: Run) -> None:
                self.conform(only, value, at, run)

            return one

        def any_(value: Any, at: At, run: Run) -> None:
            known = [one for one in canonicals if self.profile(one) is not None]
            if known and not any(run.conforms(value, one, at) for one in known):
                says = f"The value conforms to none of {', '.join(known)}"
                run.report("error", "structure", says, at, "type-profile")
                for issue in (each for one in known for each in run.trial(one, value, at)):
                    if issue.severity in ("fatal", "error"):
                        run.tell(issue)

        return any_

    def of_resource(self, value: Mapping[str, Any], at: At, run: Run, asked: Sequence[str]) -> None:
        """By the profiles that are asked for, those of the hub's rules, and those that the resource
        claims.
        """
        kind = value["resourceType"]
        for canonical in asked:
            if self._fits(canonical, kind, at, run, "error"):
                self.conform(canonical, value, at, run)
        for canonical in run.options.profiles.get(kind, ()):
            self.conform(canonical, value, at, run)
        if run.options.entries and at[1].path == "resource":
            for canonical in run.options.entries.get(self._place(value, run), ()):
                self.conform(canonical, value, at, run)
        meta = value.get("meta")
        if meta is not None and "profile" in meta:
            for index, canonical in enumerate(meta["profile"]):
                if canonical and self._claimed(canonical, kind, index, at, run):
                    self.conform(canonical, value, at, run)

    def _place(self, value: Mapping[str, Any], run: Run) -> str:
        """`Patient:0` of the first Patient among the entries of its Bundle."""
        kind = value["resourceType"]
        index = run.scope.bundle if run.scope is not None else None
        same = (
            [one.resource for one in index.entries if one.resource.get("resourceType") == kind]
            if index
            else []
        )
        return next((f"{kind}:{number}" for number, one in enumerate(same) if one is value), "")

    def _claimed(self, canonical: str, kind: str, index: int, at: At, run: Run) -> bool:
        here = ((at, META, None), META_PROFILE, index)
        level = run.options.unknown_profile
        return self._fits(canonical, kind, here, run, level)

    def _fits(self, canonical: str, kind: str, at: At, run: Run, level: Any) -> bool:
        profile = self.profile(canonical)
        if profile is None:
            if level != "ignore":
                says = f"The profile {canonical} is not known here, so it has not been looked at"
                if canonical in self._faults:
                    says = f"The profile {canonical} cannot be used: {self._faults[canonical]}"
                run.report(level, "structure", says, at, "profile-unknown")
            return False
        if profile.type not in (kind, "Resource", "DomainResource"):
            says = f"The profile {canonical} is of {profile.type}, not of {kind}"
            run.report("error", "structure", says, at, "profile-type")
            return False
        return True

    def _compiled(self, canonical: str) -> Profile | None:
        structure, root = self.structure(canonical), self.tree(canonical)
        if structure is None or root is None:
            return None
        name = f"{structure.get('url', canonical)}"
        type_name = str(structure.get("type", "")).removeprefix(CORE)
        if "." in root.definition["path"]:
            type_name = root.definition["path"]
        compiler = ProfileCompiler(name, structure.get("contained", ()), self._validator)
        full = f"{name}|{structure.get('version', '')}#{canonical.partition('#')[2]}"
        return Profile(full, type_name, compiler.compile(root, type_name))
