"""CE, CWE, CNE, CF, IS, ID → Coding and CodeableConcept: the standard's code and the sender's own side by
side.

https://hl7.org/fhir/R4/datatypes.html#CodeableConcept. A code is said to be of an HL7 table only if the
sender names the table or our vocabulary lists the code; any other without a system is the hospital's own.
"""

from typing import Any

from adapters.hl7v2.context import Context
from adapters.hl7v2.functions.urls import ALTERNATE_CODES, STRUCTURE, SYSTEM_AS_SENT
from adapters.hl7v2.reading import Value
from adapters.hospitals.hospital import segment
from adapters.mapping.functions import Choice
from adapters.mapping.rows import Vocabulary
from terminology.naming import code_system_for_name

Json = dict[str, Any]
VALUE_SET = STRUCTURE + "valueset-reference"
# Names of Table 0396 that all senders spell alike, so that the system says them; and what means "our own".
_SPELT_ALIKE = frozenset(("LN", "SCT", "I9", "I10", "CVX", "MVX", "NDC", "C4", "UCUM", "L", "99L", "LOCAL"))
# (code, display, system, version, system OID, value set OID, value set version) of the three triplets
_TRIPLETS = ((1, 2, 3, 7, 14, 15, 16), (4, 5, 6, 8, 17, 18, 19), (10, 11, 12, 13, 20, 21, 22))


def squeezed(text: str) -> str:
    """A text as FHIR's `code`: single blanks inside, none around."""
    return text if " " not in text and "\n" not in text and "\t" not in text else " ".join(text.split())


def code_system(context: Context, name: str, oid: str, field: str) -> str:
    """The system that CWE-3 names; without a name we know, the hospital's own for that name or field."""
    hospital = context.hospital
    known = hospital.code_systems.get(name) or context.word("CodeSystem", name.upper())
    if known:
        return known
    for each in (name, oid):
        if each and (system := code_system_for_name(each)):
            return system
    local = not name or name.upper() in ("L", "LOCAL")
    return hospital.code_system(field if local else name)


def coding(
    context: Context,
    code: str,
    display: str,
    system_name: str,
    version: str,
    field: str,
    vocabulary: Vocabulary | None = None,
    oid: str = "",
) -> Json | None:
    """Coding as sent; a display alone is one without code and system."""
    if not code:
        return {"display": display} if display else None
    listed = vocabulary.source_of(code) if vocabulary is not None and not system_name else ""
    system = listed or code_system(context, system_name, oid, field)
    made: Json = {}
    if names := as_sent(system_name, oid, system):
        made["extension"] = names
    made["system"] = system
    if version:
        made["version"] = version
    made["code"] = squeezed(code)
    if display:
        made["display"] = display
    return made


def as_sent(name: str, oid: str, system: str) -> list[Json]:
    """What the sender calls the system, where the system does not say it back."""
    names = [name] if name.upper() not in _SPELT_ALIKE else []
    return [
        {"url": SYSTEM_AS_SENT, "valueString": each}
        for each in (*names, oid)
        if each and each != system.removeprefix("urn:oid:")
    ]


def _translated(vocabulary: Vocabulary | None, code: str, system_name: str, context: Context) -> Json | None:
    """The coding that the vocabulary says; it does not speak for codes of another system than its own."""
    meaning = vocabulary.get(code) if vocabulary is not None else None
    if meaning is None:
        return None
    if system_name and code_system(context, system_name, "", "") != meaning.source:
        return None
    made: Json = {"system": meaning.system} if meaning.system else {}
    made["code"] = meaning.code
    if meaning.display:
        made["display"] = meaning.display
    return made


def cwe_concept(
    value: Value,
    context: Context,
    *,
    field: str,
    vocabulary: Vocabulary | None = None,
    text: Value | None = None,
) -> Json | None:
    """CodeableConcept: what the vocabulary says, then every coding sent. `text` is a description beside
    it."""
    codings: list[Json] = []
    first = value.text(1)
    if translated := _translated(vocabulary, first, value.peek(3), context):
        codings.append(translated)
    for triplet in _TRIPLETS:
        if triplet[0] > value.count():
            break
        made = _triplet(value, context, triplet, field, vocabulary)
        if made is not None:
            codings.append(made)
    original = value.text(9)
    described = text.whole() if text is not None else ""
    words = [each for each in codings if "code" not in each]
    if words and not original:
        codings.remove(words[0])
        original = words[0]["display"]
    return _concept(_distinct(codings), original or described)


def _concept(codings: list[Json], text: str) -> Json | None:
    made: Json = {"coding": codings} if codings else {}
    if text:
        made["text"] = text
    return made or None


