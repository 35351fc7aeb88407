"""A resource from its text, JSON or XML, and where its elements stand in it.

https://hl7.org/fhir/R4/resource-formats.html
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from exchange.fhirjson import UnreadableJson, loads
from exchange.validation.json_places import Lines, json_places
from exchange.validation.place import Place, Spot, located
from exchange.validation.xml_places import xml_places
from exchange.xml.judge import read_on
from profiles.definitions import Definitions
from terminology.issue import Issue

Resource = dict[str, Any]
BOM: Final = b"\xef\xbb\xbf"
MOST_BYTES: Final = 64 * 1024 * 1024  # of a text in which places are looked for
_BYTE: Final = re.compile(r"byte (\d+)")
_LINE: Final = re.compile(r"line (\d+)")


@dataclass(frozen=True, slots=True)
class Told:
    """An issue, and where in the text it stands."""

    issue: Issue
    place: Place | None = None


@dataclass(frozen=True, slots=True)
class Text:
    """What was read, and the faults for which it was not read as it stands; `fault` is the first of them, if
    nothing was."""

    raw: bytes
    resource: Resource | None = None
    faults: tuple[Issue, ...] = ()

    @property
    def fault(self) -> Issue | None:
        return self.faults[0] if self.resource is None and self.faults else None

    @property
    def is_xml(self) -> bool:
        return self.raw.lstrip()[:1] == b"<"

    def places(self, issues: Iterable[Issue]) -> list[Told]:
        """The issues with their places, as far as these can be told."""
        told = list(issues)
        if not told or len(self.raw) > MOST_BYTES:
            return [Told(issue) for issue in told]
        root = xml_places(self.raw) if self.is_xml else self._json_places(told)
        return [Told(issue, _place(root, issue)) for issue in told]

    def _json_places(self, issues: Iterable[Issue]) -> Spot:
        text = self.raw.decode("utf-8", "replace")
        return json_places(text, {issue.expression for issue in issues})

    def told(self, issues: Iterable[Issue]) -> list[Told]:
        """The faults and the issues, with their places."""
        return [*self.told_faults(), *self.places(issues)]

    def told_faults(self) -> Sequence[Told]:
        """What could not be read, with the places that the reader named."""
        return [Told(fault, _fault_place(self.raw, fault.diagnostics)) for fault in self.faults]


def read_text(raw: bytes, definitions: Definitions) -> Text:
    """A byte order mark says nothing."""
    raw = raw.removeprefix(BOM)
    if raw[:2] in (b"\xff\xfe", b"\xfe\xff") or b"\0" in raw[:4]:
        return Text(raw, faults=(Issue("fatal", "structure", "The text is not UTF-8"),))
    if raw.lstrip()[:1] == b"<":
        resource, faults = read_on(raw, definitions)
        return Text(raw, resource, tuple(faults))
    try:
        return Text(raw, loads(raw))
    except UnreadableJson as error:
        return Text(raw, faults=(error.issue,))


def _place(root: Spot, issue: Issue) -> Place | None:
    return located(root, issue.expression) if issue.expression else None


def _fault_place(raw: bytes, diagnostics: str) -> Place | None:
    line, byte = _LINE.search(diagnostics), _BYTE.search(diagnostics)
    if line:
        return Place(int(line[1]), 1)
    if byte:
        before = raw[: int(byte[1])].decode("utf-8", "replace")
        return Lines(before).place(len(before))
    return None
