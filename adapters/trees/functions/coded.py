"""CD, CE, CV, CS → Coding, CodeableConcept and code: what was sent, and what it means in FHIR beside it.

https://hl7.org/fhir/R4/datatypes.html#CodeableConcept
"""

import re
import unicodedata
from typing import Any

from adapters.hl7v2.context import Context
from adapters.mapping.functions import Primitive
from adapters.mapping.rows import Code, Vocabulary
from adapters.trees.coverage import is_filler
from adapters.trees.reading import Value
from terminology.naming import BCP_47, DATA_ELEMENT, LOINC, canonical_system

Json = dict[str, Any]
ORIGINAL = "http://hl7.org/fhir/StructureDefinition/originalText"
_OID = re.compile(r"[0-2](?:\.(?:0|[1-9][0-9]*)){2,}", re.ASCII)
_URI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:\S+")


def system_of(value: Value, context: Context) -> str:
    """The system that codeSystem names; without one, the hospital's own of that element."""
    sent = value.get("codeSystem").strip()
    if known := context.hospital.code_systems.get(sent or value.peek("codeSystemName")):
        return known
    if sent == "2.16.840.1.11883.6.1":  # as templates in use misspell LOINC's OID
        return LOINC
    if _OID.fullmatch(sent):
        return canonical_system(f"urn:oid:{sent}")
    if _URI.fullmatch(sent):
        return canonical_system(sent)
    return context.hospital.code_system(value.get("codeSystemName") or value.name)


def coding(value: Value, context: Context) -> Json | None:
    """The coding as sent."""
    code = " ".join(value.peek("code").split())
    if not code or is_filler(code):
        return None
    value.get("code")
    made: Json = {"system": system_of(value, context)}
    if version := value.get("codeSystemVersion"):
        made["version"] = version
    made["code"] = code
    if display := _display(value):
        made["display"] = display
    return made


def _display(value: Value) -> str:
    said = value.get("displayName") or value.get("displayname")
    return "" if is_filler(said) else said


def _meaning(vocabulary: Vocabulary | None, value: Value) -> Code | None:
    """What the code, or else its name, means."""
    if vocabulary is None:
        return None
    of = ("code", "displayName", "", "value") if value.attribute is None else (value.attribute,)
    names = [value.peek(each) for each in of]
    return next((found for name in names if name and (found := vocabulary.get(name)) is not None), None)


def translated(meaning: Code) -> Json:
    made: Json = {"system": meaning.system} if meaning.system else {}
    made["code"] = meaning.code
    return made | ({"display": meaning.display} if meaning.display else {})


def concept(
    value: Value, context: Context, *, vocabulary: Vocabulary | None = None, text: Value | None = None
) -> Json | None:
    """CodeableConcept: what the vocabulary says, the code sent and its translations, the original words."""
    codings: list[Json] = []
    if (meaning := _meaning(vocabulary, value)) is not None:
        codings.append(translated(meaning))
    for each in (value, *value.children("translation")):
        made = coding(each, context)
        if made is not None and made not in codings:
            codings.append(made)
    words = _words(value, codings)
    if text is not None:
        words = words or text.all_text()
    result: Json = {"coding": codings} if codings else {}
    return (result | ({"text": words} if words else {})) or None


def _referred(value: Value) -> str:
    """Original words that stand in the narrative only."""
    return next((said for each in value.children("originalText") if (said := each.referred())), "")


def _words(value: Value, codings: list[Json]) -> str:
    """The original text, the qualifiers' names, or the text that stands where no code does."""
    original = value.child("originalText")
    texts = [original.all_text() if original is not None else _referred(value)]
    for qualifier in value.children("qualifier"):
        for part in ("name", "value"):
            inner = qualifier.child(part)
            if inner is not None:
                texts.append(_display(inner) or inner.get("code"))
    if not codings:
        texts += [value.text(), _display(value)]
    elif value.attribute is None:
        texts.append(value.get(""))
    return " ".join(dict.fromkeys(text for text in texts if text and not is_filler(text)))


def element_concept(
    value: Value, context: Context, *, vocabulary: Vocabulary | None = None, also: str = ""
) -> Json | None:
    """The code of a statement: the data element with its catalogue name, what `also` (a vocabulary) says it
    is elsewhere (LOINC), and the sender's name of it where that differs."""
    made = concept(value, context)
    if made is None or "coding" not in made:
        return made
    first = made["coding"][0]
    if first["system"] != DATA_ELEMENT:
        return made
    named = vocabulary.get(first["code"]) if vocabulary is not None else None
    sent = first.get("display", "")
    if named is not None:
        made["coding"][0] = {**first, "display": named.display or named.code}
    display = _written(made["coding"][0].get("display", ""))
    if sent and named is not None and _written(sent) != display:
        made.setdefault("text", sent)
    if _written(made.get("text", "")) == display:
        made.pop("text", None)
    other = context.vocabularies.get(also) if also else None
    if other is not None and (meaning := other.get(first["code"])) is not None:
        made["coding"].append(translated(meaning))
    return made


