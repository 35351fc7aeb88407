"""Code systems by their grammar: language tags, MIME types; and the countries, which are few enough to list.

https://hl7.org/fhir/R4/terminologies-systems.html, https://www.rfc-editor.org/rfc/rfc5646,
https://www.rfc-editor.org/rfc/rfc6838 and ISO 3166-1
"""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Final

from terminology.code_system import CodeSystem, Entry, Header
from terminology.hierarchy import Hierarchy

BCP_47: Final = "urn:ietf:bcp:47"
BCP_13: Final = "urn:ietf:bcp:13"
ISO_3166: Final = "urn:iso:std:iso:3166"
# Codes met that are remembered under a number; of further ones only the last.
MOST: Final = 20_000

_LANGUAGES: Final = (
    "aa ab ae af ak am an ar as av ay az ba be bg bh bi bm bn bo br bs ca ce ch co cr cs cu cv cy da de "
    "dv dz ee el en eo es et eu fa ff fi fj fo fr fy ga gd gl gn gu gv ha he hi ho hr ht hu hy hz ia id "
    "ie ig ii ik io is it iu ja jv ka kg ki kj kk kl km kn ko kr ks ku kv kw ky la lb lg li ln lo lt lu "
    "lv mg mh mi mk ml mn mr ms mt my na nb nd ne ng nl nn no nr nv ny oc oj om or os pa pi pl ps pt qu "
    "rm rn ro ru rw sa sc sd se sg si sk sl sm sn so sq sr ss st su sv sw ta te tg th ti tk tl tn to tr "
    "ts tt tw ty ug uk ur uz ve vi vo wa wo xh yi yo za zh zu"
)
LANGUAGES: Final = frozenset(_LANGUAGES.split(" "))
_COUNTRIES: Final = (
    "AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS BT "
    "BV BW BY BZ CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE EG EH "
    "ER ES ET FI FJ FK FM FO FR GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM HN HR HT "
    "HU ID IE IL IM IN IO IQ IR IS IT JE JM JO JP KE KG KH KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS "
    "LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO MP MQ MR MS MT MU MV MW MX MY MZ NA NC NE NF NG NI "
    "NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PN PR PS PT PW PY QA RE RO RS RU RW SA SB SC SD SE SG "
    "SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF TG TH TJ TK TL TM TN TO TR TT TV TW TZ UA UG "
    "UM US UY UZ VA VC VE VG VI VN VU WF WS YE YT ZA ZM ZW"
)
COUNTRIES: Final = tuple(_COUNTRIES.split(" "))

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
    known = len(language) == 3 or language in LANGUAGES
    return known and (len(region) != 2 or region.upper() in COUNTRIES)


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
    is_enumerable: ClassVar[bool] = False

    def number(self, code: str) -> int | None:
        known = self.numbers.get(code)
        if known is not None or not self.is_right(code):
            return known
        codes, numbers = self.codes, self.numbers
        assert isinstance(codes, list) and isinstance(numbers, dict) and isinstance(self.displays, list)  # noqa: PT018
        if len(codes) >= MOST:
            codes[-1] = code
            return MOST - 1
        numbers[code] = len(codes)
        codes.append(code)
        self.displays.append("")
        return len(codes) - 1


def grammar_systems() -> list[CodeSystem]:
    """New ones; what they have met is their own."""
    header = Header(ISO_3166, name="ISO3166", status="active", content="fragment", is_case_sensitive=True)
    numbers = {code: number for number, code in enumerate(COUNTRIES)}
    entries: list[Entry] = [{} for _ in COUNTRIES]
    nameless = [""] * len(COUNTRIES)
    countries = CodeSystem(header, COUNTRIES, nameless, numbers, Hierarchy(len(COUNTRIES), ()), entries)
    return [
        _grammar(BCP_47, "BCP47", is_language_tag),
        _grammar(BCP_13, "MimeTypes", is_mime_type),
        countries,
    ]


def _grammar(url: str, name: str, is_right: Callable[[str], bool]) -> GrammarSystem:
    header = Header(url, name=name, status="active", is_case_sensitive=True)
    return GrammarSystem(header, [], [], {}, Hierarchy(MOST, ()), _Nothing(), is_right=is_right)
