"""What is wrong with an expression, or with evaluating it."""

from typing import Literal

Kind = Literal["syntax", "semantic", "execution", "limit"]


class FhirPathError(ValueError):
    """The expression is wrong, or cannot be evaluated on this input.

    `position` is the offset in the expression's text; None until the place that knows it has seen the error.
    """

    def __init__(self, kind: Kind, message: str, position: int | None = None) -> None:
        super().__init__(message)
        self.kind: Kind = kind
        self.message = message
        self.position = position

    def at(self, position: int) -> "FhirPathError":
        """The same error; the innermost place that knows its position has named it."""
        if self.position is None:
            self.position = position
        return self

    def __str__(self) -> str:
        return self.message if self.position is None else f"{self.message} (at character {self.position + 1})"


def failure(message: str, position: int | None = None) -> FhirPathError:
    """An error of evaluation."""
    return FhirPathError("execution", message, position)
