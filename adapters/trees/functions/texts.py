"""ST, BL, INT, TEL, AD, EN: texts, flags, numbers, contact points, addresses and names.

https://hl7.org/fhir/R4/datatypes.html
"""

import base64
import re
import unicodedata
from typing import Any

from adapters.hl7v2.context import Context
from adapters.mapping.functions import Several
from adapters.mapping.rows import Vocabulary
from adapters.trees.coverage import is_filler
from adapters.trees.reading import Value

Json = dict[str, Any]
STRUCTURE = "http://hl7.org/fhir/StructureDefinition/"
_TRUE = frozenset(("true", "1", "T", "t", "Y", "y", "是", "有"))
_FALSE = frozenset(("false", "0", "F", "f", "N", "n", "否", "无", "2"))
_SYSTEMS = {"tel": "phone", "fax": "fax", "mailto": "email", "http": "url", "https": "url"}
_PART_TYPES = {
    "SAL": "streetAddressLine",
    "AL": "streetAddressLine",
    "STA": "state",
    "CTY": "city",
    "CNT": "county",
    "CPA": "county",
    "STB": "township",
    "STR": "streetName",
    "BNR": "houseNumber",
    "ZIP": "postalCode",
    "CNTRY": "country",
    "GIV": "given",
    "FAM": "family",
    "PFX": "prefix",
    "SFX": "suffix",
}
_LINES = ("streetAddressLine", "streetName", "houseNumber", "additionalLocator", "unitID")


def text(value: Value, context: Context) -> str | None:
    """All that it says, as one text."""
    said = value.text() if value.attribute is not None else value.all_text()
    return None if is_filler(said) else said or None


def words(value: Value, context: Context) -> str | None:
    """The name of a code, or its text."""
    said = value.get("displayName") or value.below("originalText") or value.text() or value.get("code")
    return None if is_filler(said) else said or None


def flag(value: Value, context: Context) -> bool | None:
    said = value.get("value") or value.text()
    return True if said in _TRUE else False if said in _FALSE else None


def integer(value: Value, context: Context) -> int | None:
    """A whole number, also in full-width digits."""
    said = unicodedata.normalize("NFKC", value.text())
    return int(said) if re.fullmatch(r"-?\d{1,9}", said, re.ASCII) else None


def positive(value: Value, context: Context) -> int | None:
    number = integer(value, context)
    return number if number is not None and number > 0 else None


def annotation(value: Value, context: Context) -> Json | None:
    """A text as Annotation; the name of a code counts as one."""
    inner = value.child("value") or value
    said = inner.get("displayName") or inner.get("displayname") or inner.all_text() or inner.get("code")
    label = value.child("code")
    if label is not None and inner is not value and (name := label.get("displayName")):
        said = f"{name}: {said}" if said else ""
    return {"text": said} if said and not is_filler(said) else None


def part_name(part: Value) -> str:
    """What part of an address or a name: the element's name, or the type that ISO 21090 gives."""
    return _PART_TYPES.get(part.peek("type"), "") if part.name == "part" else part.name


def address(
    value: Value, context: Context, *, use: str = "", vocabulary: Vocabulary | None = None
) -> Json | None:
    """AD → Address, by the parts of a Chinese address too: township and village are lines."""
    parts: dict[str, list[str]] = {}
    for part in value.children("*"):
        if (said := part.text()) and not is_filler(said):
            parts.setdefault(part_name(part) or "streetAddressLine", []).append(said)
    made: Json = {"use": use} if use else {}
    sent = value.get("use").split(" ")[0]
    if vocabulary is not None and (meaning := vocabulary.get(sent)) is not None:
        made["use"] = meaning.code
    if plain := value.get(""):
        made["text"] = plain
    lines = [said for name in ("township", *_LINES) for said in parts.pop(name, ())]
    if lines:
        made["line"] = lines
    for name, target in (
        ("city", "city"),
        ("county", "district"),
        ("state", "state"),
        ("postalCode", "postalCode"),
        ("country", "country"),
    ):
        if said_all := parts.pop(name, None):
            made[target] = " ".join(said_all)
    rest = [said for many in parts.values() for said in many]
    if rest:
        made["line"] = [*made.get("line", ()), *rest]
    return made if made.keys() - {"use"} else None


def telecom(
    value: Value, context: Context, *, use: str = "", vocabulary: Vocabulary | None = None
) -> Json | None:
    """TEL → ContactPoint; a bare number is a phone's."""
    said = value.text()
    if not said or is_filler(said):
        return None
    scheme, _, rest = said.partition(":")
    system = _SYSTEMS.get(scheme.lower(), "")
    made: Json = {"system": system or ("email" if "@" in said else "phone")}
    made["value"] = rest.removeprefix("//") if system in ("phone", "fax", "email") and rest else said
    sent = value.get("use").split(" ")[0]
    if vocabulary is not None and (meaning := vocabulary.get(sent)) is not None:
        made["use"] = meaning.code
        if meaning.code == "mobile" and system == "":
            made["system"] = "phone"
    elif use:
        made["use"] = use
    return made


def human_name(
    value: Value, context: Context, *, use: str = "", vocabulary: Vocabulary | None = None
) -> Json | None:
    """EN, PN → HumanName; a name without parts is a text."""
    parts: dict[str, list[str]] = {}
    for part in value.children("*"):
        if said := part.text():
            parts.setdefault(part_name(part), []).append(said)
    made: Json = {}
    meaning = vocabulary.get(value.get("use").split(" ")[0]) if vocabulary is not None else None
    if meaning is not None and meaning.code:
        made["use"] = meaning.code
    elif use:
        made["use"] = use
    whole = [value.get(""), value.get("value"), *parts.get("", ())]
    plain = " ".join(said for said in whole if said and not is_filler(said))
    if family := parts.get("family"):
        made["family"] = " ".join(family)
    for name in ("given", "prefix", "suffix"):
        if said_all := parts.get(name):
            made[name] = said_all
    if not plain and made.keys() - {"use"}:
        plain = " ".join(
            [
                *made.get("prefix", ()),
                *made.get("given", ()),
                *parts.get("family", ()),
                *made.get("suffix", ()),
            ]
        )
    if not plain:
        return None
    return {**made, "text": plain} if "text" not in made else made


def name_text(value: Value, context: Context) -> str | None:
    """The name of an organization or a place."""
    made = human_name(value, context)
    return made["text"] if made else None


def names(value: Value, context: Context, *, use: str = "") -> Several | None:
    made = human_name(value, context, use=use)
    return Several((made,)) if made else None


def base64_data(value: Value, context: Context) -> str | None:
    """Encoded bytes, without the line ends between; None for what is no base64."""
    said = re.sub(r"\s+", "", value.text())
    try:
        base64.b64decode(said, validate=True)
    except ValueError:
        return None
    return said or None


def plain_content(value: Value, context: Context) -> str | None:
    """A content that is no base64: its words."""
    said = value.peek("value") or value.peek("")
    try:
        base64.b64decode(re.sub(r"\s+", "", said), validate=True)
    except ValueError:
        return value.text() or None
    return None
