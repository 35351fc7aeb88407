"""A response compared with its template: placeholders, what may be left out, arrays in any order.

https://build.fhir.org/ig/HL7/fhir-tx-ecosystem-ig/testcases.html#test-templates
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Final

from conformance.tx_forms import in_order

_DATE: Final = r"[0-9]{4}(-[0-9]{2}(-[0-9]{2})?)?"
_INSTANT: Final = r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:]{8}(\.[0-9]{1,9})?(Z|[+-][0-9]{2}:[0-9]{2})"
_UUID: Final = r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"
_KINDS: Final = {
    "$$": re.compile(r".*", re.DOTALL),
    "$id$": re.compile(r"[A-Za-z0-9\-.]{1,64}"),
    "$uuid$": re.compile(f"urn:uuid:{_UUID}"),
    "$url$": re.compile(r"[a-z][a-z0-9+.-]*:\S+"),
    "$token$": re.compile(r"[A-Za-z0-9._+\-]+"),
    "$string$": re.compile(r"\S(.*\S)?", re.DOTALL),
    "$date$": re.compile(f"{_DATE}(T.*)?"),
    "$instant$": re.compile(_INSTANT),
    "$semver$": re.compile(r"[0-9]+\.[0-9]+(\.[0-9]+)?([-+].*)?"),
    "$version$": re.compile(r"[0-9]+\.[0-9]+\.[0-9]+"),
}
_MARKS: Final = frozenset(("$optional-properties$", "$optional$", "$count-arrays$", "$only$", "$optional"))


@dataclass(slots=True)
class Template:
    """`is_pattern`: the response may have more than the template has. `externals` are texts by number."""

    is_pattern: bool = False
    externals: Mapping[str, str] = field(default_factory=dict)

    def difference(self, expected: Any, actual: Any, path: str = "") -> str:
        """Where they differ, and how; empty if they do not."""
        if isinstance(expected, dict) and isinstance(actual, dict):
            return self._objects(expected, actual, path)
        if isinstance(expected, list) and isinstance(actual, list):
            return self._arrays(expected, actual, path)
        if isinstance(expected, str) and isinstance(actual, str):
            fitting = fits(expected, actual) or self._is_external(expected, actual)
            return "" if fitting else f"{path}: {actual!r} instead of {expected!r}"
        return "" if _equal(expected, actual) else f"{path}: {actual!r} instead of {expected!r}"

    def _is_external(self, expected: str, actual: str) -> bool:
        """Whether it is the text that the suite lists for its own server."""
        number = expected.split(":")[1].strip("$") if expected.startswith("$external:") else ""
        return in_order(self.externals.get(number, "")) == in_order(actual)

    def _objects(self, expected: dict[str, Any], actual: dict[str, Any], path: str) -> str:
        optional = set(expected.get("$optional-properties$", ()))
        counted = set(expected.get("$count-arrays$", ()))
        for name, value in actual.items():
            if name not in expected:
                if self.is_pattern or _is_superseded(expected, name):
                    continue
                return f"{path}.{name} is not expected: {str(value)[:200]}"
            if name in counted:
                if len(value) != len(expected[name]):
                    return f"{path}.{name} has {len(value)} entries instead of {len(expected[name])}"
            elif found := self.difference(_message(expected, name), value, f"{path}.{name}"):
                return found
        for name in expected:
            if name in _MARKS or name in actual or name in optional or "*" in optional:
                continue
            if _is_superseded(expected, name):
                continue
            if not _may_be_empty(expected[name]):
                return f"{path}.{name} is missing: {str(expected[name])[:200]}"
        return ""

    def _arrays(self, expected: list[Any], actual: list[Any], path: str) -> str:
        """Each actual item is a different one of the expected; what is left over is optional."""
        left = list(expected)
        for n, item in enumerate(actual):
            found = [self.difference(each, item, f"{path}[{n}]") for each in left]
            if "" in found:
                left.pop(found.index(""))
            elif not self.is_pattern:
                return _nearest(found) or f"{path}[{n}] is not expected: {str(item)[:300]}"
        needed = [each for each in left if not _is_optional(each)]
        return f"{path} lacks {str(needed[0])[:300]}" if needed else ""


def _is_superseded(expected: dict[str, Any], name: str) -> bool:
    """An issue's `location` says in R4 what `expression` says; the templates have it or not, as it came."""
    return name == "location" and "severity" in expected


def _nearest(found: list[str]) -> str:
    """The difference that lies deepest is likely to be the one."""
    return max(found, key=lambda each: each.split(":")[0].count("."), default="")


def _may_be_empty(expected: Any) -> bool:
    """An array of nothing but what is optional need not be there."""
    if isinstance(expected, list):
        return bool(expected) and all(map(_is_optional, expected))
    return _is_optional(expected)


def _is_optional(expected: Any) -> bool:
    if not isinstance(expected, dict):
        return False
    mark = expected.get("$optional$")
    return mark is True or (isinstance(mark, str) and (mark.startswith(("!", "warning:", "version:4"))))


def _message(expected: dict[str, Any], name: str) -> Any:
    value = expected[name]
    is_message = expected.get("name") == "message" and name == "valueString"
    return in_order(value) if is_message and "; " in value else value


def fits(expected: str, actual: str) -> bool:
    """Whether a text is what its template says."""
    if not (expected.startswith("$") and expected.endswith("$")):
        return expected == actual or ("$version$" in expected and _versioned(expected, actual))
    if expected in _KINDS:
        return _KINDS[expected].fullmatch(actual) is not None
    kind, _, rest = expected[1:-1].partition(":")
    if kind == "choice":
        return actual in rest.split("|")
    if kind == "fragments":
        return all(each.lower() in actual.lower() for each in rest.split("|"))
    if kind == "external":
        fragments = rest.partition(":")[2]
        return all(each.lower() in actual.lower() for each in fragments.split("|"))
    return expected == actual


def _versioned(expected: str, actual: str) -> bool:
    parts = [re.escape(part) for part in expected.split("$version$")]
    return re.fullmatch(_KINDS["$version$"].pattern.join(parts), actual) is not None


def _equal(expected: Any, actual: Any) -> bool:
    if isinstance(expected, bool) or isinstance(actual, bool):
        return expected is actual
    if isinstance(expected, int | float | Decimal) and isinstance(actual, int | float | Decimal):
        return Decimal(str(expected)) == Decimal(str(actual))
    return bool(expected == actual)
