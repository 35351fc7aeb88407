"""What a rule about one type may ask of the validation that it is part of.

A rule is registered under the name of a resource type (`Questionnaire`), of a data type (`Attachment`) or of
a path (`Bundle.entry`) and is called with each value of it, after the structure is known to be right:

    def attachment_size(value: Mapping[str, Any], context: Context) -> Iterator[Issue]:
        if wrong(value):
            yield context.issue("error", "structure", "Not its size", "attachment-size", ".size")

    Validator(definitions, rules={"Attachment": (attachment_size,)})
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from profiles.fhirpath import Environment
from profiles.validator.at import At, Step, expression
from profiles.validator.options import Options
from profiles.validator.run import Owed, Run
from profiles.validator.scope import Resolved, Resource, Scope
from terminology.code_check import CodeCheck
from terminology.issue import Issue, Severity


class Context:
    """Valid during the call alone."""

    __slots__ = ("at", "run", "scope")

    def __init__(self, run: Run, at: At, scope: Scope) -> None:
        self.run = run
        self.at = at
        self.scope = scope

    @property
    def expression(self) -> str:
        """Where the value stands: `Bundle.entry[0].resource.content[0].attachment`."""
        return expression(self.at)

    @property
    def resource(self) -> Resource:
        """The resource that the value is or is part of."""
        return self.scope.resource

    @property
    def root(self) -> Resource:
        """The resource that contains `resource`, or `resource` itself."""
        return self.scope.root

    @property
    def bundle(self) -> Resource | None:
        """The nearest Bundle that `resource` is an entry of."""
        index = self.scope.bundle
        return index.bundle if index is not None else None

    @property
    def full_url(self) -> str:
        """Of the Bundle's entry."""
        return self.scope.full_url

    @property
    def options(self) -> Options:
        return self.run.options

    @property
    def environment(self) -> Environment:
        """For `Expression.nodes` and `Expression.truth` on `resource` and what is in it."""
        return self.scope.environment

    def definition(self, canonical: str) -> Mapping[str, Any] | None:
        """The definition with this canonical, version or not; a StructureDefinition with its snapshot."""
        return self.run.validator.definition(canonical)

    def resolve(self, reference: str) -> Resolved | None:
        """What a reference in `resource` leads to: contained, in the Bundle, or elsewhere."""
        return self.run.resolve(reference, self.scope)

    def issue(
        self, severity: Severity, code: str, diagnostics: str, message_id: str, below: str = ""
    ) -> Issue:
        """`below` leads from the value to the culprit: `.item[0].linkId`."""
        return Issue(severity, code, diagnostics, self.expression + below, message_id)

    def owe(self, check: CodeCheck, below: str = "") -> None:
        """Have a code checked with all others, in the one batch; the answer becomes issues as a binding's
        does.
        """
        step = Step(below, "", "", "")
        self.run.owed.append(Owed(check, (self.at, step, None) if below else self.at))

    def ask(self, checks: Sequence[CodeCheck]) -> Sequence[Any]:
        """Have codes checked at once, where a rule must know; costs a round trip."""
        return self.run.validator.ask(checks)

    def conforms(self, canonical: str, value: Any) -> Sequence[Issue]:
        """What the value would be told of by another profile; the expressions begin at `expression`."""
        return self.run.trial(canonical, value, self.at, self.scope)


TypeRule = Callable[[Mapping[str, Any], Context], Iterable[Issue]]
TypeRules = Mapping[str, Sequence[TypeRule]]
