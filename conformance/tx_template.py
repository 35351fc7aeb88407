"""A response compared with its template: placeholders, what may be left out, arrays in any order.

https://build.fhir.org/ig/HL7/fhir-tx-ecosystem-ig/testcases.html#test-templates
"""

import re
from dataclasses import dataclass
from typing import Any, Final

_DAY: Final = r"[0-9]{3}[0-9]-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])"
_TIME: Final = (
    r"T([01][0-9]|2[0-3]):[0-5][0-9]:([0-5][0-9]|60)(\.[0-9]{1,9})?(Z|[+-]((0[0-9]|1[0-3]):[0-5][0-9]|14:00))"
)
_LABELS: Final = r"[0-9a-zA-Z-]+(\.[0-9a-zA-Z-]+)*"
_KINDS: Final = {
    "$$": re.compile(r".*", re.DOTALL),
    "$id$": re.compile(r"[A-Za-z0-9\-.]{1,64}"),
    "$uuid$": re.compile(r"urn:uuid:[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"),
    "$url$": re.compile(r"(https?://|www\.)[-a-zA-Z0-9+&@#/%?=~_|!:.;]*[-a-zA-Z0-9+&@#/%=~_|]"),
    "$token$": re.compile(r"[0-9a-zA-Z_][0-9a-zA-Z_.\-]*"),
    "$string$": re.compile(r"(\S(.*\S)?)?", re.DOTALL),
    "$date$": re.compile(f"{_DAY}({_TIME})?"),
    "$instant$": re.compile(_DAY + _TIME),
    "$semver$": re.compile(rf"(0|[1-9]\d*)(\.(0|[1-9]\d*)){{2}}(-{_LABELS})?(\+{_LABELS})?"),
}
_MARKS: Final = frozenset(("$optional-properties$", "$optional$", "$count-arrays$", "$only$"))
# Lists that the suite's own runner puts in order before it compares them, by the type of the resource.
UNORDERED: Final = {
    "Parameters": frozenset(("parameter", "part", "issue")),
    "ValueSet": frozenset(("extension", "parameter", "property", "contains", "designation")),
}
# What is judged, as templates may ask: FHIR's version, and the mode of the run.
VERSION: Final = "4.0.1"
MODE: Final = "general"


@dataclass(frozen=True, slots=True)
class Template:
    """`is_pattern`: the response may have more than the template has. `unordered` are names of lists."""

    is_pattern: bool = False
    unordered: frozenset[str] = frozenset()

    def difference(self, expected: Any, actual: Any, path: str = "") -> str:
        """Where they differ, and how; empty if they do not."""
        if isinstance(expected, dict) and isinstance(actual, dict):
            return self._objects(expected, actual, path)
        if isinstance(expected, list) and isinstance(actual, list):
            return self._arrays(expected, actual, path)
        same = _equal(expected, actual)
        if isinstance(expected, str) and isinstance(actual, str):
            same = fits(expected, actual)
        return "" if same else f"{path}: {actual!r} instead of {expected!r}"

    def _objects(self, expected: dict[str, Any], actual: dict[str, Any], path: str) -> str:
        optional = {*_MARKS, *expected.get("$optional-properties$", ())}
        counted = set(expected.get("$count-arrays$", ()))
        for name, value in actual.items():
            if name not in expected:
                if self.is_pattern:
                    continue
                return f"{path}.{name} is not expected: {str(value)[:200]}"
            if name in counted:
                if len(value) != len(expected[name]):
                    return f"{path}.{name} has {len(value)} entries instead of {len(expected[name])}"
            elif found := self.difference(expected[name], value, f"{path}.{name}"):
                return found
        for name in expected:
            if name not in actual and not optional & {name, "*"} and not _may_be_left_out(expected[name]):
                return f"{path}.{name} is missing: {str(expected[name])[:200]}"
        return ""

    def _arrays(self, expected: list[Any], actual: list[Any], path: str) -> str:
        """Each actual item is a different one of the expected; what is left over is optional."""
        if not self.is_pattern and path.rpartition(".")[2] not in self.unordered:
            return self._in_order(expected, actual, path)
        left = list(expected)
        for n, item in enumerate(actual):
            found = [self.difference(each, item, f"{path}[{n}]") for each in left]
            if "" in found:
                left.pop(found.index(""))
            elif not self.is_pattern:
                return _nearest(found) or f"{path}[{n}] is not expected: {str(item)[:300]}"
        needed = [each for each in left if not _is_optional(each)]
        return f"{path} lacks {str(needed[0])[:300]}" if needed else ""

    def _in_order(self, expected: list[Any], actual: list[Any], path: str) -> str:
        at = 0
        for n, each in enumerate(expected):
            found = (
                self.difference(each, actual[at], f"{path}[{n}]")
                if at < len(actual)
                else f"{path} lacks {each!r}"
            )
            if not found:
                at += 1
            elif not _is_optional(each):
                return found
        return "" if at == len(actual) else f"{path}[{at}] is not expected: {str(actual[at])[:300]}"


def template_for(resource_type: str, *, is_pattern: bool) -> Template:
    return Template(is_pattern, UNORDERED.get(resource_type, frozenset()))


def _nearest(found: list[str]) -> str:
    """The difference that lies deepest is likely to be the one."""
    return max(found, key=lambda each: each.split(":")[0].count("."), default="")


def _may_be_left_out(expected: Any) -> bool:
    """As the suite's runner has it: an array need not be there if none of its objects must be, so that one of
    texts (`location`) need never be."""
    return isinstance(expected, list) and all(
        "$optional$" in each for each in expected if isinstance(each, dict)
    )


def _is_optional(expected: Any) -> bool:
    """By its mark; `$only$` makes what belongs to another mode or version no part of the template."""
    if not isinstance(expected, dict):
        return False
    mark, only = expected.get("$optional$"), expected.get("$only$")
    return (
        mark is True
        or (isinstance(mark, str) and _holds(mark))
        or (isinstance(only, str) and not _holds(only))
    )


def _holds(condition: str) -> bool:
    kind, _, rest = condition.partition(":")
    if kind == "warning":
        return True
    if kind == "version":
        return VERSION.startswith(rest)
    return condition[1:] != MODE if condition.startswith("!") else condition == MODE


def fits(expected: str, actual: str) -> bool:
    """Whether a text is what its template says."""
    expected = expected.replace("$version$", VERSION)
    if not (expected.startswith("$") and expected.endswith("$")):
        return expected == actual
    if expected in _KINDS:
        return _KINDS[expected].fullmatch(actual) is not None
    kind, _, rest = expected[1:-1].partition(":")
    if kind == "choice":
        return actual in rest.split("|")
    if kind == "external":  # the runner takes what stands before a further colon: of a URL only its scheme
        kind, rest = "fragments", ":".join(rest.split(":")[1:2])
    return kind == "fragments" and all(each.lower() in actual.lower() for each in rest.split("|"))


def _equal(expected: Any, actual: Any) -> bool:
    """Numbers as they are written: `1.0` is not `1`."""
    return type(expected) is type(actual) and str(expected) == str(actual)
