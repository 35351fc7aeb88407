"""Names of people as they are typed: in pinyin, by initials, by sound.

https://hl7.org/fhir/R4/search.html#string
"""

from collections.abc import Mapping

from exchange.search.criteria.asked import Asked, Made, Search, any_of, numbers_of
from exchange.search.criteria.missing import missing
from exchange.search.definition.leading import TypeParameters
from exchange.search.definition.source import Parameter
from exchange.search.query.conditions import Strings
from exchange.search.query.criterion import AllOf, Criterion
from exchange.search.query.values import alternatives, refused, unescaped
from exchange.search.value.pinyin import NAMES, sought_pinyin
from exchange.search.value.sound import sought_sounds


def romanised(parameter: Parameter, asked: Asked) -> Strings | None:
    """The names that are written so in pinyin, or begin so; None where there is nothing to look for."""
    sources = (each for each in parameter.of_kind("string") if each.data_type in NAMES)
    numbers = tuple(sorted({-source.number for source in sources}))
    letters = dict.fromkeys(
        sought_pinyin(unescaped(value)) for value in alternatives(asked.name, asked.value)
    )
    letters.pop("", None)
    return Strings(numbers, "prefix", tuple(letters)) if numbers and letters else None


def sounding(search: Search, of: TypeParameters, parameter: Parameter, asked: Asked) -> Criterion:
    """`phonetic`: each word of the value is in the name, as far as one hears."""
    numbers = numbers_of(parameter, "string")
    found = []
    for value in alternatives(asked.name, asked.value):
        groups = sought_sounds(unescaped(value))
        if not groups:
            raise refused(asked.name, f"{asked.name} needs a word in Latin letters or Chinese.")
        found.append(AllOf(tuple(Strings(numbers, "sound", group) for group in groups)))
    return any_of(list(found))


PHONETIC: Mapping[str, Made] = {"": sounding, "missing": missing}
