"""The part of FHIRPath that the R4 search parameters are written in, parsed to element paths.

https://hl7.org/fhir/R4/searchparameter.html#expression
"""

import re
from dataclasses import dataclass

_TOKENS = re.compile(r"\s*('[^']*'|\w+|!=|[().|=\[\]])")


class UnsupportedExpression(ValueError):
    """The expression uses FHIRPath that search does not compile."""


@dataclass(frozen=True, slots=True)
class Where:
    """A filter on the elements of a step: the child (a path of names) has this value."""

    child: tuple[str, ...]
    value: str


@dataclass(frozen=True, slots=True)
class Step:
    """One element name; `where` keeps only some of its values, `cast` only one data type of a choice."""

    name: str
    where: Where | None = None
    cast: str | None = None


@dataclass(frozen=True, slots=True)
class Path:
    """Elements below a resource type; below any type, if that is empty (`name | alias`).

    `target` is the type that a reference must resolve to.
    """

    resource_type: str
    steps: tuple[Step, ...]
    target: str | None = None

    @property
    def element(self) -> str:
        """The path as the definitions name it: `Observation.component.value`."""
        return ".".join((self.resource_type, *(step.name for step in self.steps)))

    @property
    def key(self) -> str:
        """The path with its filters and casts: names what is indexed there, for ever."""
        return ".".join((self.resource_type, *(_step_key(step) for step in self.steps)))


def _step_key(step: Step) -> str:
    where = f"({'.'.join(step.where.child)}={step.where.value})" if step.where else ""
    cast = f" as {step.cast}" if step.cast else ""
    return f"{step.name}{where}{cast}"


def paths(expression: str) -> tuple[Path, ...]:
    """The alternatives of an expression. Raises UnsupportedExpression."""
    return tuple(map(_to_value, _Parser(expression).union()))


def _to_value(path: Path) -> Path:
    """An extension stands for its value."""
    if path.steps and path.steps[-1].name == "extension" and path.steps[-1].where is not None:
        return Path(path.resource_type, (*path.steps, Step("value")), path.target)
    return path


class _Parser:
    def __init__(self, expression: str) -> None:
        self.expression = expression
        self.tokens: list[str] = [*_TOKENS.findall(expression), ""]
        if "".join(self.tokens) != re.sub(r"\s+(?=(?:[^']*'[^']*')*[^']*$)", "", expression):
            raise UnsupportedExpression(expression)
        self.at = 0

    def union(self) -> tuple[Path, ...]:
        found = [self.term()]
        while self.take("|"):
            found.append(self.term())
        if self.peek():
            raise UnsupportedExpression(self.expression)
        return tuple(found)

    def term(self) -> Path:
        if not self.take("("):
            return self.path()
        path = self.path()
        self.expect(")")
        return self.continued(path) if self.take(".") else path

    def path(self) -> Path:
        if self.peek()[:1].islower():
            return self.continued(Path("", ()))
        path = Path(self.name(), ())
        if self.take("."):
            path = self.continued(path)
        return _cast(path, self.name()) if self.take("as") else path

    def continued(self, path: Path) -> Path:
        path = self.step(path)
        while self.take("."):
            path = self.step(path)
        return path

    def step(self, path: Path) -> Path:
        name = self.name()
        if not self.take("("):
            return Path(path.resource_type, (*path.steps, Step(name)), path.target)
        if name in ("as", "ofType"):
            path = _cast(path, self.name())
        elif name == "extension":
            url = Step("extension", Where(("url",), self.literal()))
            path = Path(path.resource_type, (*path.steps, url), path.target)
        elif name == "where":
            path = self.where(path)
        else:
            raise UnsupportedExpression(self.expression)
        self.expect(")")
        return path

    def where(self, path: Path) -> Path:
        name = self.name()
        if name == "resolve":
            for expected in ("(", ")", "is"):
                self.expect(expected)
            return Path(path.resource_type, path.steps, self.name())
        if name == "hasExtension":
            self.expect("(")
            where = Where(("extension", "url"), self.literal())
            self.expect(")")
        else:
            self.expect("=")
            where = Where((name,), self.literal())
        *before, last = path.steps
        return Path(path.resource_type, (*before, Step(last.name, where, last.cast)), path.target)

    def peek(self) -> str:
        return self.tokens[self.at]

    def take(self, expected: str) -> bool:
        if self.peek() != expected:
            return False
        self.at += 1
        return True

    def expect(self, expected: str) -> None:
        if not self.take(expected):
            raise UnsupportedExpression(self.expression)

    def name(self) -> str:
        token = self.peek()
        if not token[:1].isalpha():
            raise UnsupportedExpression(self.expression)
        self.at += 1
        return token

    def literal(self) -> str:
        token = self.peek()
        if not token.startswith("'"):
            raise UnsupportedExpression(self.expression)
        self.at += 1
        return token[1:-1]


def _cast(path: Path, data_type: str) -> Path:
    *before, last = path.steps
    cast = data_type[0].lower() + data_type[1:] if data_type == "DateTime" else data_type
    return Path(path.resource_type, (*before, Step(last.name, last.where, cast)), path.target)
