"""Data types of FHIR as the interaction standards write ISO 21090: `<id><item extension="…"/></id>`."""

import re
from collections.abc import Iterable, Sequence
from html import escape
from typing import Any, Final

Json = dict[str, Any]
_OIDS: Final = "urn:oid:"
_OWN: Final = re.compile(r"/sid/[^/]+/(MR|VN|\d+)$")
_KINDS: Final = {"MR": "4", "VN": "9"}
_GENDERS: Final = {"male": ("1", "男性"), "female": ("2", "女性"), "unknown": ("0", "未知的性别")}


def said(text: object) -> str:
    """Text in an attribute."""
    return escape(str(text))


def each_in(element: str, parts: Iterable[str]) -> str:
    """Each part that says something in an element (`reason typeCode="RSON"`) of its own."""
    closing = element.partition(" ")[0]
    return "".join(f"<{element}>{part}</{closing}>" for part in parts if part)


def _root(system: str) -> str:
    """The OID that a system is; of a hospital's own numbers the one that the standard has for them."""
    if found := _OWN.search(system):
        return f"2.16.156.10011.2.5.1.{_KINDS.get(found[1], found[1])}"
    return system.removeprefix(_OIDS)


def ids(numbers: Sequence[Json], root: str = "") -> str:
    """All numbers; `root` where they are a hospital's own."""
    items = "".join(
        f'<item root="{said(root or _root(each.get("system", "")))}"'
        f' extension="{said(each.get("value", ""))}"/>'
        for each in numbers
    )
    return f"<id>{items}</id>" if items else ""


def names(resource: Json) -> str:
    return "".join(name(each.get("text", "")) for each in resource.get("name", ()))


def name(text: str) -> str:
    return f'<name xsi:type="LIST_EN"><item><part value="{said(text)}"/></item></name>' if text else ""


def telecoms(resource: Json) -> str:
    items = "".join(f'<item value="{said(each.get("value", ""))}"/>' for each in resource.get("telecom", ()))
    return f'<telecom xsi:type="DSET_TEL">{items}</telecom>' if items else ""


def addresses(resource: Json) -> str:
    kinds = (("state", "STA"), ("city", "CTY"), ("district", "CNT"), ("postalCode", "ZIP"))
    items = ""
    for each in resource.get("address", ()):
        whole = each.get("text") or "".join(each.get("line", ()))
        parts = f'<part type="SAL" value="{said(whole)}"/>' if whole else ""
        parts += "".join(f'<part type="{t}" value="{said(each[n])}"/>' for n, t in kinds if n in each)
        items += f"<item>{parts}</item>"
    return f'<addr xsi:type="LIST_AD">{items}</addr>' if items else ""


def gender(resource: Json) -> str:
    told, shown = _GENDERS.get(resource.get("gender", ""), ("", ""))
    return code("administrativeGenderCode", told, "2.16.156.10011.2.3.3.4", shown) if told else ""


def concept(element: str, told: Json | None) -> str:
    """The first coding, or the text where there is none."""
    coding: Json = next(iter((told or {}).get("coding", ())), {})
    shown = coding.get("display", "") or (told or {}).get("text", "")
    return code(element, coding.get("code", ""), coding.get("system", ""), shown)


def code(element: str, told: str, system: str, display: str) -> str:
    if not (told or display):
        return ""
    of = f' codeSystem="{said(system.removeprefix(_OIDS))}"' if system else ""
    return f'<{element} code="{said(told)}"{of}><displayName value="{said(display)}"/></{element}>'


def time(element: str, told: str) -> str:
    plain = "".join(sign for sign in told[:19] if sign.isdigit())
    return f'<{element} value="{plain}"/>' if plain else ""


def span(element: str, period: Json) -> str:
    """Period → IVL_TS."""
    ends = time("low", period.get("start", "")) + time("high", period.get("end", ""))
    return f"<{element}>{ends}</{element}>" if ends else ""


def quantity(element: str, told: Json) -> str:
    if "value" not in told:
        return ""
    unit = f' unit="{said(told["unit"])}"' if "unit" in told else ""
    return f'<{element} value="{said(told["value"])}"{unit}/>'


def noted(resource: Json) -> str:
    """Notes."""
    return "".join(
        f'<subjectOf6><annotation><text value="{said(each["text"])}"/></annotation></subjectOf6>'
        for each in resource.get("note", ())
        if "text" in each
    )
