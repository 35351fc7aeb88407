"""Normal forms of columns by kind, in any script. Placeholders become nothing."""

import re
import unicodedata
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Final

from mpi.normalisation.addresses import address
from mpi.normalisation.birth_dates import normal_birth_date
from mpi.normalisation.characters import simplified
from mpi.normalisation.citizen_id import citizen_id
from mpi.normalisation.demographics import normal_phone
from mpi.normalisation.names import normal_name
from mpi.normalisation.newborns import is_newborn
from mpi.normalisation.placeholders import is_placeholder

# A year in two digits is one of the hundred before this one: records of the living.
_PIVOT: Final = 30
_SHORT_YEAR = re.compile(r"\A([0-9]{1,2}[/.-][0-9]{1,2}[/.-])([0-9]{2})\Z", re.ASCII)
# No day is as high: the year stands first.
_SHORT_YEAR_FIRST = re.compile(r"\A(3[2-9]|[4-9][0-9])(?=[/.-][0-9]{1,2}[/.-][0-9]{1,2}\Z)", re.ASCII)
_TIME = re.compile(r"(?<=[0-9]{4}-[0-9]{2}-[0-9]{2})t[0-9:.]+(?:z|[+-][0-9:]+)?\Z", re.ASCII)
# What tools make of a number whose column has empty cells.
_WHOLE = re.compile(r"\A([0-9]+)\.0+\Z", re.ASCII)
_NO_YEAR: Final = "0000"
_NOT_DIGIT = re.compile(r"[^0-9]+")
_NOT_WORD = re.compile(r"[\W_]+")
_SPACE = re.compile(r"\s+")
_CHINESE = re.compile(r"[\u3400-\u9fff]")
_AMERICA = re.compile(r"\A\s*(?:\+|00)?1(?=[-. (][0-9 (])|\A\s*(?:\+|00)1(?=[2-9])")
_WORTH_NOTHING: Final = (
    "unknown unk none null nan na n/a missing nil anon anonymous unspecified notknown 不详 未知 无 - ."
)
_NOTHING: Final = frozenset(_WORTH_NOTHING.split())
# In the place of a given name.
_NEWBORN: Final = frozenset(("baby", "baby boy", "baby girl", "babyboy", "babygirl", "newborn", "infant"))
_MALE: Final = frozenset(("m", "male", "1", "男", "男性", "man"))
_FEMALE: Final = frozenset(("f", "female", "2", "女", "女性", "woman"))


def _plain(text: str) -> str:
    marked = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", text[:512]).casefold())
    plain = "".join(mark for mark in marked if not unicodedata.combining(mark))
    plain = _SPACE.sub(" ", plain.replace("'", "").replace("\N{RIGHT SINGLE QUOTATION MARK}", "")).strip()
    plain = _WHOLE.sub(r"\1", plain)
    return "" if plain.replace(" ", "") in _NOTHING else plain


def text(raw: str) -> str:
    """Words between single spaces, without marks and accents, in lower case."""
    return simplified(_NOT_WORD.sub(" ", _plain(raw)).strip())


def name(raw: str) -> str:
    """A part of a name, or a whole one. Whose child somebody is, is not a name (`王芳之子`)."""
    if not _CHINESE.search(raw):
        normal = text(raw)
        return "" if is_placeholder(normal) or normal in _NEWBORN else normal
    normal = normal_name(raw)
    return "" if is_placeholder(normal) or is_newborn(normal) else normal


def identifier(raw: str) -> str:
    """Letters and digits only; nothing for fillers such as all ones."""
    number = _NOT_WORD.sub("", _plain(raw)).upper()
    filler = len(set(number)) < 2 or number in ("123456789", "1234567890", "12345678")
    return "" if filler and len(number) != 1 else number


def citizen(raw: str) -> str:
    """A citizen id in 18 characters; one that is not valid stays as an identifier that may be mistyped."""
    known = citizen_id(raw)
    return known.number if known else identifier(raw)


def date(raw: str) -> str:
    """`yyyy-mm-dd`; eight digits that no calendar has stay, since they may be mistyped."""
    plain = _SHORT_YEAR_FIRST.sub(r"19\1", _TIME.sub("", _plain(raw)))
    plain = _SHORT_YEAR.sub(_long_year, plain)
    normal = normal_birth_date(plain)
    digits = _NOT_DIGIT.sub("", plain)
    broken = not normal and len(digits) == 8 and digits[:4] != _NO_YEAR and _is_impossible(digits)
    return f"{digits[:4]}-{digits[4:6]}-{digits[6:]}" if broken else normal


def _long_year(found: re.Match[str]) -> str:
    century = "20" if int(found[2]) < _PIVOT else "19"
    return f"{found[1]}{century}{found[2]}"


def _is_impossible(digits: str) -> bool:
    try:
        datetime.strptime(digits, "%Y%m%d").replace(tzinfo=UTC)
    except ValueError:
        return True
    return False


def sex(raw: str) -> str:
    plain = _plain(raw)
    return "male" if plain in _MALE else "female" if plain in _FEMALE else ""


def place(raw: str) -> str:
    """An address: Chinese by its divisions, others as text."""
    if _CHINESE.search(raw):
        return address(raw).key or text(raw)
    return text(raw)


def phone(raw: str) -> str:
    """Digits; those of North America without the 1 before them."""
    return normal_phone(_AMERICA.sub("", _WHOLE.sub(r"\1", raw.strip())))


NORMALISERS: Final[Mapping[str, Callable[[str], str]]] = MappingProxyType(
    {
        "name": name,
        "text": text,
        "address": place,
        "identifier": identifier,
        "citizen-id": citizen,
        "date": date,
        "phone": phone,
        "category": text,
        "sex": sex,
        "postcode": identifier,
    }
)
