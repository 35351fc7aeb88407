"""What a Patient resource says about who somebody is, normalised for comparison.

https://hl7.org/fhir/R4/patient.html. The resource itself stays as it was sent; this is only for matching.
Placeholders (无名氏, 13800000000, all-ones numbers) are worth nothing and are left out.
"""

import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any, Final, NamedTuple, TypeVar

import msgspec

from mpi.normalisation.addresses import address, is_chinese, key_of_dwelling
from mpi.normalisation.birth_dates import normal_birth_date
from mpi.normalisation.citizen_id import SYSTEM, citizen_id
from mpi.normalisation.names import normal_name, text_from_human_name
from mpi.normalisation.newborns import is_newborn, told_birth_order
from mpi.normalisation.pinyin import pinyin_keys
from mpi.normalisation.placeholders import is_placeholder

Resource = dict[str, Any]
Value = TypeVar("Value")

Identify = Callable[[str], tuple[str, str]]
"""Tells of an identifier system its kind (`citizen-id`, some `…-card`, or empty) and its canonical form."""

CITIZEN_ID: Final = "citizen-id"
NATIONAL_ID: Final = "national-id"
"""A deployment's own scheme of numbers that a person has for life, as a citizen id is."""
PASSPORT: Final = "passport"

NORMALISATION: Final = 7
"""Version of the rules in this module; a stored record of another version is to be normalised again."""

_NOT_DIGIT = re.compile(r"[^0-9]+")
_EXTENSION = re.compile(r"(?:转|分机|ext\.?|x|[*#]|(?<=[0-9]{7})-)\s*[0-9]{1,5}\Z", re.IGNORECASE)
_SEPARATORS = re.compile(r"[\s-]+")
# No digit at all, or a number made to try a system.
_WORD: Final = re.compile(r"[^0-9]*\Z|TEST|测试")
# A number and a road: less is shared by too many to tell where somebody lives.
_DWELLING = re.compile(r"[0-9].*[a-z]{3}|[a-z]{3}.*[0-9]", re.DOTALL)
_MAINLAND: Final = re.compile(r"(?:00)?86(?=1[3-9][0-9]{9}\Z)", re.ASCII)
# As long is a mobile number with China's country code.
_WITH_COUNTRY: Final = 13
_FALSE_PHONES: Final = frozenset(("13800138000",))
_IN_SEQUENCE: Final = ("01234567890123456789", "98765432109876543210")
_TRUNK: Final = re.compile(r"0(?=1[3-9][0-9]{9}\Z)", re.ASCII)
# A fixed line, called from abroad without the zero of its area code.
_AREA: Final = re.compile(r"(?:00)?86(?=[2-9][0-9]{8,10}\Z)", re.ASCII)
# The area code, which most leave out where they live.
_AREA_CODE: Final = re.compile(
    r"(?:010|02[0-9])(?=[2-9][0-9]{7}\Z)|0[3-9][0-9]{2}(?=[2-9][0-9]{6,7}\Z)", re.ASCII
)
# Several numbers in one field: what stands behind a space is another where it is a whole one
# (`138 1380 1234` is one number).
_BETWEEN_PHONES: Final = re.compile(
    r"[;；,，、/|]|(?<=[0-9]{4})\s+"
    r"(?=\+[0-9]|0[0-9]{2,3}[ -]?[0-9]{3,4}[ -]?[0-9]{4}(?![0-9])|1[3-9][0-9](?:[ -]?[0-9]){8}(?![0-9]))|或",
    re.ASCII,
)
# HL7 Table 0203 for a national number: NI, and NN with the country's three letters.
_NATIONAL: Final = frozenset(("NI", "NNCHN"))
_PASSPORT_NUMBER: Final = "PPN"


class Card(msgspec.Struct, frozen=True):
    """A card number within its canonical system."""

    kind: str
    system: str
    number: str


