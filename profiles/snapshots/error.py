"""What is wrong with a definition from which a snapshot is to be made."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class SnapshotIssue:
    """`expression` names the element by its id in the definition; `severity` as in OperationOutcome."""

    severity: Literal["error", "warning"]
    code: str
    diagnostics: str
    expression: str


class SnapshotError(ValueError):
    """This definition has no snapshot that could be made."""

    def __init__(self, code: str, diagnostics: str, expression: str) -> None:
        super().__init__(f"{expression}: {diagnostics}")
        self.issue = SnapshotIssue("error", code, diagnostics, expression)
