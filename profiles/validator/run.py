"""One validation: what has been found, what is owed, and how much more there may be.

https://hl7.org/fhir/R4/validation.html
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from profiles.fhirpath.frame import Services
from profiles.validator.at import At, expression, root
from profiles.validator.options import Options
from profiles.validator.scope import Place, Resolved, Resource, Scope
from terminology.code_check import CodeCheck
from terminology.issue import Issue, Severity

if TYPE_CHECKING:
    from profiles.validator.validator import Validator


MOST_DEEP: Final = 16  # trials within trials: references to what refers on


class Enough(Exception):
    """There are more issues than anybody reads."""


class Owed(NamedTuple):
    """A question about codes, and how its answer is to be told.

    `profile` is the canonical of what binds; `is_maximum` says that the value set is the binding's
    maxValueSet.
    """

    check: CodeCheck
    at: At
    profile: str = ""
    is_maximum: bool = False


class Run:
    """`scope` is that of the resource which is being walked."""

    __slots__ = (
        "depth",
        "done",
        "issues",
        "memory",
        "options",
        "owed",
        "remarks",
        "scope",
        "services",
        "validator",
    )

    def __init__(self, validator: "Validator", outer: "Run | None" = None) -> None:
        """`outer` is the run that this one is a trial of."""
        self.validator = validator
        self.options: Options = validator.options
        self.issues: list[Issue] = []
        self.owed: list[Owed] = []
        self.remarks = 0
        self.done: set[tuple[int, str]] = set()
        self.memory: dict[Any, Any] = {} if outer is None else outer.memory
        self.depth: int = 0 if outer is None else outer.depth + 1
        self.services = Services(
            resolve=self._resolved, member_of=validator.member_of, conforms_to=self._conforms
        )
        self.scope: Scope | None = None

    def report(
        self, severity: Severity, code: str, text: str, at: At, message_id: str, below: str = ""
    ) -> None:
        """`below` is the rest of the way from `at`: `.coding[0].code`."""
        if severity != "error":
            self.remarks += 1
            if self.remarks > self.options.most:
                return
        self.tell(Issue(severity, code, text, expression(at) + below, message_id))

    def tell(self, issue: Issue) -> None:
        """An issue that a rule has made."""
        self.issues.append(issue)
        if len(self.issues) >= 2 * self.options.most:
            raise Enough

    def conforms(self, value: Any, canonical: str, at: At) -> bool:
        """Whether a value conforms to a profile that is known."""
        return not any(issue.severity in ("error", "fatal") for issue in self.trial(canonical, value, at))

    def enter(self, resource: Resource, at: At) -> Scope:
        """The scope of a resource in the present one, which it takes the place of."""
        self.scope = Scope(resource, at, self.scope, self.services)
        return self.scope

    def resolve(self, reference: str, scope: Scope | None = None) -> Resolved | None:
        """What a reference in a resource leads to: contained, in the Bundle, or elsewhere."""
        scope = scope or self.scope
        if scope is None or not reference:
            return None
        if reference.startswith("#"):
            return self._contained(reference[1:], scope)
        if scope.bundle is not None:
            for entry in scope.bundle.find(reference, scope.full_url):
                return self._placed(entry.resource, "bundled", entry.at, scope)
        beside = scope.parameter_resource(reference)
        if beside is not None:
            return self._placed(beside[0], "bundled", beside[1], scope)
        return self._elsewhere(reference)

    def trial(self, canonical: str, value: Any, at: At, scope: Scope | None = None) -> Sequence[Issue]:
        """What a value, validated against a profile, would be told of; codes are asked for at once.

        Told once for a value and a profile. While it is being found out, and deeper than anybody looks, the
        value is taken to be right.
        """
        key = (id(value), canonical)
        known = self.memory.get(key)
        if known is not None or self.depth >= MOST_DEEP:
            return known or ()
        self.memory[key] = ()
        run = Run(self.validator, self)
        run.scope = scope or self.scope
        run.validator.conform(canonical, value, at, run)
        self.memory[key] = found = run.validator.settled(run)
        return found

    def _contained(self, id_: str, scope: Scope) -> Resolved | None:
        if not id_:
            return Resolved(scope.root, "contained", scope.container.at, scope.container)
        found = scope.contained_resource(id_)
        return self._placed(found[0], "contained", found[1], scope.container) if found else None

    def _placed(self, resource: Resource, place: Place, at: At, scope: Scope) -> Resolved:
        """The target's own scope is as if it had been walked to."""
        parent: Scope | None = scope.container
        if place == "bundled" and scope.bundle is not None:
            while parent is not None and parent.resource is not scope.bundle.bundle:
                parent = parent.parent
        return Resolved(resource, place, at, Scope(resource, at, parent, self.services))

    def _elsewhere(self, reference: str) -> Resolved | None:
        find = self.validator.resolve_reference
        if find is None:
            return None
        if reference not in self.memory:
            self.memory[reference] = find(reference)
        resource = self.memory[reference]
        if resource is None:
            return None
        at = root(str(resource.get("resourceType", "Resource")))
        return Resolved(resource, "elsewhere", at, Scope(resource, at, None, self.services))

    def _resolved(self, reference: str) -> Resource | None:
        """For FHIRPath."""
        found = self.resolve(reference)
        return found.resource if found else None

    def _conforms(self, item: Any, canonical: str) -> bool | None:
        if self.scope is None or not self.validator.knows(canonical):
            return None
        return self.conforms(getattr(item, "value", item), canonical, self.scope.at)
