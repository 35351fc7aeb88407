"""The code systems, value sets and concept maps of the packages at hand, as a library that loads when asked.

https://hl7.org/fhir/R4/terminologies-systems.html
"""

from functools import cache, partial
from typing import Any, Final

from profiles.definitions import Definitions, definitions
from terminology.chinese_resources import chinese_resources
from terminology.divisions import division_entries
from terminology.grammars import grammar_systems
from terminology.iso.tables import iso_resources
from terminology.library import Entry, Library, entry_of, ready
from terminology.ucum.system import ucum_system

KINDS: Final = ("CodeSystem", "ValueSet", "ConceptMap", "NamingSystem")


def library_of(given: Definitions) -> Library:
    """What the packages define, and what comes from elsewhere: Chinese tables, ISO's codes, UCUM."""
    entries = []
    for kind in KINDS:
        for package, listed in given.canonicals.listed(kind):
            if listed.url:
                load = partial(_loaded, package, listed.filename)
                entries.append(Entry(kind, listed.url, listed.version, load, id_=listed.id))
    own = [entry_of(each) for each in (*chinese_resources(), *iso_resources())]
    by_grammar = [ready(each) for each in (*grammar_systems(), ucum_system())]
    return Library([*own, *division_entries(), *by_grammar, *entries])


def _loaded(package: Any, filename: str) -> Any:
    return package.json(filename)


@cache
def core_library() -> Library:
    """R4's own."""
    return library_of(definitions())
