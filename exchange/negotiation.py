"""Which format a client wants, and which one it has sent.

https://hl7.org/fhir/R4/http.html#mime-type · https://www.rfc-editor.org/rfc/rfc9110#name-accept
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, Literal

from exchange.outcome import FhirError

Format = Literal["json", "xml"]

FHIR_JSON: Final = "application/fhir+json"
FHIR_XML: Final = "application/fhir+xml"
CONTENT_TYPES: Final = {"json": FHIR_JSON + ";charset=utf-8", "xml": FHIR_XML + ";charset=utf-8"}
VERSION: Final = "4.0"

# The names of each format: FHIR's own, what they were before STU3, and the generic ones.
OWN: Final[dict[str, Format]] = {
    FHIR_JSON: "json",
    "application/json+fhir": "json",
    FHIR_XML: "xml",
    "application/xml+fhir": "xml",
}
GENERIC: Final[dict[str, Format]] = {
    "application/json": "json",
    "text/json": "json",
    "application/xml": "xml",
    "text/xml": "xml",
}


@dataclass(frozen=True, slots=True)
class Presentation:
    """How a resource is to be sent."""

    format: Format = "json"
    pretty: bool = False


PLAIN: Final = Presentation()


@dataclass(frozen=True, slots=True)
class MediaRange:
    """One member of an Accept header: `name` and parameters in lower case, `quality` from 0 to 1."""

    name: str
    quality: float
    version: str


@lru_cache(1024)
def presentation(accept: str | None, form: str | None = None, pretty: str | None = None) -> Presentation:
    """The best that both can do, by `_format` and `_pretty`; raises FhirError (406, 400). What is stored is
    always PLAIN itself."""
    if pretty not in (None, "true", "false"):
        raise FhirError("invalid", "_pretty is true or false", "_pretty")
    wanted = Presentation(_of_parameter(form) or _of_accept(accept), pretty == "true")
    return PLAIN if wanted == PLAIN else wanted


@lru_cache(256)
def sent_format(content_type: str | None) -> Format:
    """The format of a body; raises 415 unless it is FHIR R4 in UTF-8."""
    name, parameters = media_type(content_type or "")
    format_ = OWN.get(name) or GENERIC.get(name)
    if format_ is None:
        raise FhirError("media-type", f"Send {FHIR_JSON} or {FHIR_XML}", "Content-Type")
    if parameters.get("charset", "utf-8") not in ("utf-8", "utf8", "us-ascii"):
        raise FhirError("media-type", "FHIR is sent in UTF-8", "Content-Type")
    if _other_version(parameters.get("fhirversion", "")):
        raise FhirError("media-type", f"The version of FHIR here is {VERSION}", "Content-Type")
    return format_


@lru_cache(1024)
def media_ranges(accept: str) -> tuple[MediaRange, ...]:
    """Those of an Accept header, in its order; what is none is left out."""
    return tuple(_ranges(accept))


def media_type(text: str) -> tuple[str, dict[str, str]]:
    """The name and the parameters, all in lower case and without quotes."""
    name, *parameters = text.lower().split(";")
    pairs = (parameter.partition("=") for parameter in parameters)
    return name.strip(), {key.strip(): value.strip().strip('"') for key, _, value in pairs}


def _ranges(accept: str) -> Iterator[MediaRange]:
    for member in accept.split(","):
        name, parameters = media_type(member)
        quality = _quality(parameters.get("q", "1"))
        if quality is not None and (name == "*" or _is_range(name)):
            full = "*/*" if name == "*" else name
            yield MediaRange(full, quality, parameters.get("fhirversion", ""))


def _of_parameter(form: str | None) -> Format | None:
    """`_format` overrides Accept; in a query the plus of a media type may come as a space."""
    if form is None:
        return None
    name, parameters = media_type(form)
    name = name.replace(" ", "+")
    format_ = _SHORT.get(name) or OWN.get(name) or GENERIC.get(name)
    if format_ is None:
        raise FhirError("not-acceptable", f"There is {FHIR_JSON} and {FHIR_XML}", "_format")
    if _other_version(parameters.get("fhirversion", "")):
        raise FhirError("not-acceptable", f"The version of FHIR here is {VERSION}", "_format")
    return format_


def _of_accept(accept: str | None) -> Format:
    """The highest quality, of equals what is asked for by name, of these JSON."""
    ranges = media_ranges(accept) if accept else ()
    if not ranges:
        return "json"
    fitting = [each for each in ranges if not _other_version(each.version)]
    json, xml = _wish(fitting, "json"), _wish(fitting, "xml")
    if max(json, xml)[0] <= 0:
        told = f"There is {FHIR_JSON} and {FHIR_XML}, of FHIR {VERSION}"
        raise FhirError("not-acceptable", told, "Accept")
    return "xml" if xml > json else "json"


def _wish(ranges: list[MediaRange], format_: Format) -> tuple[float, int]:
    """Quality and precision of the most precise ranges that the format falls into."""
    best = (0.0, 0)
    precision = 0
    for each in ranges:
        found = _precision(each.name, format_)
        if found > precision or (found == precision and found and each.quality > best[0]):
            best, precision = (each.quality, found), found
    return best


def _precision(name: str, format_: Format) -> int:
    """3 for a name of the format, 2 and 1 for wildcards. A browser, which shows JSON and no FHIR XML, says
    text/html."""
    if OWN.get(name) == format_ or GENERIC.get(name) == format_ or (format_ == "json" and name in _BROWSER):
        return 3
    return {"application/*": 2, "text/*": 2, "*/*": 1}.get(name, 0)


def _quality(text: str) -> float | None:
    return float(text) if _is_quality(text) else None


def _other_version(version: str) -> bool:
    return version not in ("", VERSION, "4.0.1", "4.0.0")


_SHORT: Final[dict[str, Format]] = {"json": "json", "xml": "xml"}
_BROWSER: Final = frozenset(("text/html", "application/xhtml+xml"))
_is_range: Final = re.compile(r"[\w!#$&^.+-]+/(?:\*|[\w!#$&^.+-]+)|\*/\*", re.ASCII).fullmatch
_is_quality: Final = re.compile(r"(?:0?\.[0-9]{1,6}|[01](?:\.[0-9]{0,6})?)", re.ASCII).fullmatch
