"""What has been found while one coded value is validated: issues, messages, unknown systems, a status.

https://hl7.org/fhir/R4/valueset-operation-validate-code.html
"""

from dataclasses import dataclass, field, replace

from terminology.checks import TxIssue
from terminology.code_system import CodeSystem
from terminology.designations import Designation
from terminology.options import Options

Result = bool | None
"""None: nobody can tell, the code system is not known."""


@dataclass(frozen=True, slots=True)
class Status:
    """Of a concept that is inactive or deprecated; `path` is where it was said."""

    value: str
    is_inactive: bool
    path: str
    code: str


Mark = tuple[int, int, Status | None]


@dataclass(slots=True)
class Hit:
    """What is known of the coding under trial, once its concept is found."""

    system: CodeSystem | None = None
    number: int | None = None
    names: list[Designation] = field(default_factory=list)
    version: str = ""
    inferred: str = ""


@dataclass(slots=True)
class Trial:
    """`messages` are those of the result as a whole, each once; `unknown` are systems (with version)."""

    options: Options
    issues: list[TxIssue] = field(default_factory=list)
    messages: list[str] = field(default_factory=list)
    unknown: dict[str, None] = field(default_factory=dict)
    status: Status | None = None
    normalised: str = ""

    def add(self, issue: TxIssue, *, tell: bool = True) -> bool:
        """Once; `tell` puts it among the messages, too."""
        same = any(
            (each.text, each.expression, each.severity) == (issue.text, issue.expression, issue.severity)
            for each in self.issues
        )
        if not same:
            self.issues.append(issue)
        if tell:
            self.tell(issue.text)
        return not same

    def tell(self, message: str) -> None:
        if message not in self.messages:
            self.messages.append(message)

    def see_status(self, system: CodeSystem, number: int, path: str, code: str) -> None:
        """The first that is worth telling stays."""
        if number not in system.troubled or (self.status is not None and self.status.is_inactive):
            return
        value = system.status(number)
        if not value and system.is_deprecated(number):
            value = "deprecated"
        if value or number in system.inactive:
            self.status = Status(value or "inactive", number in system.inactive, path, code)

    def mark(self) -> Mark:
        """How much there is to say up to now."""
        return len(self.issues), len(self.messages), self.status

    def forget(self, first: Mark, last: Mark) -> None:
        """What was said between the two: why others did not take a code that is taken after all."""
        del self.issues[first[0] : last[0]]
        del self.messages[first[1] : last[1]]
        if self.status is last[2]:
            self.status = first[2]

    @property
    def has_errors(self) -> bool:
        return any(issue.severity == "error" for issue in self.issues)

    def soften(self, expression: str, ids: frozenset[str], instead: TxIssue) -> None:
        """An error of that place and kind becomes the other finding."""
        for n, issue in enumerate(self.issues):
            if issue.severity == "error" and issue.message_id in ids and issue.expression == expression:
                self.issues[n] = replace(instead, expression=expression)
                if issue.text in self.messages:
                    self.messages.remove(issue.text)
                self.tell(instead.text)


def within(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name