def _distinct(codings: list[Json]) -> list[Json]:
    """Without a sent coding that the vocabulary's says again."""
    kept: list[Json] = []
    for each in codings:
        same = (other for other in kept if _names(other) == _names(each) and other.get("code"))
        if (twin := next(same, None)) is None:
            kept.append(each)
        else:
            twin.update(each)
    return kept


def _names(each: Json) -> tuple[Any, Any]:
    return each.get("system"), each.get("code")


def _triplet(
    value: Value, context: Context, triplet: tuple[int, ...], field: str, vocabulary: Vocabulary | None
) -> Json | None:
    code, display, system, version, oid, value_set, set_version = triplet
    if _is_words(value, triplet):
        return {"display": value.text(code)}
    made = coding(
        context,
        value.text(code),
        value.text(display),
        value.text(system),
        value.text(version),
        field,
        vocabulary,
        value.text(oid) if oid <= value.count() else "",
    )
    if made is not None and value_set <= value.count() and value.has(value_set):
        made.setdefault("extension", []).append(
            {"url": VALUE_SET, "valueUri": _set_uri(value.text(value_set), value.text(set_version))}
        )
    return made


def _is_words(value: Value, triplet: tuple[int, ...]) -> bool:
    """What stands alone where a code should be, and is words: it has a blank, or letters that no code has."""
    code, display, system = triplet[:3]
    if value.has(display) or value.has(system):
        return False
    alone = value.peek(code)
    return not alone.isascii() or " " in alone


def _set_uri(oid: str, version: str) -> str:
    uri = oid if ":" in oid else f"urn:oid:{oid}"
    return "".join(f"{uri}|{version}".split()) if version else "".join(uri.split())


def table_coding(context: Context, vocabulary: str, table: str, code: str) -> Json:
    """Coding of a bare code: of the HL7 table if our vocabulary lists it, else the hospital's own."""
    words = context.vocabularies.get(vocabulary)
    system = words.source_of(code) if words is not None else ""
    return {"system": system or context.hospital.code_system(table), "code": squeezed(code)}


def required(context: Context, name: str, vocabulary: str, table: str, code: str) -> Json:
    """A code element of a required binding; what the binding cannot say stays beside it as alternate code."""
    words = context.vocabularies.get(vocabulary)
    meaning = words.get(code) if words is not None else None
    if meaning is not None and not meaning.coarse:
        return {name: meaning.code}
    concept = {"coding": [table_coding(context, vocabulary, table, code)]}
    made: Json = {name: meaning.code} if meaning is not None else {}
    return {**made, f"_{name}": {"extension": [{"url": ALTERNATE_CODES, "valueCodeableConcept": concept}]}}


def cwe_coding(
    value: Value, context: Context, *, field: str, vocabulary: Vocabulary | None = None
) -> Json | None:
    """Coding: what the vocabulary says, else the first coding sent."""
    sent = value.text(1)
    if translated := _translated(vocabulary, sent, value.peek(3), context):
        return translated
    return coding(context, sent, value.text(2), value.text(3), value.text(7), field, vocabulary)


def cwe_text(value: Value, context: Context) -> str | None:
    """string: what a reader would see of it."""
    return value.text(9) or value.text(2) or value.text(1) or None


def concept_text(value: Value, context: Context) -> Json | None:
    """CodeableConcept of a text, such as AL1-5's."""
    sent = value.whole()
    return {"text": sent} if sent else None


def concept_choice(
    value: Value, context: Context, *, field: str, vocabulary: Vocabulary | None = None
) -> Choice | None:
    """`[x]` as CodeableConcept."""
    made = cwe_concept(value, context, field=field, vocabulary=vocabulary)
    return Choice("CodeableConcept", made) if made else None


def known_concept(value: Value, context: Context, *, vocabulary: Vocabulary) -> Json | None:
    """CodeableConcept of a required binding: only what the vocabulary says; the sent words are its text."""
    sent = value.peek(1)
    meaning = vocabulary.get(sent) or vocabulary.get(sent.upper())
    if meaning is None:
        return None
    value.text(1)
    made: Json = {"coding": [{"system": meaning.system, "code": meaning.code}]}
    words = value.text(2)
    return {**made, "text": words or sent}


def cwe_device(value: Value, context: Context) -> Json | None:
    """CWE that names a device (AIG-3) → Reference(Device) by its number."""
    code, words = value.text(1), value.text(2)
    if not code and not words:
        return None
    made: Json = {"type": "Device"}
    if code:
        names = [value.text(3)] if value.has(3) else []
        made["identifier"] = {"system": context.hospital.identifier_system(*names, "device"), "value": code}
    return {**made, "display": words} if words else made


def definition_url(value: Value, context: Context, *, kind: str) -> str | None:
    """The canonical URL of an entry of a hospital's table."""
    code = squeezed(value.text(1))
    return f"{context.hospital.code_system(kind)}/{segment(code)}" if code else None
