"""Tokens by what terminology says of them: `:in`, `:not-in`, `:above`, `:below`.

Which codes those are stands in definitions that may be stored here, so the criterion names them and
`exchange.search.codes.code_sets` finds them.

https://hl7.org/fhir/R4/search.html#token
"""

from exchange.search.criteria.asked import Asked, Made, Search
from exchange.search.definition.leading import TypeParameters
from exchange.search.definition.source import Parameter, Source
from exchange.search.query.conditions import Codes, OfCodes
from exchange.search.query.criterion import Criterion, Not
from exchange.search.query.values import alternatives, refused, split, unescaped
from exchange.search.value.references import relative
from terminology.naming import canonical_system


def within(search: Search, of: TypeParameters, parameter: Parameter, asked: Asked) -> Criterion:
    """`:in`: a code is in one of the value sets."""
    values = [relative(unescaped(value), search.base) for value in alternatives(asked.name, asked.value)]
    return _of_codes(search, of, parameter, asked, [Codes("in", value) for value in values])


def outside(search: Search, of: TypeParameters, parameter: Parameter, asked: Asked) -> Criterion:
    """`:not-in`: no code is in any of the value sets, so that it may be missing too."""
    return Not(within(search, of, parameter, asked))


def above(search: Search, of: TypeParameters, parameter: Parameter, asked: Asked) -> Criterion:
    """`:above`: a code subsumes this one, or is it."""
    return _of_codes(
        search,
        of,
        parameter,
        asked,
        [Codes("above", "", *each) for each in _concepts(search, parameter, asked)],
    )


def below(search: Search, of: TypeParameters, parameter: Parameter, asked: Asked) -> Criterion:
    """`:below`: a code is subsumed by this one, or is it."""
    return _of_codes(
        search,
        of,
        parameter,
        asked,
        [Codes("below", "", *each) for each in _concepts(search, parameter, asked)],
    )


def _of_codes(
    search: Search, of: TypeParameters, parameter: Parameter, asked: Asked, codes: list[Codes]
) -> OfCodes:
    sources = _coded_sources(parameter, asked)
    leads = of.code is not None and parameter.keys == of.code.keys
    return OfCodes(asked.name, tuple(dict.fromkeys(codes)), sources, leads, search.library)


def _coded_sources(parameter: Parameter, asked: Asked) -> tuple[Source, ...]:
    sources = tuple(s for s in parameter.sources if s.data_type in ("CodeableConcept", "Coding", "code"))
    if not sources or len(sources) != len(parameter.sources):
        diagnostics = f":{asked.modifier} is for codes, and {parameter.code} is none."
        raise refused(asked.name, diagnostics, "not-supported")
    return sources


def _concepts(search: Search, parameter: Parameter, asked: Asked) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    for value in alternatives(asked.name, asked.value):
        parts = [unescaped(part) for part in split(value, "|")]
        if len(parts) == 2 and all(parts):
            found.append((canonical_system(parts[0]), parts[1]))
        elif len(parts) == 1:
            found += _implied(search, parameter, asked, parts[0])
        else:
            raise refused(asked.name, f"{asked.name} needs system|code.")
    return found


def _implied(search: Search, parameter: Parameter, asked: Asked, code: str) -> list[tuple[str, str]]:
    """The code in the systems that the value sets of the elements take it from."""
    bound = [search.registry.codings(source.value_set) for source in parameter.sources if source.value_set]
    found = [coding for codings in bound for coding in codings or () if coding[1] == code]
    if not found:
        raise refused(asked.name, f"{asked.name} needs system|code: the system of {code} is not implied.")
    return found


MODIFIERS: dict[str, Made] = {"in": within, "not-in": outside, "above": above, "below": below}