def _written(name: str) -> str:
    """A name without what only typography tells: full width, blanks, the sign of degrees."""
    return "".join(sign for sign in unicodedata.normalize("NFKC", name) if not sign.isspace() and sign != "°")


def code(value: Value, context: Context, *, vocabulary: Vocabulary, original: str = "") -> Any:
    """A FHIR code; what says more than it stands beside it. None for a code that nobody listed."""
    meaning = _meaning(vocabulary, value)
    if meaning is None or not meaning.code:
        return None
    sent = coding(value, context) if value.attribute is None else None
    value.text(), value.get("displayName")
    if sent and original and (meaning.coarse or _says_more(sent, meaning, vocabulary)):
        return Primitive(meaning.code, ({"url": original, "valueCoding": sent},))
    return meaning.code


def _says_more(sent: Json, meaning: Code, vocabulary: Vocabulary) -> bool:
    """Whether the sender's name of the code is not one of those that the vocabulary has for it."""
    named = sent.get("display", "")
    known = vocabulary.get(named) if named else meaning
    return known is None or known.code != meaning.code


def plain_code(value: Value, context: Context) -> str | None:
    """The code as it stands."""
    return " ".join((value.get("code") or value.text()).split()) or None


def meant(value: Value, context: Context, *, vocabulary: Vocabulary) -> Json | None:
    """CodeableConcept of what the vocabulary says alone; None for a code that nobody listed."""
    meaning = _meaning(vocabulary, value)
    if meaning is None or not meaning.code:
        return None
    value.get("code"), value.get("displayName"), value.get("codeSystem")
    return {"coding": [translated(meaning)]}


def language(value: Value, context: Context) -> Json | None:
    """CodeableConcept of a language: its tag is BCP 47's, whatever system was sent or none."""
    code = " ".join(value.peek("code").split())
    if not code or is_filler(code):
        return None
    value.get("code"), value.get("codeSystem")
    display = _display(value)
    tag = _LANGUAGES.get(code, code)
    return {"coding": [{"system": BCP_47, "code": tag} | ({"display": display} if display else {})]}


# ISO 639-2 codes of languages that have one of two letters, which BCP 47 then wants.
_LANGUAGES = {
    "ara": "ar",
    "chi": "zh",
    "deu": "de",
    "eng": "en",
    "fra": "fr",
    "fre": "fr",
    "ger": "de",
    "hin": "hi",
    "ita": "it",
    "jpn": "ja",
    "kor": "ko",
    "pol": "pl",
    "por": "pt",
    "rus": "ru",
    "spa": "es",
    "vie": "vi",
    "zho": "zh",
    "bod": "bo",
    "tib": "bo",
    "uig": "ug",
    "mon": "mn",
    "kaz": "kk",
    "tur": "tr",
    "nld": "nl",
}
_OMB = {
    "1002-5": "American Indian or Alaska Native",
    "2028-9": "Asian",
    "2054-5": "Black or African American",
    "2076-8": "Native Hawaiian or Other Pacific Islander",
    "2106-3": "White",
    "2135-2": "Hispanic or Latino",
    "2186-5": "Not Hispanic or Latino",
}


def omb_category(value: Value, context: Context) -> Json | None:
    """Coding of one of the categories that race and ethnicity are counted by."""
    made = coding(value, context) if value.peek("code") in _OMB else None
    return {**made, "display": made.get("display") or _OMB[made["code"]]} if made else None


def omb_detail(value: Value, context: Context) -> Json | None:
    """Coding of what says more than a category."""
    return None if value.peek("code") in _OMB else coding(value, context)


def omb_text(values: list[Value], context: Context) -> str | None:
    """What races or an ethnicity are called."""
    named = [_display(each) or _OMB.get(each.peek("code"), "") for each in values]
    return ", ".join(each for each in named if each) or None


def code_flag(value: Value, context: Context, *, vocabulary: Vocabulary) -> bool | None:
    """A status as a boolean."""
    meaning = _meaning(vocabulary, value)
    if meaning is None:
        return None
    value.get("code")
    return meaning.code == "true"


def code_coding(value: Value, context: Context, *, vocabulary: Vocabulary) -> Json | None:
    """The Coding that the vocabulary says."""
    meaning = _meaning(vocabulary, value)
    return translated(meaning) if meaning is not None and meaning.code else None


def plain_text_code(value: Value, context: Context) -> str | None:
    """An attribute as a code."""
    return " ".join(value.text().split()) or None


def code_system_url(value: Value, context: Context) -> str | None:
    """The hospital's own code system of that name."""
    said = value.text()
    return context.hospital.code_system(said) if said else None
