"""XPN, and the name parts of XCN and CNN → HumanName.

https://hl7.org/fhir/R4/datatypes.html#HumanName. `text` is written as the script writes names: a Chinese
family name first, without a blank.
"""

import re
from dataclasses import dataclass
from typing import Any

from adapters.hl7v2.context import Context
from adapters.hl7v2.functions.coded import required
from adapters.hl7v2.functions.times import period_of
from adapters.hl7v2.functions.urls import STRUCTURE
from adapters.hl7v2.reading import Value
from adapters.mapping.functions import Several

Json = dict[str, Any]
_CHINESE = re.compile(r"[\u2e80-\u9fff\uf900-\ufaff\U00020000-\U0003ffff·•]+")
_REPRESENTATIONS = {"A": "ABC", "I": "IDE", "P": "SYL"}
# Sub-components of FN besides the surname as a whole.
_FAMILY_PARTS = (
    (2, "humanname-own-prefix"),
    (3, "humanname-own-name"),
    (4, "humanname-partner-prefix"),
    (5, "humanname-partner-name"),
)


def name_text(family: str, given: list[str], prefix: str = "", suffix: str = "") -> str:
    """A name as it is read."""
    bare = "".join((family, *given))
    if _CHINESE.fullmatch(bare):
        return bare
    return " ".join(filter(None, (prefix, *given, family, suffix)))


def family_name(value: Value, part: int) -> tuple[str, list[Json]]:
    """FN → the family name, and the extensions that say what it is made of."""
    name = value.sub(part)
    if name.count() == 1:
        return value.text(part), []
    extensions = [
        {"url": STRUCTURE + extension, "valueString": text}
        for number, extension in _FAMILY_PARTS
        if (text := name.text(number))
    ]
    family = name.text(1) or " ".join(each["valueString"] for each in extensions)
    return family, extensions


@dataclass(frozen=True, slots=True)
class FurtherParts:
    """Where a name's less usual parts stand in XPN and XCN."""

    representation: int
    order: int
    professional: int
    start: int
    end: int
    span: int


_XPN_FURTHER = FurtherParts(representation=8, order=11, professional=14, start=12, end=13, span=10)


def xpn_name(value: Value, context: Context) -> Json | None:
    """XPN → HumanName; PN of early versions is its beginning."""
    made = human_name(value, context, (1, 2, 3, 4, 5, 6), use_part=7)
    if value.count() > 7:
        further_name_parts(made, value, context, _XPN_FURTHER)
    return made if any(key in made for key in ("family", "given", "text", "prefix", "suffix")) else None


def further_name_parts(made: Json, value: Value, context: Context, parts: FurtherParts) -> None:
    """How a name is written and ordered, when it holds, and the professional suffix."""
    representation = _REPRESENTATIONS.get(value.peek(parts.representation))
    order = value.peek(parts.order)
    extensions: list[Json] = []
    if representation and value.text(parts.representation):
        extensions.append({"url": STRUCTURE + "iso21090-EN-representation", "valueCode": representation})
    if order in ("G", "F") and value.text(parts.order):
        extensions.append({"url": STRUCTURE + "humanname-assembly-order", "valueCode": order})
    if professional := value.text(parts.professional):
        made.setdefault("suffix", []).append(professional)
    if validity := period_of(value, context, parts.start, parts.end, span=parts.span):
        made["period"] = validity
    if extensions:
        made["extension"] = extensions


def xpn_names(value: Value, context: Context) -> Several | None:
    """XPN → HumanNames: the name, and what its bearer is called by (XPN-15)."""
    name = xpn_name(value, context)
    called = value.text(15)
    nickname = {"use": "nickname", "given": [called]} if called else None
    found = tuple(each for each in (name, nickname) if each)
    return Several(found) if found else None


def human_name(
    value: Value, context: Context, parts: tuple[int, int, int, int, int, int], use_part: int
) -> Json:
    """A HumanName from (family, given, further given, suffix, prefix, degree) and the name type."""
    family_part, given_part, further_part, suffix_part, prefix_part, degree_part = parts
    family, family_extensions = family_name(value, family_part)
    given = [text for part in (given_part, further_part) if (text := value.text(part))]
    prefix = value.text(prefix_part)
    suffix = [text for part in (suffix_part, degree_part) if part and (text := value.text(part))]
    made = _use(value.text(use_part), context)
    if text := name_text(family, given, prefix, " ".join(suffix)):
        made["text"] = text
    if family:
        made["family"] = family
    if family_extensions:
        made["_family"] = {"extension": family_extensions}
    if given:
        made["given"] = given
    if prefix:
        made["prefix"] = [prefix]
    if suffix:
        made["suffix"] = suffix
    return made


def _use(code: str, context: Context) -> Json:
    """HumanName.use of Table 0200; what it has no word for stays as alternate code."""
    return required(context, "use", "NameType", "0200", code) if code else {}


def xpn_string(value: Value, context: Context) -> str | None:
    """XPN → string."""
    made = xpn_name(value, context)
    return made.get("text") if made else None
