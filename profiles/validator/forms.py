"""What is looked at in values of single data types beyond their definitions, as HL7's validator does.

https://hl7.org/fhir/R4/datatypes.html
"""

import base64
import binascii
import re
from collections.abc import Callable, Mapping
from typing import Any, Final

from profiles.validator.at import At
from profiles.validator.run import Owed, Run
from terminology.code_check import CodeCheck

Check = Callable[[Any, At, Run], None]
_UUID: Final = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_OID: Final = re.compile(r"[0-2](?:\.(?:0|[1-9][0-9]*))+")
_TAG: Final = re.compile(r"</?[A-Za-z][A-Za-z0-9]*(?:\s[^<>]*)?/?>")
_SECURE: Final = "https:"
_SYSTEMS: Final = frozenset(
    (
        "http://loinc.org",
        "http://snomed.info/sct",
        "http://unitsofmeasure.org",
        "http://www.nlm.nih.gov/research/umls/rxnorm",
        "http://hl7.org/fhir/sid/icd-10",
        "http://hl7.org/fhir/sid/icd-10-cm",
        "http://hl7.org/fhir/sid/cvx",
        "http://hl7.org/fhir/sid/ndc",
    )
)
_BETWEEN: Final = ("1800", "2100")


def uri(value: Any, at: At, run: Run) -> None:
    """Those that name their form have it."""
    if value[:4] == "urn:":
        if value[:9] == "urn:uuid:" and not _UUID.fullmatch(value.partition("#")[0], 9):
            _malformed(run, "A UUID is written in lower case, 8-4-4-4-12 digits", at, "uuid-form")
        elif value[:8] == "urn:oid:" and not _OID.fullmatch(value, 8):
            _malformed(run, "An OID is numbers with dots between them", at, "oid-form")
    elif value[:4] == "oid:" or value[:5] == "uuid:":
        _malformed(run, "The URI of an OID or a UUID begins with urn:", at, "urn-form")
    if run.options.examples == "refuse" and "example." in value:
        run.report("error", "invalid", "URLs of examples are not allowed here", at, "example-url")


def _malformed(run: Run, text: str, at: At, message_id: str, below: str = "") -> None:
    if run.options.forms != "ignore":
        run.report(run.options.forms, "invalid", text, at, message_id, below)


def canonical(value: Any, at: At, run: Run) -> None:
    uri(value, at, run)
    if ":" not in value and value[:1] != "#":
        _malformed(run, "A canonical URL is absolute, or a fragment", at, "canonical-absolute")


def date(value: Any, at: At, run: Run) -> None:
    if not _BETWEEN[0] <= value[:4] <= _BETWEEN[1]:
        run.report("warning", "invalid", f"The year {value[:4]} is not a likely one", at, "date-year")


def coding(value: Mapping[str, Any], at: At, run: Run) -> None:
    """The code is one of its system; a code without a system means nothing."""
    if "code" in value:
        if "system" in value:
            displays = run.validator.displays(value["system"])
            if displays is None:
                if _is_none(value["system"], at, run):
                    return
                if run.validator.asks_others:
                    run.owed.append(Owed(CodeCheck("Coding", value, language=run.options.language), at))
            elif displays.get(value["code"]) != value.get("display", ""):
                run.owed.append(Owed(CodeCheck("Coding", value, language=run.options.language), at))
        elif "_system" not in value:
            run.report("warning", "invalid", "A code without a system has no meaning", at, "coding-system")


def _is_none(system: str, at: At, run: Run) -> bool:
    """Whether this is no code system: not absolute, a value set, or a supplement."""
    if ":" not in system:
        _malformed(run, "The system of a code is an absolute URI", at, "coding-system-absolute", ".system")
        return True
    if system.startswith(_SECURE) and f"http{system[5:]}" in _SYSTEMS:
        _malformed(run, f"The system is http{system[5:]}, not https", at, "coding-system-https", ".system")
        return True
    kind = run.validator.kind_of_system(system)
    if kind == "ValueSet":
        run.report(
            "error", "invalid", f"{system} is a value set, no code system", at, "coding-value-set", ".system"
        )
    elif kind == "supplement":
        says = f"{system} is a supplement, which has no codes of its own"
        run.report("error", "not-found", says, at, "coding-supplement", ".system")
    return kind != ""


def html(value: Any, at: At, run: Run) -> None:
    """Text that somebody may show without escaping it."""
    if "<" in value and _TAG.search(value):
        level = run.options.html
        if level != "ignore":
            run.report(level, "security", "The text looks like HTML, and may be shown as such", at, "html")


def attachment(value: Mapping[str, Any], at: At, run: Run) -> None:
    """The size is that of the data, and there is something to say about it."""
    data = value.get("data")
    if data is None:
        if "url" not in value and not ("contentType" in value or "language" in value):
            run.report(
                "warning",
                "structure",
                "There is neither data nor url, nor what they would be",
                at,
                "attachment",
            )
        return
    size = _size(data)
    if size is None:
        run.report("error", "invalid", "This is not base64", at, "base64", ".data")
    elif value.get("size", size) != size:
        text = f"The size is {size}, not {value['size']}"
        run.report("error", "structure", text, at, "attachment-size")


def _size(data: Any) -> int | None:
    try:
        return len(base64.b64decode(data, validate=False))
    except (binascii.Error, ValueError, TypeError):
        return None


FORMS: Final[Mapping[str, Check]] = {
    "uri": uri,
    "url": uri,
    "canonical": canonical,
    "date": date,
    "dateTime": date,
    "instant": date,
    "Coding": coding,
    "Attachment": attachment,
}
