"""Judge a resource: structure, invariants, bindings, references, extensions, profiles.

    validator = Validator(definitions())
    validator.validate(resource, ("http://hl7.org/fhir/StructureDefinition/vitalsigns",))

A resource is walked once by the plan of its type, which is compiled when it is first needed, and once by each
profile, whose plan has only what the type's own does not ask for already. A rule takes a value, the place
where it stands and the run; it tells issues to the run and says nothing when all is well. Questions about
codes are collected, and asked in one batch when the walk is done.

https://hl7.org/fhir/R4/validation.html
"""

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Any, Final

from profiles.definitions import Definitions
from profiles.fhirpath import Expression, compile_expression
from profiles.packages.canonicals import Canonicals
from profiles.snapshots.error import SnapshotError
from profiles.structure import compile_structure
from profiles.validator.at import At, root
from profiles.validator.codes import PackageCodes
from profiles.validator.context import TypeRules
from profiles.validator.extension import Places
from profiles.validator.must_support import Supported, must_support
from profiles.validator.options import Options
from profiles.validator.profiles import Profiles
from profiles.validator.run import Enough, Run
from profiles.validator.scope import ResolveReference
from profiles.validator.settling import settled
from profiles.validator.sound import sound
from profiles.validator.type_plan import Check, TypePlans
from terminology.code_check import CodeAnswer, CodeCheck, CodeValidation
from terminology.issue import Issue

_CORE: Final = "http://hl7.org/fhir/"
Find = Callable[[str], Mapping[str, Any] | None]
"""A canonical, with its version or without → the definition; a StructureDefinition with its snapshot."""


class Validator:
    """Compiled as it is used; never changed by what it validates."""

    def __init__(
        self,
        definitions: Definitions,
        options: Options = Options(),
        *,
        find: Find | None = None,
        codes: CodeValidation | None = None,
        resolve_reference: ResolveReference | None = None,
        rules: TypeRules | None = None,
    ) -> None:
        """`definitions` are those of the types; `find` knows profiles, extensions and value sets as well.

        `codes` answers what is asked about codes beyond what `find` knows of them. `resolve_reference` finds
        resources outside of what is validated. `rules` are those of single types.
        """
        self.definitions = definitions
        self.options = options
        self.find: Find = find or found_in(definitions.canonicals)
        self.resolve_reference = resolve_reference
        self.rules: TypeRules = rules or {}
        self._codes = codes
        self._package_codes = PackageCodes(self.definition)
        self._structure = _structure(definitions)
        self._types = TypePlans(self)
        self._profiles = Profiles(self)
        self.raw = self._types.raw
        self.places = Places(self)
        self.structure = self._profiles.structure
        self.tree = self._profiles.tree
        self.conforming = self._profiles.conforming
        self.conform = self._profiles.conform
        self.by_profiles = self._profiles.of_resource
        self.is_modifier = self._profiles.is_modifier
        self.members = self._package_codes.members
        self.displays = self._package_codes.displays
        self.displays_in = self._package_codes.displays_in
        self.hold_value_set = self._package_codes.hold
        self.kind_of_system = lru_cache(256)(self._package_codes.kind_of_system)
        self.asks_others = codes is not None
        self.expression = lru_cache(256)(self._expression)

    def validate(self, resource: dict[str, Any], profiles: Sequence[str] = ()) -> list[Issue]:
        """What is wrong with a resource as JSON gives it, floats as Decimal, and what is doubtful.

        `profiles` are canonicals that it must conform to, beside those that it claims in `meta.profile` and
        those that the options ask of its type. An issue's expression is FHIRPath:
        `Observation.value.ofType(Quantity)`.
        """
        run = Run(self)
        try:
            run.issues = found = self._structure(resource)
            if found:
                found = [one for one in found if not self._is_passed_over(one)]
                run.issues, whole = sound(resource, found, self.definitions)
                if whole is None:
                    return run.issues
                resource = whole
            self._types.resource(resource, root(resource["resourceType"]), run, profiles)
            return self.settled(run)
        except Enough:
            return run.issues
        except RecursionError:
            return [*run.issues, Issue("error", "too-costly", "The resource is nested too deep", "", "depth")]

    def _is_passed_over(self, issue: Issue) -> bool:
        return self.options.contained == "ignore" and ".contained[" in issue.expression

    def must_support(self, canonical: str, resource: Mapping[str, Any]) -> list[Supported]:
        """The must-support elements of a profile, and how often a resource of the right structure has
        each.
        """
        return must_support(canonical, resource, self)

    def definition(self, canonical: str) -> Mapping[str, Any] | None:
        """The definition with this canonical; None, if it is a structure whose snapshot cannot be made."""
        try:
            return self.find(canonical)
        except SnapshotError:
            return None

    def knows(self, canonical: str) -> bool:
        """Whether this is the canonical of a profile that can be validated against."""
        return self.structure(canonical) is not None

    def type_of(self, canonical: str) -> str | None:
        """The type that a profile constrains."""
        structure = self.structure(canonical)
        return str(structure.get("type")) if structure is not None else None

    def ask(self, checks: Sequence[CodeCheck]) -> Sequence[CodeAnswer]:
        """What the packages at hand can tell, and of the rest what `codes` can."""
        answers = self._package_codes(checks)
        if self._codes is None:
            return answers
        open_ = [index for index, answer in enumerate(answers) if answer.result is None]
        if open_:
            asked = self._codes([checks[index] for index in open_])
            for index, answer in zip(open_, asked, strict=True):
                answers[index] = answer
        return answers

    def member_of(self, item: Any, value_set: str) -> bool | None:
        """For FHIRPath's memberOf()."""
        value = getattr(item, "value", item)
        kind: Any = "code" if isinstance(value, str) else "CodeableConcept" if "coding" in value else "Coding"
        return self.ask([CodeCheck(kind, value, value_set, "required")])[0].result

    def settled(self, run: Run) -> list[Issue]:
        """The issues of a run, its questions about codes answered."""
        return settled(run, self.ask)

    def _expression(self, text: str) -> Expression:
        return compile_expression(text, self.definitions)


@lru_cache(8)
def _structure(definitions: Definitions) -> Callable[[dict[str, Any]], list[Issue]]:
    """Shared by the validators of the same types."""
    return compile_structure(definitions)


def found_in(known: Canonicals) -> Find:
    """What packages answer; of R4's own, whatever version is asked for."""

    def find(canonical: str) -> Mapping[str, Any] | None:
        found = known.structure(canonical) or known.resource(canonical)
        if found is None and canonical.startswith(_CORE):
            return known.resource(canonical.partition("|")[0])
        return found

    return find


__all__ = ("At", "Check", "Find", "Validator")