class Demographics(msgspec.Struct, frozen=True):
    """The comparable facts about one person; an empty value means nobody said.

    `citizen_ids` are valid and in their 18-character form. `birth_date` is as precise as it was sent
    (`1990`, `1990-05`, `1990-05-06`). `newborn`: the record is known only as somebody's child.
    """

    names: tuple[str, ...] = ()
    pinyin: tuple[str, ...] = ()
    newborn: bool = False
    gender: str = ""
    birth_date: str = ""
    birth_order: int | None = None
    citizen_ids: tuple[str, ...] = ()
    cards: tuple[Card, ...] = ()
    phones: tuple[str, ...] = ()
    addresses: tuple[str, ...] = ()


_ENCODER: Final = msgspec.json.Encoder()
_DECODER: Final = msgspec.json.Decoder(Demographics)


def demographics_from_patient(patient: Mapping[str, Any], identify: Identify) -> Demographics:
    """Read a Patient that the structure check has passed; oddities beyond that are left out, not refused."""
    named = _named(tuple(_name_texts(patient)))
    citizen_ids, cards = _identifiers(patient, identify)
    gender = patient.get("gender")
    birth_date = patient.get("birthDate")
    order = patient.get("multipleBirthInteger")
    return Demographics(
        names=named.names,
        pinyin=named.pinyin,
        newborn=named.newborn and not named.names,
        gender=gender if gender in ("male", "female") else "",
        birth_date=normal_birth_date(birth_date) if isinstance(birth_date, str) else "",
        birth_order=order if isinstance(order, int) else named.birth_order,
        citizen_ids=citizen_ids,
        cards=cards,
        phones=_distinct([phone for text in _phones(patient) if (phone := normal_phone(text))]),
        addresses=_distinct([key for told in patient.get("address", ()) if (key := _normal_address(told))]),
    )


def json_from_demographics(demographics: Demographics) -> str:
    return text_from_demographics(demographics).decode()


def text_from_demographics(demographics: Demographics) -> bytes:
    """The same as UTF-8."""
    return _ENCODER.encode(demographics)


def demographics_from_json(text: str) -> Demographics:
    return _DECODER.decode(text)


def normal_phone(text: str) -> str:
    """Digits only, without China's own country code and area codes; empty for a number that nobody has."""
    as_written = text.isdigit() and text.isascii() and len(text) < _WITH_COUNTRY
    digits = _TRUNK.sub("", text) if as_written else _digits(text)
    if len(digits) < 7 or digits in _FALSE_PHONES or len(set(digits[3:])) == 1:
        return ""
    number = _AREA_CODE.sub("", digits)
    return "" if _is_in_sequence(number) else number


def _is_in_sequence(number: str) -> bool:
    return any(number in sequence for sequence in _IN_SEQUENCE)


def _digits(text: str) -> str:
    number = _EXTENSION.sub("", unicodedata.normalize("NFKC", text[:64]).strip())
    abroad = number.startswith(("+86", "0086"))
    digits = _TRUNK.sub("", _MAINLAND.sub("", _NOT_DIGIT.sub("", number)))
    return _AREA.sub("0", digits) if abroad else digits


def normal_number(text: str) -> str:
    """A card number in capitals without separators; empty for fillers (`-`, ones, too short, words)."""
    plain = text[:128]
    if not (plain.isascii() and plain.isalnum()):
        plain = _SEPARATORS.sub("", unicodedata.normalize("NFKC", plain))
    number = plain.upper()
    filler = len(number) < 6 or len(set(number)) == 1 or _is_in_sequence(number) or _WORD.match(number)
    return "" if filler else number


def shared_identifier(identifier: Mapping[str, Any], identify: Identify) -> Card | None:
    """The number that hospitals share, in its canonical system and normal form: a citizen id or a card.

    None for a hospital's own number and for one that is invalid or a filler.
    """
    value = identifier.get("value")
    kind, system = identify(identifier.get("system", ""))
    if not kind and _says_national(identifier):
        kind, system = CITIZEN_ID, SYSTEM
    if not kind or not isinstance(value, str):
        return None
    if kind == NATIONAL_ID:
        return Card(kind, system, value.strip()) if normal_number(value) else None
    if kind == CITIZEN_ID:
        valid = citizen_id(value)
        number = valid.number if valid else ""
    else:
        number = normal_number(value)
    return Card(kind, system, number) if number else None


