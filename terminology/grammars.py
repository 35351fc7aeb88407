"""Code systems by their grammar: language tags and MIME types.

https://hl7.org/fhir/R4/terminologies-systems.html, https://www.rfc-editor.org/rfc/rfc5646 and
https://www.rfc-editor.org/rfc/rfc6838
"""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Final, TypeVar

from terminology.code_system import CodeSystem, Entry, Header
from terminology.hierarchy import Hierarchy
from terminology.iso.codes import COUNTRY_CODES, LANGUAGE_CODES
from terminology.iso.tables import language_name
from terminology.naming import BCP_13, BCP_47

# Codes met that are remembered under a number; of further ones only the last.
MOST: Final = 20_000

_TAG: Final = re.compile(
    r"(?P<language>[a-z]{2,3})(?:-[a-z]{3}){0,3}(?:-[a-z]{4})?(?:-(?P<region>[a-z]{2}|[0-9]{3}))?"
    r"(?:-(?:[a-z0-9]{5,8}|[0-9][a-z0-9]{3}))*(?:-[a-wyz0-9](?:-[a-z0-9]{2,8})+)*(?:-x(?:-[a-z0-9]{1,8})+)?"
)
_NAME: Final = r"[A-Za-z0-9][A-Za-z0-9!#$&^_.+-]{0,126}"
_TYPES: Final = "application|audio|font|haptics|image|message|model|multipart|text|video|chemical|x-[a-z-]+"
_MIME: Final = re.compile(rf"(?:{_TYPES})/{_NAME}(?:\s*;\s*{_NAME}=(?:{_NAME}|\"[^\"]*\"))*")


def is_language_tag(code: str) -> bool:
    """By its form; two letters are looked up, three are not."""
    found = _TAG.fullmatch(code.lower()) if len(code) < 100 else None
    if found is None:
        return False
    language, region = found["language"], found["region"] or ""
    known = len(language) == 3 or language in LANGUAGE_CODES
    return known and (len(region) != 2 or region.upper() in COUNTRY_CODES)


def is_mime_type(code: str) -> bool:
    return len(code) < 500 and _MIME.fullmatch(code) is not None


class _Nothing(Sequence[Entry]):
    """There is nothing to say of any of them."""

    def __len__(self) -> int:
        return 0

    def __getitem__(self, index: Any) -> Any:
        return {}

    def __iter__(self) -> Iterator[Entry]:
        return iter(())


@dataclass(frozen=True, eq=False)
class GrammarSystem(CodeSystem):
    """Every code that its grammar knows is one; they cannot be listed."""

    is_right: Callable[[str], bool] = is_language_tag
    name: Callable[[str], str] = str
    is_enumerable: ClassVar[bool] = False

    def number(self, code: str) -> int | None:
        known = self.numbers.get(code)
        if known is not None or not self.is_right(code):
            return known
        codes, numbers = self.codes, self.numbers
        assert isinstance(codes, list) and isinstance(numbers, dict) and isinstance(self.displays, list)  # noqa: PT018
        if len(codes) >= MOST:
            codes[-1], self.displays[-1] = code, self.name(code)
            return MOST - 1
        numbers[code] = len(codes)
        codes.append(code)
        self.displays.append(self.name(code))
        return len(codes) - 1


G = TypeVar("G", bound=GrammarSystem)


def grammar_systems() -> list[CodeSystem]:
    """Language tags and MIME types: new ones; what they have met is their own."""
    return [
        grammar(GrammarSystem, _header(BCP_47, "BCP47"), is_language_tag, language_name),
        grammar(GrammarSystem, _header(BCP_13, "MimeTypes"), is_mime_type, str),
    ]


def grammar(kind: type[G], header: Header, is_right: Callable[[str], bool], name: Callable[[str], str]) -> G:
    return kind(header, [], [], {}, Hierarchy(MOST, ()), _Nothing(), is_right=is_right, name=name)


def _header(url: str, name: str) -> Header:
    return Header(url, name=name, status="active", is_case_sensitive=url == BCP_13, language="en")