class _Named(NamedTuple):
    """What the names of a patient tell."""

    names: tuple[str, ...]
    pinyin: tuple[str, ...]
    newborn: bool
    birth_order: int | None


# There are fewer names than patients.
@lru_cache(maxsize=65536)
def _named(texts: tuple[str, ...]) -> _Named:
    told = [name for name in map(normal_name, texts) if name]
    newborns = [name for name in told if is_newborn(name)]
    names = _distinct([name for name in told if not is_placeholder(name) and name not in newborns])
    keys = _distinct([key for name in names for key in pinyin_keys(name)])
    orders = (order for order in map(told_birth_order, newborns) if order is not None)
    return _Named(names, keys, bool(newborns), next(orders, None))


def _name_texts(patient: Mapping[str, Any]) -> Iterator[str]:
    names = patient.get("name", ())
    # The name in use comes first: it is the one that stands for the record.
    for human_name in sorted(names, key=_is_former) if len(names) > 1 else names:
        yield text_from_human_name(human_name)


def _is_former(human_name: Mapping[str, Any]) -> bool:
    return human_name.get("use") in ("old", "maiden", "nickname")


def _identifiers(patient: Mapping[str, Any], identify: Identify) -> tuple[tuple[str, ...], tuple[Card, ...]]:
    numbers: list[str] = []
    cards: list[Card] = []
    for identifier in patient.get("identifier", ()):
        shared = shared_identifier(identifier, identify)
        if shared is None:
            if passport := _passport(identifier):
                cards.append(Card(PASSPORT, PASSPORT, passport))
            continue
        if shared.kind in (CITIZEN_ID, NATIONAL_ID):
            numbers.append(_for_life(shared))
        else:
            cards.append(shared)
    return _distinct(numbers), _distinct(cards)


def _passport(identifier: Mapping[str, Any]) -> str:
    """The number of a passport, whoever's identifier system it comes in."""
    value = identifier.get("value")
    codings = identifier["type"].get("coding", ()) if "type" in identifier else ()
    if not isinstance(value, str) or all(coding.get("code") != _PASSPORT_NUMBER for coding in codings):
        return ""
    return normal_number(value)


def _for_life(card: Card) -> str:
    """A citizen id as it is; a number of another scheme for life with its system before it."""
    return card.number if card.kind == CITIZEN_ID else f"{card.system}#{card.number}"


def _says_national(identifier: Mapping[str, Any]) -> bool:
    codings = identifier["type"].get("coding", ()) if "type" in identifier else ()
    return any(coding.get("code") in _NATIONAL for coding in codings)


def _phones(patient: Mapping[str, Any]) -> Iterator[str]:
    for contact_point in patient.get("telecom", ()):
        value = contact_point.get("value")
        if contact_point.get("system") in ("phone", "sms", None) and isinstance(value, str):
            yield from (value,) if value.isdigit() else _BETWEEN_PHONES.split(value[:128])


def _normal_address(told: Mapping[str, Any]) -> str:
    parts = [told[part] for part in ("state", "city", "district") if part in told]
    parts += told.get("line", ())
    text = "".join([part for part in parts if isinstance(part, str)]) or told.get("text", "")
    if (key := key_of_dwelling(text)) is not None:
        return key
    plain = unicodedata.normalize("NFKC", text[:512]).casefold()
    if is_chinese(plain):
        return address(plain).key
    return _SEPARATORS.sub("", plain) if _DWELLING.search(plain) else ""


def _distinct(values: Sequence[Value]) -> tuple[Value, ...]:
    return tuple(values) if len(values) < 2 else tuple(dict.fromkeys(values))
